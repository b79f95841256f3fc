"""Pairing on a phone: the code, who asks, approving, denying."""

import pytest

from signage import claims, heartbeats, new_claims, pairing
from tests.unit.conftest import SECRET


@pytest.fixture
async def asking(conn, now):
    """A screen that shows a code."""
    return await new_claims.open_for_screen(
        conn,
        device_info={"model": "Pi 5", "serial": "X-17"},
        address="192.0.2.7",
        secret=SECRET,
        now=now,
    )


def approval(asking, store, **changed):
    return {
        "code": asking.user_code,
        "store_id": str(store.id),
        "name": "Window 9",
        "confirmed": "y",
    } | changed


async def test_the_code_shows_who_asks(enter, installer, asking):
    page = await (await enter(installer)).get(f"/pair?code={asking.user_code.lower()}")
    assert page.heading == "Pair a screen"
    assert asking.user_code in page.text
    assert "Pi 5" in page.text
    assert "192.0.2.7" in page.text


async def test_approving_lets_it_in_and_waits_for_its_first_picture(
    enter, installer, asking, lisbon, conn, now
):
    somebody = await enter(installer)
    answer = await somebody.post("/pair", approval(asking, lisbon))
    assert answer.location == f"/pair/claims/{asking.claim_id}"
    assert (await claims.find(conn, installer, asking.claim_id, now=now)).state == "approved"
    assert "Approved" in (await somebody.get(answer.location)).text


async def test_the_box_must_be_ticked(enter, installer, asking, lisbon, conn, now, admin):
    values = approval(asking, lisbon)
    del values["confirmed"]
    answer = await (await enter(installer)).post("/pair", values)
    assert answer.status == 422
    assert "is this code on it?" in answer.error_of("confirmed")
    assert (await claims.find(conn, admin, asking.claim_id, now=now)).state == "pending"


async def test_another_store_cannot_be_chosen(enter, installer, asking, madrid):
    answer = await (await enter(installer)).post("/pair", approval(asking, madrid))
    assert answer.status == 422


async def test_an_unknown_code_says_so_and_asks_again(enter, installer):
    answer = await (await enter(installer)).get("/pair?code=BBBB-BBBB")
    assert answer.status == 404
    assert "No screen shows this code now" in answer.text
    assert answer.soup.select_one('input[name="code"]') is not None


async def test_an_expired_code_is_an_unknown_one(enter, installer, asking, clock):
    somebody = await enter(installer)
    clock.pass_(seconds=new_claims.SCREEN_CLAIM_LIFE_S)
    assert (await somebody.get(f"/pair?code={asking.user_code}")).status == 404


async def test_the_sixth_wrong_code_has_to_wait(enter, installer):
    somebody = await enter(installer)
    tries = [await somebody.get("/pair?code=BBBB-BBBB") for _ in range(6)]
    assert [answer.status for answer in tries] == [404] * 5 + [429]
    assert [answer.retry_after_s > 0 for answer in tries] == [False] * 5 + [True]


async def test_a_screen_is_turned_away_once(enter, installer, asking, conn, now, admin):
    somebody = await enter(installer)
    assert (await somebody.post("/pair/deny", {"code": asking.user_code})).location == "/pair"
    assert (await claims.find(conn, admin, asking.claim_id, now=now)).state == "denied"
    assert (await somebody.post("/pair/deny", {"code": asking.user_code})).status == 404


async def test_a_link_fills_in_and_the_next_page_has_it(enter, admin, asking, lisbon, porto, food):
    somebody = await enter(admin)
    link = "/pair?store=OPO-01&name=Till+4&group=Food+counters&group=Nope"

    ask = await somebody.get(link)
    assert "Till 4" in ask.text
    hidden = {field["name"]: field["value"] for field in ask.soup.select("form [type=hidden]")}
    assert (hidden["store"], hidden["name"]) == ("OPO-01", "Till 4")
    show = await somebody.get(f"{link}&code={asking.user_code}")

    assert show.soup.select_one("#store_id option[selected]")["value"] == str(porto.id)
    assert show.soup.select_one("#name")["value"] == "Till 4"
    chosen = show.soup.select("#group_ids option[selected]")
    assert [option.get_text() for option in chosen] == ["Food counters"]


async def test_a_link_approves_nothing(enter, admin, asking, lisbon, conn, now):
    somebody = await enter(admin)

    await somebody.get(f"/pair?code={asking.user_code}&store=LIS-01&name=Till+4&confirmed=y")

    assert (await claims.find(conn, admin, asking.claim_id, now=now)).state == "pending"


async def test_a_link_to_another_store_fills_none_in(enter, installer, asking, lisbon, madrid):
    page = await (await enter(installer)).get(
        f"/pair?code={asking.user_code}&store=MAD-01&name=Till+4"
    )

    assert [option.get_text() for option in page.soup.select("#store_id option")] == ["Lisbon"]


async def test_add_next_keeps_the_store(enter, installer, asking, lisbon, conn, now):
    somebody = await enter(installer)
    answer = await somebody.post("/pair", approval(asking, lisbon))
    await pairing.redeem(
        conn, asking.claim_code, device_info={}, address="192.0.2.7", secret=SECRET, now=now
    )

    page = await somebody.get(answer.location)

    assert page.links("Add next") == ["/pair?store=LIS-01"]


async def test_a_replacement_waits_for_its_own_first_picture(
    enter, installer, asking, lisbon, window_2, conn, now
):
    beat = heartbeats.Heartbeat(disk_used_bytes=1, now_playing="of the old hardware")
    await heartbeats.record(conn, window_2.id, beat, address="192.0.2.7", now=now)
    somebody = await enter(installer)
    replaces = {"replaces_device_id": str(window_2.id)}
    answer = await somebody.post("/pair", approval(asking, lisbon, **replaces))
    await pairing.redeem(
        conn, asking.claim_code, device_info={}, address="192.0.2.7", secret=SECRET, now=now
    )

    assert "Its first picture is reported." not in (await somebody.get(answer.location)).text
    await heartbeats.record(conn, window_2.id, beat, address="192.0.2.7", now=now)
    assert "Its first picture is reported." in (await somebody.get(answer.location)).text


async def test_an_analyst_cannot_pair(enter, analyst, asking):
    assert (await (await enter(analyst)).get(f"/pair?code={asking.user_code}")).status == 403
