"""Campaigns: booked, changed, archived, and how they stand against their plan."""

from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from signage import (
    assignments,
    campaign_standings,
    campaign_uses,
    campaigns,
    content,
    playlists,
)
from signage.actors import SYSTEM
from signage.campaign_standings import Filters
from signage.errors import Forbidden, Invalid, NotFound, Stale
from signage.ids import new_id
from signage.playlist_items import NewItem
from signage.targets import Target

TODAY = date(2026, 11, 23)
NAMES_OF_SORTS = ["name", "advertiser", "starts_on", "ends_on", "planned_plays", "played", "pace"]


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


async def book(conn, now, name="Autumn coffee", **more) -> campaigns.Campaign:
    """Book a campaign of the ten days round today's noon, of which nearly half have passed."""
    booked = {"starts_on": days(-5), "ends_on": days(5), "planned_plays": 1100} | more
    new = campaigns.NewCampaign(name=name, **booked)
    return await campaigns.create(conn, SYSTEM, new, now=now)


async def play(conn, campaign_id: UUID, store_id: UUID, plays: int, now) -> None:
    await conn.execute(
        """
        INSERT INTO proof_of_play_aggregate_daily (device_id, report_day, store_id, campaign_id,
            content_id, plays, first_played_at, last_played_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        """,
        new_id(), TODAY, store_id, campaign_id, new_id(), plays, now,
    )  # fmt: skip


@pytest.fixture
async def coffee(conn, now) -> campaigns.Campaign:
    return await book(conn, now, advertiser="Example Roasters", contract_number="EX-2041")


# Booking ----------------------------------------------------------------------------------------


async def test_only_what_is_given_changes(conn, now, coffee, manager):
    changes = campaigns.Changes(planned_plays=None, contract_number=" EX-1 ")
    after = await campaigns.change(conn, manager, coffee.id, changes, revision=1, now=now)
    assert (after.name, after.planned_plays, after.contract_number, after.revision) == (
        "Autumn coffee", None, "EX-1", 2,
    )  # fmt: skip
    with pytest.raises(Stale):
        await campaigns.change(conn, manager, coffee.id, changes, revision=1, now=now)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"advertiser": "x" * 201}, "/advertiser"),
        ({"contract_number": "x" * 101}, "/contract_number"),
        ({"ends_on": days(-6)}, "/ends_on"),
        ({"planned_plays": -1}, "/planned_plays"),
        ({"planned_plays": 10**15 + 1}, "/planned_plays"),
    ],
)
async def test_a_wrong_value_is_named(conn, now, coffee, manager, changes, pointer):
    with pytest.raises(Invalid) as caught:
        await campaigns.change(conn, manager, coffee.id, campaigns.Changes(**changes), now=now)
    assert [error.pointer for error in caught.value.errors] == [pointer]


async def test_an_archived_campaign_leaves_the_list_and_comes_back(conn, now, coffee, manager):
    await campaigns.archive(conn, manager, coffee.id, now=now)
    assert (await campaign_standings.list_page(conn, manager, now=now)).items == []
    found = await campaign_standings.find(conn, manager, coffee.id, now=now)
    assert found.state == "archived"
    for refused in (
        campaigns.archive(conn, manager, coffee.id, now=now),
        campaigns.change(conn, manager, coffee.id, campaigns.Changes(name="x"), now=now),
    ):
        with pytest.raises(NotFound):
            await refused
    for _ in range(2):
        await campaigns.restore(conn, manager, coffee.id, now=now)
    assert (await campaign_standings.find(conn, manager, coffee.id, now=now)).state == "running"


async def test_every_change_is_in_the_audit_log(conn, now, coffee, manager):
    await campaigns.change(conn, manager, coffee.id, campaigns.Changes(name="Tea"), now=now)
    await campaigns.archive(conn, manager, coffee.id, now=now)
    await campaigns.restore(conn, manager, coffee.id, now=now)
    rows = await conn.fetch(
        "SELECT action FROM audit_log WHERE entity_id = $1 ORDER BY seq", str(coffee.id)
    )
    assert [row["action"] for row in rows] == [
        "campaigns.create", "campaigns.change", "campaigns.archive", "campaigns.restore",
    ]  # fmt: skip


async def test_who_may_not_program_books_nothing(conn, now, coffee, analyst, installer):
    for somebody in (analyst, installer):
        for act in (
            campaigns.create(conn, somebody, campaigns.NewCampaign(name="x"), now=now),
            campaigns.change(conn, somebody, coffee.id, campaigns.Changes(name="x"), now=now),
            campaigns.archive(conn, somebody, coffee.id, now=now),
            campaigns.restore(conn, somebody, coffee.id, now=now),
        ):
            with pytest.raises(Forbidden):
                await act


# How it stands ----------------------------------------------------------------------------------


async def test_pace_is_played_against_what_is_expected_by_now(conn, now, coffee, lisbon, admin):
    # Five and a half of eleven days have passed: half of the plan is expected.
    await play(conn, coffee.id, lisbon.id, 528, now)
    found = await campaign_standings.find(conn, admin, coffee.id, now=now)
    assert (found.state, found.played, found.expected_plays) == ("running", 528, 550)
    assert found.pace == pytest.approx(0.96)


