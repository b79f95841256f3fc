"""Schedules in the portal: the calendar, the form that weighs, one date of many, the roll-out."""

from datetime import date

import pytest

from signage import assignments, heartbeats, plans, schedules
from signage.actors import SYSTEM
from signage.heartbeats import Heartbeat
from signage.targets import Target

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)


@pytest.fixture
async def at(enter, admin):
    """Ana in the portal."""
    return await enter(admin)


@pytest.fixture
def put(conn, playlist, lisbon, now):
    """Schedule on Lisbon: ``await put("Lunch", "12:00", "14:00")``."""

    async def make(name, start, end, **values):
        given = {"target": Target("store", lisbon.id), "starts_on": MONDAY, "rrule": "FREQ=DAILY"}
        new = schedules.NewSchedule(
            name=name, playlist_id=playlist.id, start_time=start, end_time=end, **(given | values)
        )
        return await schedules.create(conn, SYSTEM, new, now=now)

    return make


@pytest.fixture
def filled(playlist, lisbon):
    """The form of a lunch every day in Lisbon, as a browser sends it."""
    return {
        "name": "Lunch",
        "playlist_id": str(playlist.id),
        "target": f"store:{lisbon.id}",
        "starts_on": "2026-11-24",
        "start_time": "12:00",
        "end_time": "14:00",
        "repeat": "daily",
        "every": "1",
        "ends": "never",
        "priority": "50",
        "timezone": "",
        "enabled": "y",
    }


async def find(conn, schedule_id) -> schedules.Schedule:
    return await schedules.find(conn, SYSTEM, schedule_id)


async def only(conn) -> schedules.Schedule:
    [found] = (await schedules.list_page(conn, SYSTEM)).items
    return found


def events(page, day: str) -> list[str]:
    return [link["aria-label"] for link in page.soup.select(f'[data-day="{day}"] a.event')]


# The calendar -------------------------------------------------------------------------------------


async def test_a_week_shows_each_date_in_the_stores_time(at, put, lisbon):
    await put("Lunch", "12:00", "14:00")

    page = await at.get(f"/schedules?target=store:{lisbon.id}&on=2026-11-25")

    assert page.heading == "Schedules"
    assert "23 to 29 Nov 2026" in page.text
    assert "Times in Europe/Lisbon (WET), the time of Lisbon" in page.text
    [lunch] = events(page, "2026-11-24")
    assert lunch == "Lunch, Tue 24 Nov, 12:00 to 14:00: Always on, store, priority 50. Plays"
    [link] = page.soup.select('[data-day="2026-11-24"] a.event')
    assert {"h12", "q0", "sh2", "sq0", "lane-2"} <= set(link["class"])
    assert page.soup.select("[style]") == []


async def test_who_wins_and_for_how_long_is_listed(at, put, lisbon):
    await put("Lunch", "12:00", "14:00")
    await put("Sale", "13:00", "15:00", priority=80, rrule="FREQ=WEEKLY;BYDAY=TU")

    page = await at.get(f"/schedules?target=store:{lisbon.id}&on=2026-11-25")

    [row] = page.soup.select('[aria-label="Conflicts"] tbody tr')
    assert " ".join(row.get_text(" ").split()) == (
        "Lunch Always on Sale Tue 24 Nov 13:00 to 14:00 1 1 h"
    )
    assert [said for said in events(page, "2026-11-24") if "Plays in part, Sale wins" in said]


async def test_every_view_shows_the_same(at, put, lisbon):
    await put("Lunch", "12:00", "14:00")
    for view, days in (("day", 1), ("month", 8), ("list", 14), ("week", 7)):
        page = await at.get(f"/schedules?target=store:{lisbon.id}&view={view}&on=2026-11-23")
        shown = ".agenda li li a" if view == "list" else ".cal a.event, .cal-month a.event"
        assert len(page.soup.select(shown)) == days + (view == "month" and 6), view
        assert page.soup.select_one(".segmented [aria-current]").get_text() == view.title()


