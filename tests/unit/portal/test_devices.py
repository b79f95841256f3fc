"""The list of screens in the portal, and the page of one: what it plays, why, how it is."""

import asyncio
import csv
import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from signage import devices, heartbeats, incidents
from signage.actors import SYSTEM
from signage.devices import Changes

STATEMENTS_MAX = 6
PAGE_MAX_BYTES = 120_000


async def fill(conn, store, count, now):
    """Put up many screens at once."""
    await conn.execute(
        """
        INSERT INTO devices (id, name, store_id, tags, device_info_json, player_version,
            last_seen_at, last_address, disk_used_bytes, disk_total_bytes, plan_etag_reported,
            created_at, updated_at)
        SELECT gen_random_uuid(), 'Screen over the counter ' || n, $1, ARRAY['4k', 'food'],
            '{"serial": "L8D25A"}', '1.4.0', $2, '192.0.2.7', n * 1000000, 16000000000, 'x', $2, $2
        FROM generate_series(1, $3::int) n
        """,
        store.id,
        now,
        count,
    )


def shown(page):
    return [link.get_text(strip=True) for link in page.soup.select("#device-rows a[data-row-link]")]


async def test_the_list_leads_to_each_screen(enter, manager, window_2):
    page = await (await enter(manager)).get("/devices")
    assert page.heading == "Devices"
    assert page.links("Window 2") == [f"/devices/{window_2.id}"]
    assert page.links("Add screen")


async def test_a_search_shows_only_what_matches(enter, manager, window_2):
    somebody = await enter(manager)
    assert (await somebody.get("/devices?q=WINDOW")).links("Window 2")
    empty = await somebody.get("/devices?q=door")
    assert not empty.links("Window 2")
    assert "No screen matches" in empty.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tag=4k", ["Window 2"]),
        ("player_version=1.4.0", ["Entrance", "Window 2"]),
        ("health=never&sort=-name", ["Window 2", "Entrance"]),
        ("status=revoked", ["Entrance"]),
        ("store=mad-01", ["Entrance"]),
        ("store_id=nonsense&sort=nonsense", ["Entrance", "Window 2"]),
    ],
)
async def test_the_address_filters_and_sorts(
    enter, admin, window_2, madrid_screen, conn, now, query, found
):
    await devices.change(conn, SYSTEM, window_2.id, Changes(tags=["4k"]), now=now)
    await devices.revoke(conn, SYSTEM, madrid_screen.id, now=now)

    assert shown(await (await enter(admin)).get(f"/devices?{query}")) == found


async def test_a_column_head_sorts_and_a_second_time_turns_round(enter, manager, window_2):
    somebody = await enter(manager)
    page = await somebody.get("/devices?q=win")
    [first] = page.links("Last seen")
    assert parse_qs(urlsplit(first).query) == {"q": ["win"], "sort": ["last_seen_at"]}
    [head] = (await somebody.get(first)).soup.select("th[aria-sort]")
    assert (head["aria-sort"], head.get_text(strip=True)) == ("ascending", "Last seen")
    [second] = (await somebody.get(first)).links("Last seen")
    [head] = (await somebody.get(second)).soup.select("th[aria-sort]")
    assert head["aria-sort"] == "descending"


async def test_the_next_page_goes_on_in_the_same_order(enter, admin, lisbon, conn, now):
    await fill(conn, lisbon, 70, now)
    somebody = await enter(admin)
    first = await somebody.get("/devices?sort=-storage&q=counter")
    [following] = first.links("Next")
    second = await somebody.get(following)

    names = shown(first) + shown(second)
    assert names == [f"Screen over the counter {number}" for number in range(70, 0, -1)]
    assert "50 of 70 screens" in first.text


async def test_the_list_takes_as_many_statements_for_few_as_for_many_and_stays_small(
    enter, admin, conn, lisbon, window_2, now
):
    somebody = await enter(admin)
    counts, sizes = [], []
    for more in (0, 300):
        await fill(conn, lisbon, more, now)
        said = []
        with conn.query_logger(lambda record, said=said: said.append(record.query)):
            answer = await somebody.caller("GET", "/devices")
            await asyncio.sleep(0)  # the logger is told in the loop's next round
        counts.append(len([text for text in said if "/*" in text and "/* sessions." not in text]))
        sizes.append(len(answer.body))

    assert 3 <= counts[0] == counts[1] <= STATEMENTS_MAX
    assert sizes[1] <= PAGE_MAX_BYTES


