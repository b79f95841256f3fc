"""Pairing codes in the portal: made and shown once, listed by state, taken back."""

from datetime import timedelta

import pytest

from signage import claims, expected_screens, new_claims, pairing
from signage.actors import SYSTEM
from signage.claims import Approval
from signage.expected_screens import ExpectedScreen
from signage.ids import new_id
from tests.unit.conftest import DEVICE_INFO, SECRET

CODES = "/pair/codes"
NEW = "/pair/codes/new"


@pytest.fixture
async def made(conn, lisbon, now) -> new_claims.ConsoleClaim:
    """A code for the screen "Till 1" of Lisbon."""
    return await new_claims.open_for_console(
        conn, SYSTEM, Approval(lisbon.id, "Till 1"), secret=SECRET, now=now
    )


def names(page) -> list[str]:
    cells = page.soup.select('td[data-label="Screen and store"] > :first-child')
    return [cell.get_text(strip=True) for cell in cells]


async def test_a_code_is_made_and_shown_once(enter, installer, lisbon, food, conn, now):
    somebody = await enter(installer)
    answer = await somebody.post(
        NEW,
        {
            "store_id": str(lisbon.id),
            "name": "Till 1",
            "group_ids": [str(food.id)],
            "ttl_s": "604800",
        },
    )

    assert answer.status == 201
    code = answer.soup.select_one(".code").get_text().rpartition(": ")[2]
    paired = await pairing.redeem(
        conn, code, device_info=DEVICE_INFO, address="192.0.2.7", secret=SECRET, now=now
    )
    entry = await conn.fetchrow(
        "SELECT name, store_id FROM devices WHERE id = $1", paired.device_id
    )
    assert tuple(entry) == ("Till 1", lisbon.id)
    again = await somebody.get(f"{CODES}?state=all")
    assert code not in str(again.soup)
    assert names(again) == ["Till 1"]


async def test_the_only_store_is_chosen_already_and_among_more_none_is(
    enter, installer, admin, lisbon, madrid
):
    own = await (await enter(installer)).get(NEW)
    assert [option.get_text() for option in own.soup.select("#store_id option")] == ["Lisbon"]

    every = await (await enter(admin)).get(NEW)
    assert every.soup.select_one("#store_id option[selected]").get_text() == "Choose a store"


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"name": ""}, "name", "Name it after its place."),
        ({"store_id": str(new_id())}, "store_id", "Not a valid choice"),
        ({"store_id": ""}, "store_id", "Choose a store."),
        ({"ttl_s": "5"}, "ttl_s", "Not a valid choice"),
    ],
)
async def test_a_wrong_value_is_said_at_its_field(enter, installer, lisbon, wrong, field, said):
    values = {"store_id": str(lisbon.id), "name": "Till 1", "ttl_s": "86400"} | wrong

    answer = await (await enter(installer)).post(NEW, values)

    assert answer.status == 422
    assert said in answer.error_of(field)


async def test_the_list_shows_what_waits_and_counts_the_rest(
    enter, installer, lisbon, made, conn, now
):
    await new_claims.open_for_console(
        conn,
        SYSTEM,
        Approval(lisbon.id, "Till 2"),
        ttl_s=60,
        secret=SECRET,
        now=now - timedelta(hours=1),
    )
    somebody = await enter(installer)

    page = await somebody.get(CODES)

    assert page.heading == "Pairing codes"
    assert names(page) == ["Till 1"]
    assert "Open 1 Used 0 Expired 1 Taken back 0 Turned away 0 All 2" in page.text
    assert names(await somebody.get(f"{CODES}?state=expired")) == ["Till 2"]
    assert names(await somebody.get(f"{CODES}?state=nonsense")) == ["Till 1"]


async def test_rows_come_alone_for_htmx(enter, installer, made):
    rows = await (await enter(installer)).get(CODES, HX_Target="div#claim-rows")

    assert rows.soup.select_one("h1") is None
    assert rows.soup.select_one("#claim-rows") is not None


async def test_a_long_list_has_a_next_page(enter, installer, lisbon, conn, now):
    screens = [ExpectedScreen("LIS-01", f"Till {number}") for number in range(51)]
    await expected_screens.expect(conn, SYSTEM, screens, secret=SECRET, now=now)
    somebody = await enter(installer)

    first = await somebody.get(CODES)
    [following] = first.links("Next")
    second = await somebody.get(following)

    assert (len(names(first)), len(names(second))) == (50, 1)
    assert "50 of 51 codes" in first.text


async def test_a_code_is_taken_back_once(enter, installer, made, conn, now):
    somebody = await enter(installer)
    dialog = (await somebody.get(CODES)).soup.select_one(f"#revoke-{made.claim_id}").get_text(" ")
    assert "Till 1" in dialog
    assert "1 screen" in dialog

    answer = await somebody.post(f"{CODES}/{made.claim_id}/revoke", {})

    assert answer.location == CODES
    found = await claims.find(conn, installer, made.claim_id, now=now)
    assert found.state == "revoked"
    assert (await somebody.post(f"{CODES}/{made.claim_id}/revoke", {})).status == 404


async def test_another_stores_codes_do_not_exist(enter, madrid_manager, made):
    somebody = await enter(madrid_manager)

    assert names(await somebody.get(f"{CODES}?state=all")) == []
    assert (await somebody.post(f"{CODES}/{made.claim_id}/revoke", {})).status == 404


async def test_devices_and_pairing_lead_to_the_codes(enter, installer, window_2):
    somebody = await enter(installer)

    for path in ("/devices", "/pair"):
        assert (await somebody.get(path)).links("Pairing codes") == [CODES]