async def test_days_on_which_clocks_change_say_so(at, put, lisbon):
    page = await at.get(f"/schedules?target=store:{lisbon.id}&on=2027-03-28")
    assert "23 hours" in page.text
    assert "(WET / WEST)" in page.text


async def test_the_base_is_named_in_the_gaps(at, conn, put, lisbon, playlist, now):
    await assignments.put(conn, SYSTEM, Target("fleet"), playlist.id, now=now)
    page = await at.get(f"/schedules?target=store:{lisbon.id}")
    assert page.soup.select_one('[data-day="2026-11-24"] .cal-base').get_text() == "Always on"
    assert "The default plays all day. Add the first schedule" in page.text


async def test_the_fleet_is_read_in_the_time_of_a_store(at, put, lisbon, madrid):
    await put("Lunch", "12:00", "14:00", target=Target("fleet"))
    page = await at.get(f"/schedules?target=fleet&store={madrid.id}")
    assert "Europe/Madrid (CET), the time of Madrid" in page.text
    assert page.soup.select_one('select[name="store"] [selected]')["value"] == str(madrid.id)
    assert page.links("Subscribe") == []


async def test_a_manager_sees_the_own_store_first_and_no_other(enter, manager, madrid, put, lisbon):
    await put("Lunch", "12:00", "14:00")
    visitor = await enter(manager)
    page = await visitor.get("/schedules")
    options = [one["value"] for one in page.soup.select('select[name="target"] option')]
    assert options == [f"store:{lisbon.id}"]
    assert (await visitor.get(f"/schedules?target=store:{madrid.id}")).status == 404


async def test_without_a_store_there_is_no_calendar(at):
    page = await at.get("/schedules")
    assert page.status == 200
    assert page.links("Add store") == ["/stores/new"]


async def test_an_address_that_was_typed_wrong_shows_this_week(at, put, lisbon):
    for query in ("on=tomorrow", "view=decade", "target=moon:1", "store=x", "on=9999-12-31"):
        assert (await at.get(f"/schedules?{query}")).status == 200, query


# The form -----------------------------------------------------------------------------------------


async def test_a_new_schedule_is_made_and_its_page_opened(at, conn, filled):
    answer = await at.post("/schedules/new", filled)

    made = await only(conn)
    assert (answer.status, answer.location) == (302, f"/schedules/{made.id}")
    assert (made.name, made.rrule, made.starts_on, made.enabled) == (
        "Lunch", "FREQ=DAILY", TUESDAY, True,
    )  # fmt: skip


async def test_the_form_begins_where_the_calendar_was_clicked(at, lisbon, playlist):
    page = await at.get(
        f"/schedules/new?target=store:{lisbon.id}&on=2026-11-26&start=13:15&end=15:00"
    )
    values = page.form("/schedules/new")
    assert (values["starts_on"], values["start_time"], values["end_time"]) == (
        "2026-11-26", "13:15", "15:00",
    )  # fmt: skip
    assert page.soup.select_one('[name="target"] [selected]')["value"] == f"store:{lisbon.id}"


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        ("name", {"name": ""}, "Give it a name."),
        ("playlist_id", {"playlist_id": ""}, "Choose what it plays."),
        ("starts_on", {"starts_on": "never"}, "Not a valid date value."),
        ("start_time", {"start_time": ""}, "Give a time, or make it all day."),
        ("priority", {"priority": "101"}, "Number must be between 0 and 100."),
        ("rrule", {"repeat": "custom", "rrule": "FREQ=HOURLY"}, "at most once a day"),
        ("count", {"ends": "after", "count": "0"}, "Number must be between 1 and 10000."),
        ("ends_on", {"ends": "on", "ends_on": "2026-11-01"}, "It would end before it starts."),
        ("exdates", {"exdates": "24.12.2026"}, "is no date"),
        ("target", {"target": "store:nowhere"}, "Choose where it plays."),
    ],
)
async def test_a_wrong_value_is_named_at_its_field(at, conn, filled, field, values, said):
    page = await at.post("/schedules/new", filled | values)
    assert page.status == 422
    assert said in page.error_of(field)
    assert (await schedules.list_page(conn, SYSTEM)).items == []