async def test_with_many_stores_a_store_is_typed(enter, admin, conn, window_2, now):
    await conn.execute(
        """
        INSERT INTO stores (id, code, name, timezone, created_at, updated_at)
        SELECT gen_random_uuid(), 'S-' || n, 'Store ' || n, 'Europe/Lisbon', $1, $1
        FROM generate_series(1, 100) n
        """,
        now,
    )
    page = await (await enter(admin)).get("/devices?store=lisbon")

    assert shown(page) == ["Window 2"]
    assert page.soup.select_one('input[name="store"]')["value"] == "lisbon"
    assert len(page.soup.select("#store-offered option")) == 100


async def test_the_export_has_the_list_of_the_address(enter, admin, window_2, madrid_screen):
    somebody = await enter(admin)
    [href] = (await somebody.get("/devices?q=entr&sort=-name")).links("Export")
    answer = await somebody.caller("GET", href)
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["name"] for row in rows] == ["Entrance"]


async def test_an_analyst_sees_no_screens(enter, analyst, window_2):
    somebody = await enter(analyst)
    for path in ("/devices", "/devices.csv", f"/devices/{window_2.id}"):
        assert (await somebody.get(path)).status == 403


async def test_a_screen_says_why_it_plays_what_it_plays(enter, manager, window_2):
    page = await (await enter(manager)).get(f"/devices/{window_2.id}")
    assert page.heading == "Window 2"
    assert "Why is this playing?" in page.text


async def test_a_screen_says_how_it_is(enter, manager, window_2, conn, now, clock):
    somebody = await enter(manager)
    here = f"/devices/{window_2.id}"
    assert "Waiting for its first heartbeat" in (await somebody.get(here)).text
    beat = heartbeats.Heartbeat(disk_used_bytes=3_000_000_000, disk_total_bytes=16_000_000_000)
    await heartbeats.record(conn, window_2.id, beat, address="192.0.2.7", now=now)
    assert "Waiting for its first plan" in (await somebody.get(here)).text
    clock.pass_(minutes=72)
    page = await somebody.get(here)
    assert (
        "No heartbeat for 1 h 12 min. Check power and network of Window 2 in Lisbon." in page.text
    )
    assert "3.0 GB of 16 GB" in page.text
    assert "Online 4.1% of the last 7 days" in page.text
    assert len(page.soup.select("#online tbody tr")) == 7


async def test_a_screen_shows_its_open_incident(enter, manager, window_2, conn, now):
    await incidents.open_for_device(
        conn, window_2.id, kind="clock_drift", severity="warning", summary="Off by 5 min.", now=now
    )
    page = await (await enter(manager)).get(f"/devices/{window_2.id}")
    assert "Off by 5 min." in page.text


async def test_a_screen_shows_where_it_stood(enter, admin, window_2, porto, conn, now):
    changes = Changes(store_id=porto.id)
    await devices.change(conn, SYSTEM, window_2.id, changes, now=now - timedelta(minutes=1))
    page = await (await enter(admin)).get(f"/devices/{window_2.id}")
    places = page.soup.select_one("#places").get_text(" ")
    assert places.index("Porto") < places.index("Still there")


async def test_another_stores_screen_is_not_found(enter, madrid_manager, window_2):
    somebody = await enter(madrid_manager)
    tabs = ("plays", "incidents", "commands", "plans", "audit", "settings", "plan")
    for path in ("", *(f"/{tab}" for tab in tabs)):
        assert (await somebody.get(f"/devices/{window_2.id}{path}")).status == 404
    assert (await somebody.get(f"/devices/{uuid4()}")).status == 404
    for verb in ("retire", "revoke", "reinstate"):
        assert (await somebody.post(f"/devices/{window_2.id}/{verb}", {})).status == 404


async def test_the_store_of_the_crumbs_leads_to_its_screens(enter, manager, window_2):
    somebody = await enter(manager)
    [href] = (await somebody.get(f"/devices/{window_2.id}")).links("Lisbon")
    assert shown(await somebody.get(href)) == ["Window 2"]
