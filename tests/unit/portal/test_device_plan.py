"""The plan of a screen as a page: any date, what lies beneath, why, and what was told of it."""

import pytest

from signage import assignments, schedules, takeovers
from signage.actors import SYSTEM
from signage.ids import new_id
from signage.takeovers import NewTakeover
from signage.targets import Target


@pytest.fixture
async def lunch(conn, playlist, window_2, now) -> schedules.Schedule:
    """Every day from noon to two on Window 2; the store has the same playlist always on."""
    store = Target("store", window_2.store_id)
    await assignments.put(conn, SYSTEM, store, playlist.id, now=now)
    new = schedules.NewSchedule(
        name="Lunch",
        playlist_id=playlist.id,
        target=Target("device", window_2.id),
        starts_on=now.date(),
        start_time="12:00",
        end_time="14:00",
        rrule="FREQ=DAILY",
    )
    return await schedules.create(conn, SYSTEM, new, now=now)


def rows(page) -> list[str]:
    return [row.get_text() for row in page.soup.select(".timeline-row")]


def blocks(page, row: int = 0) -> list[str]:
    track = page.soup.select(".timeline-plot > svg")[row]
    return [str(link["aria-label"]) for link in track.select("a")]


async def test_now_is_shown_with_the_layers_beneath(enter, manager, window_2, lunch):
    page = await (await enter(manager)).get(f"/devices/{window_2.id}/plan")
    assert page.heading == "Plan of Window 2"
    assert rows(page) == ["On screen", "Beneath: this screen only", "Beneath: the store"]
    assert blocks(page)[1] == "Always on, Mon 23 Nov 12:00 to Mon 23 Nov 14:00"
    assert len(blocks(page, 2)) == 1
    assert page.soup.select(".timeline-now")
    why = page.soup.select("#why li")
    assert "Lunch: Always on" in why[0].get_text(" ")
    assert "Fallback" in why[1].get_text(" ")


async def test_a_click_on_a_block_explains_that_moment(enter, manager, window_2, lunch):
    somebody = await enter(manager)
    page = await somebody.get(f"/devices/{window_2.id}/plan")
    [_, lunch_block, *_] = page.soup.select(".timeline-plot > svg")[0].select("a")
    assert lunch_block["href"].endswith("?at=2026-11-23T12%3A00%3A00Z#why")
    hour = next(a for a in page.soup.select(".timeline-plot > a") if a["aria-label"] == "At 18:00")
    there = await somebody.get(str(hour["href"]).partition("#")[0])
    assert "Mon 23 Nov 2026, 18:00 WET" in there.soup.select_one("#why").get_text(" ")
    assert "Plays" in there.soup.select("#why li")[0].get_text(" ")
    assert "other hours" in there.soup.select("#why li")[1].get_text(" ")
    assert "ahead" in there.soup.select_one("#played").get_text(" ")
    assert there.soup.select(".timeline-chosen")


async def test_a_date_long_past_is_todays_configuration_as_if(enter, manager, window_2, lunch):
    path = f"/devices/{window_2.id}/plan?date=2026-03-03&zoom=day&at=2026-03-03T14:05"
    page = await (await enter(manager)).get(path)
    assert blocks(page) == ["Always on, Tue 3 Mar 00:00 to Wed 4 Mar 00:00"]
    assert "This is past" in page.text
    assert "No plan yet" in page.soup.select_one("#played").get_text(" ")
    assert not page.soup.select(".timeline-now")


async def test_a_day_has_the_hours_the_clocks_give_it(enter, manager, window_2, lunch):
    somebody = await enter(manager)
    path = f"/devices/{window_2.id}/plan?zoom=day&date="
    # Lisbon's clocks go forward on 28 March and back on 31 October 2027.
    noon = {}
    for date in ("2027-03-28", "2027-03-29", "2027-10-31"):
        page = await somebody.get(path + date)
        [_, block, _] = page.soup.select(".timeline-plot > svg")[0].select("a > svg")
        noon[date] = str(block["x"])
    assert noon == {
        "2027-03-28": "47.826%",
        "2027-03-29": "50.0%",
        "2027-10-31": "52.0%",
    }


async def test_a_takeover_is_hatched(enter, manager, window_2, lunch, playlist, conn, now):
    target = Target("device", window_2.id)
    new = NewTakeover(playlist_id=playlist.id, target=target, minutes=60)
    await takeovers.start(conn, SYSTEM, new, now=now)
    page = await (await enter(manager)).get(f"/devices/{window_2.id}/plan?zoom=24")
    assert page.soup.select('.lane-4 rect[fill="url(#hatch)"]')
    assert "Takeover" in page.soup.select_one('[aria-label="Windows"]').get_text(" ")


async def test_what_played_stands_beside_what_was_planned(
    enter, manager, window_2, lunch, screen, clock
):
    loop = next(iter((await screen.get("/plan")).json["playlists"].values()))
    clock.pass_(minutes=10)
    event = {
        "event_id": str(new_id()),
        "event_type": "play",
        "result": "completed",
        "started_at": "2026-11-23T12:05:00Z",
        "duration_ms": 10_000,
        "item_id": loop["items"][0]["item_id"],
    }
    await screen.post("/events", {"events": [event]})
    path = f"/devices/{window_2.id}/plan?at=2026-11-23T12:05:05"
    page = await (await enter(manager)).get(path)
    card = page.soup.select_one("#played").get_text(" ", strip=True)
    assert "As planned" in card
    assert "Menu, 12:05:00 to 12:05:10 (Always on, Lunch)" in card
    assert "Menu, from 12:05:00 for 10 s, completed" in card
    assert len(page.soup.select("#played tbody tr")) == 1


async def test_links_are_for_who_may_follow_them(enter, manager, installer, window_2, lunch):
    path = f"/devices/{window_2.id}/plan"
    linked = await (await enter(manager)).get(path)
    assert linked.links("Lunch: Always on") == [f"/schedules/{lunch.id}"]
    plain = await (await enter(installer)).get(path)
    assert plain.status == 200
    assert not plain.soup.select('main a[href^="/playlists/"], main a[href^="/schedules/"]')


@pytest.mark.parametrize(
    "query", ["date=soon&at=later&zoom=9", "date=0001-01-01&at=9999-12-31T23:59"]
)
async def test_an_address_that_makes_no_sense_shows_now(enter, manager, window_2, query):
    page = await (await enter(manager)).get(f"/devices/{window_2.id}/plan?{query}")
    assert page.status == 200
    assert page.soup.select(".timeline-now")