async def test_dates_and_ends_are_understood(at, conn, filled):
    more = {
        "repeat": "weekly",
        "weekdays": ["TU", "FR"],
        "every": "2",
        "ends": "on",
        "ends_on": "2026-12-31",
        "exdates": "2026-12-25, 2026-12-08",
        "rdates": "2026-12-24",
        "timezone": "Asia/Tokyo",
        "takeover": "y",
    }
    await at.post("/schedules/new", filled | more)

    made = await only(conn)
    assert (made.rrule, made.ends_on) == ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR", date(2026, 12, 31))
    assert made.exdates == [date(2026, 12, 8), date(2026, 12, 25)]
    assert (made.rdates, made.timezone, made.takeover) == ([date(2026, 12, 24)], "Asia/Tokyo", True)


async def test_a_form_is_weighed_before_it_is_saved(at, conn, filled, window_2, put):
    await put("Old lunch", "12:00", "14:00", target=Target("fleet"))
    drinks = filled | {"do": "check", "starts_on": "2026-11-23"}

    page = await at.post("/schedules/new", drinks)

    weigh = " ".join(page.soup.select_one("#weigh").get_text(" ").split())
    assert page.status == 200
    assert "Every day" in weigh
    assert "Tue 24 Nov 2026, 12:00 to 14:00" in weigh
    assert len(page.soup.select_one("#weigh ol").select("li")) == 10
    assert "Never plays any more: Old lunch" in weigh
    assert len((await schedules.list_page(conn, SYSTEM)).items) == 1


async def test_a_hole_is_seen_before_it_opens(at, filled, window_2, put):
    lunch = await put("Lunch", "12:00", "14:00")
    page = await at.post(
        f"/schedules/{lunch.id}/edit", filled | {"do": "check", "enabled": "", "revision": "1"}
    )
    weigh = " ".join(page.soup.select_one("#weigh").get_text(" ").split())
    assert "1 screen of 1 plays something else" in weigh
    assert "A hole opens." in weigh


async def test_the_impact_of_one_date_is_that_of_one_date(at, filled, window_2, put):
    lunch = await put("Lunch", "12:00", "14:00")
    alone = {"starts_on": "2026-11-25", "start_time": "15:00", "end_time": "17:00"}
    which = {"on": "2026-11-25", "extent": "one", "revision": "1", "do": "check"}
    filled = {name: value for name, value in filled.items() if name not in ("repeat", "ends")}

    page = await at.post(f"/schedules/{lunch.id}/edit", filled | alone | which)

    weigh = " ".join(page.soup.select_one("#weigh").get_text(" ").split())
    assert "between Wed 25 Nov 2026, 12:00 WET and Wed 25 Nov 2026, 17:00 WET" in weigh
    assert "Nothing plays Wed 25 Nov 2026, 12:00 WET to 14:00 on 1 screen" in weigh


async def test_the_impact_of_all_following_dates_begins_with_the_first(at, filled, window_2, put):
    lunch = await put("Lunch", "12:00", "14:00")
    which = {"on": "2026-11-25", "extent": "following", "revision": "1", "do": "check"}
    rest = {"starts_on": "2026-11-25", "end_time": "13:00"}

    page = await at.post(f"/schedules/{lunch.id}/edit", filled | rest | which)

    weigh = " ".join(page.soup.select_one("#weigh").get_text(" ").split())
    assert "between Wed 25 Nov 2026, 13:00 WET" in weigh