async def test_plays_of_some_stores_are_no_measure_of_the_plan(
    conn, now, coffee, lisbon, madrid, manager
):
    await play(conn, coffee.id, lisbon.id, 5, now)
    await play(conn, coffee.id, madrid.id, 7, now)
    found = await campaign_standings.find(conn, manager, coffee.id, now=now)
    assert (found.played, found.expected_plays, found.pace) == (5, None, None)


@pytest.mark.parametrize(
    ("booked", "state", "expected"),
    [
        ({"starts_on": days(1)}, "planned", None),
        ({"ends_on": days(0)}, "running", 1008),
        ({"ends_on": days(-1)}, "ended", 1100),
        ({"starts_on": None}, "running", None),
        ({"planned_plays": None}, "running", None),
    ],
)
async def test_the_state_follows_the_dates(conn, now, admin, booked, state, expected):
    made = await book(conn, now, **booked)
    found = await campaign_standings.find(conn, admin, made.id, now=now)
    assert (found.state, found.expected_plays) == (state, expected)


@pytest.fixture
async def several(conn, now, coffee, lisbon) -> None:
    await play(conn, coffee.id, lisbon.id, 10, now)
    await book(conn, now, "Bakery", advertiser="Example Mills", starts_on=days(3))
    await book(conn, now, "Citrus", starts_on=days(-9), ends_on=days(-2), planned_plays=None)
    gone = await book(conn, now, "Gone", starts_on=None)
    await campaigns.archive(conn, SYSTEM, gone.id, now=now)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), ["Autumn coffee", "Bakery", "Citrus"]),
        (Filters(q="mills"), ["Bakery"]),
        (Filters(q="2041"), ["Autumn coffee"]),
        (Filters(state="planned"), ["Bakery"]),
        (Filters(state="archived"), ["Gone"]),
        (Filters(advertiser="Example Roasters"), ["Autumn coffee"]),
    ],
)
async def test_the_list_filters(conn, now, several, admin, filters, found):
    page = await campaign_standings.list_page(conn, admin, filters, now=now)
    assert [one.name for one in page.items] == found
    counts = await campaign_standings.count(conn, admin, filters, now=now)
    if filters.state:
        assert counts[filters.state] == len(found)


@pytest.mark.parametrize("sort", [*NAMES_OF_SORTS, *(f"-{name}" for name in NAMES_OF_SORTS)])
async def test_every_sort_pages_without_loss(conn, now, several, admin, sort):
    whole = await campaign_standings.list_page(conn, admin, sort=sort, now=now)
    seen, cursor = [], None
    for _ in whole.items:
        page = await campaign_standings.list_page(
            conn, admin, sort=sort, limit=1, cursor=cursor, now=now
        )
        seen += page.items
        cursor = page.next_cursor
    assert (seen, cursor) == (whole.items, None)


async def test_an_unknown_sort_is_invalid(conn, now, admin):
    with pytest.raises(Invalid):
        await campaign_standings.list_page(conn, admin, sort="colour", now=now)


async def test_an_advertiser_sees_own_campaigns_only(conn, now, several, coffee, advertiser):
    artur = msgspec.structs.replace(advertiser, campaign_ids=[coffee.id])
    page = await campaign_standings.list_page(conn, artur, now=now)
    assert [(one.name, one.played) for one in page.items] == [("Autumn coffee", 10)]
    assert await campaign_standings.advertisers(conn, artur) == ["Example Roasters"]
    assert await campaign_standings.count(conn, artur, now=now) == {"running": 1}
    for other in await conn.fetch("SELECT id FROM campaigns WHERE id <> $1", coffee.id):
        with pytest.raises(NotFound):
            await campaign_standings.find(conn, artur, other["id"], now=now)
        with pytest.raises(NotFound):
            await campaign_uses.content(conn, artur, other["id"])


async def test_an_installer_reads_no_campaigns(conn, now, coffee, installer):
    for read in (
        campaign_standings.list_page(conn, installer, now=now),
        campaign_standings.find(conn, installer, coffee.id, now=now),
        campaign_uses.holders(conn, installer, coffee.id),
    ):
        with pytest.raises(Forbidden):
            await read


# Where it runs ----------------------------------------------------------------------------------


async def test_it_runs_where_its_content_or_items_do(
    conn, now, coffee, menu, window_2, lisbon, admin
):
    spot = await content.create_url(
        conn,
        SYSTEM,
        content.Details(name="Spot", campaign_id=coffee.id),
        url="https://example.com",
        now=now,
    )
    other = await book(conn, now, "Other")
    inner = await playlists.create(
        conn, SYSTEM, name="Inner", items=[NewItem(content_id=spot.id)], now=now
    )
    outer = await playlists.create(
        conn, SYSTEM, name="Outer", items=[NewItem(playlist_id=inner.id)], now=now
    )
    lent = await playlists.create(
        conn, SYSTEM, name="Lent", items=[NewItem(content_id=menu.id, campaign_id=coffee.id)],
        now=now,
    )  # fmt: skip
    await playlists.create(
        conn, SYSTEM, name="Overridden", now=now,
        items=[NewItem(content_id=spot.id, campaign_id=other.id)],
    )  # fmt: skip
    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), outer.id, now=now)

    pieces = await campaign_uses.content(conn, admin, coffee.id)
    holders = await campaign_uses.holders(conn, admin, coffee.id)

    assert [piece.name for piece in pieces] == ["Menu", "Spot"]
    assert [(one.id, one.assignments, one.screens) for one in holders] == [
        (outer.id, 1, 1), (inner.id, 0, 0), (lent.id, 0, 0),
    ]  # fmt: skip
