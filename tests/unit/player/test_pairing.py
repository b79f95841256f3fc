"""Pairing: what an installer sees on the screen, and what the player asks of the server."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.e2e.browsers import Complaints
from tests.unit.player.conftest import until
from tests.unit.player.fake_api import CONSOLE_CODE, DEVICE_ID, USER_CODE, FakeApi, Server

SIZES = [(1920, 1080), (1080, 1920), (3840, 2160), (1280, 720), (1440, 900), (390, 844)]
MIN_SHARE_OF_FOUR_LETTERS = 0.2


async def _open(screen: Page, server: Server) -> None:
    await screen.goto(f"{server.url}/player")
    await expect(screen.locator("#user-code")).to_have_text(USER_CODE)


async def test_a_new_screen_shows_its_code_the_address_and_a_qr_code(
    screen: Page, server: Server, api: FakeApi, complaints: Complaints
) -> None:
    await _open(screen, server)
    assert await screen.get_by_role("heading", level=1).inner_text() == "Pair this screen"
    address = screen.locator("#pair-address")
    await expect(address).to_have_text(f"127.0.0.1:{server.port}/pair")
    qr = screen.get_by_role("img", name="QR code that opens the pairing page on a phone")
    await expect(qr).to_be_visible()
    assert await qr.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    await until(lambda: api.polls)
    assert "dpc_" not in await screen.content()
    assert complaints == []


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_the_code_is_large_and_everything_is_in_sight_on_every_screen(
    screen: Page, server: Server, width: int, height: int
) -> None:
    await screen.set_viewport_size({"width": width, "height": height})
    await _open(screen, server)
    await screen.get_by_role("button", name="Type a code instead").click()
    await screen.evaluate("document.fonts.ready.then(() => true)")
    for selector in ("header", "h1", "#user-code", ".how", ".expiry", "figure", "footer"):
        box = await screen.locator(f"#pairing {selector}").bounding_box()
        assert box, selector
        assert box["x"] >= 0, selector
        assert box["y"] >= 0, selector
        assert box["x"] + box["width"] <= width, selector
        assert box["y"] + box["height"] <= height, selector
    letters = await screen.locator("#user-code span").first.bounding_box()
    assert letters
    assert letters["width"] / width > MIN_SHARE_OF_FOUR_LETTERS


async def test_the_pairing_page_is_accessible(screen: Page, server: Server) -> None:
    await _open(screen, server)
    await screen.get_by_role("button", name="Type a code instead").click()
    found = await Axe().run(screen)
    assert found.violations_count == 0, found.generate_report()


async def test_the_player_says_what_machine_it_is(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await screen.goto(f"{server.url}/player?serial=L8D25A001234")
    claim = (await until(lambda: api.claims))[0]
    info = claim["device_info"]
    assert info["model"] == "Web player"
    assert info["serial"] == "L8D25A001234"
    assert info["screens"] == [{"width": 1440, "height": 900, "orientation": "landscape"}]
    assert {"h264", "vp9"} <= set(info["codecs"])
    assert info["player_version"].startswith("0.")
    assert info["timezone"]
    assert len(claim["install_secret"]) == 64


async def test_an_approved_screen_says_so_and_then_waits_for_a_plan(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await _open(screen, server)
    api.approved = True
    await expect(screen.get_by_role("heading", name="This screen is paired")).to_be_visible()
    await expect(screen.locator("#pairing")).to_be_hidden()
    waiting = screen.get_by_role("heading", name="Paired. Waiting for a plan")
    await expect(waiting).to_be_visible(timeout=10_000)
    beat = (await until(lambda: api.heartbeats))[0]
    assert beat["now_playing"] is None
    assert beat["device_info"]["model"] == "Web player"


async def test_a_paired_screen_stays_paired_when_it_starts_anew(
    screen: Page, server: Server, api: FakeApi
) -> None:
    api.approved = True
    await screen.goto(f"{server.url}/player")
    await until(lambda: api.heartbeats)
    await screen.reload()
    seen = len(api.heartbeats)
    await until(lambda: len(api.heartbeats) > seen)
    assert len(api.claims) == 1


async def test_a_code_that_runs_out_is_replaced(screen: Page, server: Server, api: FakeApi) -> None:
    api.expires_in = 2
    await _open(screen, server)
    await expect(screen.locator("#user-code")).not_to_have_text(USER_CODE)
    first, second = api.claims[:2]
    assert first["install_secret"] == second["install_secret"]


async def test_a_screen_that_is_turned_away_says_so(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await _open(screen, server)
    api.denied = True
    await expect(screen.get_by_text("This screen was turned away")).to_be_visible()


async def test_a_poll_that_comes_too_fast_makes_the_next_ones_slower(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await screen.clock.install()
    api.refuse("/pairing/claim", (429, "slow_down"))
    await _open(screen, server)
    await until(lambda: not api.refusals["/pairing/claim"])
    polls = len(api.polls)
    await screen.clock.run_for(5500)
    assert len(api.polls) == polls
    await screen.clock.run_for(1000)
    await until(lambda: len(api.polls) > polls)


async def test_without_a_server_the_page_says_so_and_recovers(
    screen: Page, server: Server, api: FakeApi
) -> None:
    api.refuse("/pairing/create-claim", (503, "unavailable"))
    await screen.goto(f"{server.url}/player")
    await expect(screen.locator("#user-code")).to_have_text(USER_CODE, timeout=15_000)
    await expect(screen.locator("#pair-trouble")).to_be_empty()


@pytest.mark.parametrize("typed", ["bcdfghjklmnp", "BCDF GHJK LMNP", "bcdf-ghjk-lmnp"])
async def test_a_code_of_twelve_letters_can_be_typed_instead(
    screen: Page, server: Server, api: FakeApi, typed: str
) -> None:
    await _open(screen, server)
    await screen.get_by_role("button", name="Type a code instead").click()
    await screen.get_by_label("Code from Playbill, 12 letters").press_sequentially(typed)
    await screen.get_by_role("button", name="Pair", exact=True).click()
    await expect(screen.get_by_role("heading", name="This screen is paired")).to_be_visible()
    assert [poll["claim_code"] for poll in api.polls].count(CONSOLE_CODE) == 1


async def test_a_wrong_code_is_told_and_can_be_typed_anew(screen: Page, server: Server) -> None:
    await _open(screen, server)
    await screen.get_by_role("button", name="Type a code instead").click()
    await screen.get_by_label("Code from Playbill, 12 letters").fill("BBBBBBBBBBBB")
    await screen.keyboard.press("Enter")
    await expect(screen.get_by_role("alert")).to_contain_text("That code is wrong")
    await expect(screen.locator("#user-code")).to_have_text(USER_CODE)


async def test_a_screen_whose_token_was_revoked_shows_a_new_code(
    screen: Page, server: Server, api: FakeApi
) -> None:
    api.approved = True
    await screen.goto(f"{server.url}/player")
    await until(lambda: api.heartbeats)
    api.approved = False
    api.revoked.add("token-1")
    await expect(screen.locator("#user-code")).to_be_visible(timeout=10_000)
    api.approved = True
    seen = len(api.heartbeats)
    await until(lambda: len(api.heartbeats) > seen)
    assert len(api.claims) == 2


async def test_only_one_tab_of_a_browser_is_the_screen(
    screen: Page, server: Server, api: FakeApi
) -> None:
    await _open(screen, server)
    other = await screen.context.new_page()
    await other.goto(f"{server.url}/player")
    await expect(other.get_by_role("heading", name="The player already runs")).to_be_visible()
    await screen.close()
    await expect(other.locator("#user-code")).to_be_visible()


async def test_the_diagnosis_opens_and_closes_with_a_key(
    screen: Page, server: Server, api: FakeApi
) -> None:
    api.approved = True
    await screen.goto(f"{server.url}/player")
    await until(lambda: api.heartbeats)
    overlay = screen.get_by_role("complementary", name="Diagnosis")
    await screen.keyboard.press("d")
    await expect(overlay).to_contain_text(DEVICE_ID)
    await expect(overlay).to_contain_text("0 of 0 here")
    await screen.keyboard.press("d")
    await expect(overlay).to_be_hidden()