async def test_only_the_panel_is_sent_where_htmx_asks_for_it(at, filled, enter):
    token = (await at.get("/")).soup.select_one('input[name="csrf_token"]')["value"]
    body = filled | {"do": "check", "csrf_token": token}
    answer = await at.caller(
        "POST",
        "/schedules/new",
        "&".join(f"{name}={value}" for name, value in body.items()).encode(),
        Content_Type="application/x-www-form-urlencoded",
        HX_Request="true",
        HX_Target="div#weigh",
    )
    assert answer.status == 200
    assert answer.body.decode().strip().startswith('<div class="stack" id="weigh"')


async def test_a_form_of_an_old_revision_shows_what_stands_there_now(at, conn, put, filled, now):
    lunch = await put("Lunch", "12:00", "14:00")
    theirs = schedules.Changes(priority=90)
    await schedules.change(conn, SYSTEM, lunch.id, theirs, now=now)

    page = await at.post(f"/schedules/{lunch.id}/edit", filled | {"revision": "1", "name": "Mine"})

    assert page.status == 409
    assert "It now says" in page.text
    assert "priority: 90" in page.text
    assert page.form(f"/schedules/{lunch.id}/edit")["revision"] == "2"
    assert (await find(conn, lunch.id)).name == "Lunch"


async def test_one_date_is_edited_alone(at, conn, put, filled):
    lunch = await put("Lunch", "12:00", "14:00")
    path = f"/schedules/{lunch.id}/edit"
    page = await at.get(f"{path}?on=2026-11-25&extent=one")
    form = page.form(path)
    assert (form["starts_on"], form["on"], form["extent"]) == ("2026-11-25", "2026-11-25", "one")
    assert page.soup.select_one('[name="repeat"]') is None

    alone = {"starts_on": "2026-11-25", "end_time": "15:00"}
    filled = {name: value for name, value in filled.items() if name not in ("repeat", "ends")}
    which = {"on": "2026-11-25", "extent": "one", "revision": "1"}
    answer = await at.post(path, filled | alone | which)

    assert (await find(conn, lunch.id)).exdates == [date(2026, 11, 25)]
    page = await at.get(answer.location)
    assert "It takes the place of Wed 25 Nov 2026 of Lunch" in page.text
    assert page.links("The series") == [f"/schedules/{lunch.id}"]


async def test_a_date_and_all_following_are_edited(at, conn, put, filled):
    lunch = await put("Lunch", "12:00", "14:00")
    which = {"on": "2026-11-25", "extent": "following", "revision": "1"}
    await at.post(
        f"/schedules/{lunch.id}/edit",
        filled | which | {"starts_on": "2026-11-25", "end_time": "15:00"},
    )
    assert (await find(conn, lunch.id)).ends_on == TUESDAY


# By hand ------------------------------------------------------------------------------------------


async def test_a_move_answers_with_the_calendar(at, conn, put, lisbon):
    lunch = await put("Lunch", "12:00", "14:00")
    path = f"/schedules/{lunch.id}/move?target=store:{lisbon.id}&on=2026-11-23"
    wanted = {"on": "2026-11-24", "date": "2026-11-24", "start": "13:00", "end": "15:00"}

    await at.post(path, wanted | {"timezone": "Europe/Lisbon", "extent": "one", "revision": "1"})

    page = await at.get(f"/schedules?target=store:{lisbon.id}&on=2026-11-23")
    assert [said.split(":")[0:2] for said in events(page, "2026-11-24")] == [
        ["Lunch, Tue 24 Nov, 13", "00 to 15"]
    ]


@pytest.mark.parametrize(
    ("wanted", "status", "reason"),
    [
        ({"date": "2026-11-26", "extent": "all"}, 422, "Its rule says on which dates it plays."),
        ({"date": "2026-11-26", "extent": "some"}, 422, "A move says which date goes where"),
        ({"date": "2026-11-26", "revision": "9"}, 409, "was changed by somebody else"),
    ],
)
async def test_a_refused_move_says_why_on_the_calendar(at, put, lisbon, wanted, status, reason):
    lunch = await put("Lunch", "12:00", "14:00")
    token = (await at.get("/")).soup.select_one('input[name="csrf_token"]')["value"]
    body = {"on": "2026-11-24", "csrf_token": token} | wanted

    answer = await at.caller(
        "POST",
        f"/schedules/{lunch.id}/move?target=store:{lisbon.id}",
        "&".join(f"{name}={value}" for name, value in body.items()).encode(),
        Content_Type="application/x-www-form-urlencoded",
        HX_Request="true",
    )

    assert answer.status == status
    assert reason in answer.body.decode()
    assert 'id="calendar"' in answer.body.decode()


# Its page -----------------------------------------------------------------------------------------


async def test_its_page_says_what_it_is_and_what_comes(at, put, window_2):
    lunch = await put("Lunch", "12:00", "14:00", priority=70, exdates=[TUESDAY])
    page = await at.get(f"/schedules/{lunch.id}?on=2026-11-25")

    assert page.heading == "Lunch"
    assert "Always on on Lisbon. Every day, 12:00 to 14:00" in page.text
    assert "70, high" in page.text
    assert "Tue 24 Nov 2026 is left out" in page.text
    assert "Wed 25 Nov 2026, 12:00 to 14:00" in page.text
    assert page.links("Edit only this one") == [
        f"/schedules/{lunch.id}/edit?on=2026-11-25&extent=one"
    ]
    assert "stops on 1 screen" in page.soup.select_one("#archive").get_text()
    assert "Created the schedule Lunch" in page.text


async def test_the_roll_out_asks_until_every_screen_has_the_plan(at, conn, put, window_2, now):
    lunch = await put("Lunch", "12:00", "14:00")
    path = f"/schedules/{lunch.id}/roll-out"
    waiting = (await at.get(path)).soup.select_one("#roll-out")
    assert waiting["hx-get"] == path
    assert "0 of 1 screen" in waiting.get_text()
    assert "Window 2" in waiting.get_text()

    etag = await plans.due(conn, window_2.id, now=now)
    beat = Heartbeat(disk_used_bytes=1, plan_etag=etag)
    await heartbeats.record(conn, window_2.id, beat, address="", now=now)

    done = (await at.get(path)).soup.select_one("#roll-out")
    assert not done.has_attr("hx-get")
    assert "The one screen plays by it" in done.get_text()


@pytest.mark.parametrize(
    ("extent", "field", "left"), [("one", "exdates", [TUESDAY]), ("following", "ends_on", MONDAY)]
)
async def test_dates_are_left_out(at, conn, put, extent, field, left):
    lunch = await put("Lunch", "12:00", "14:00")
    values = {"on": "2026-11-24", "extent": extent, "revision": "1"}

    answer = await at.post(f"/schedules/{lunch.id}/leave-out", values)

    assert answer.location == f"/schedules/{lunch.id}"
    assert getattr(await find(conn, lunch.id), field) == left
    again = await at.post(f"/schedules/{lunch.id}/leave-out", values)
    assert again.status in (409, 422)


async def test_an_archived_schedule_leaves_the_calendar(at, put, lisbon):
    lunch = await put("Lunch", "12:00", "14:00")
    assert (await at.post(f"/schedules/{lunch.id}/archive", {"revision": "9"})).status == 409
    await at.post(f"/schedules/{lunch.id}/archive", {"revision": "1"})
    page = await at.get(f"/schedules?target=store:{lisbon.id}&on=2026-11-23")
    assert page.soup.select("a.event") == []
    assert (await at.get(f"/schedules/{lunch.id}")).status == 404


async def test_a_manager_reads_what_reaches_beyond_and_cannot_change_it(enter, manager, put):
    fleet = await put("Lunch", "12:00", "14:00", target=Target("fleet"))
    visitor = await enter(manager)
    page = await visitor.get(f"/schedules/{fleet.id}")
    assert page.links("Edit") == []
    assert (await visitor.post(f"/schedules/{fleet.id}/archive", {})).status == 403
