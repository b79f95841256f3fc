"""Calendars of other programs: addresses to subscribe to, and files that become schedules."""

import pytest

from portal import calendar_feeds as door
from signage import schedules
from signage.actors import SYSTEM
from signage.targets import Target
from tests.unit.callers import Caller
from web.rate_limits import RateLimit

FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Somebody//EN
BEGIN:VEVENT
UID:1
SUMMARY:Lunch
DTSTART:20261124T120000
DTEND:20261124T140000
RRULE:FREQ=DAILY
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Fair
DTSTART;VALUE=DATE:20261201
DTEND;VALUE=DATE:20261205
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


@pytest.fixture
async def at(enter, manager):
    """Bruno of Lisbon in the portal."""
    return await enter(manager)


@pytest.fixture
async def address(at, lisbon) -> str:
    """The path of an address that was just made."""
    page = await at.post("/schedules/subscribe", {"store_id": str(lisbon.id)})
    return "/calendar/" + page.soup.select_one("main code").get_text().rpartition("/")[2]


async def read(app, path):
    return await Caller(app, "").get(path)


async def names(conn) -> list[str]:
    return [one.name for one in (await schedules.list_page(conn, SYSTEM)).items]


# Subscribing --------------------------------------------------------------------------------------


async def test_an_address_is_shown_once_and_read_by_anybody(
    at, app, conn, address, lisbon, playlist, now
):
    new = schedules.NewSchedule(
        name="Lunch",
        playlist_id=playlist.id,
        target=Target("store", lisbon.id),
        starts_on=now.date(),
        all_day=True,
    )
    await schedules.create(conn, SYSTEM, new, now=now)

    answer = await read(app, address)

    assert answer.status == 200
    assert b"SUMMARY:Lunch" in answer.body
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    page = await at.get(f"/schedules/subscribe?store_id={lisbon.id}")
    assert page.soup.select("main code") == []


async def test_a_revoked_address_leads_nowhere(at, app, address, lisbon):
    page = await at.get(f"/schedules/subscribe?store_id={lisbon.id}")
    [form] = page.soup.select('form[action$="/revoke"]')
    assert (await at.post(form["action"], {})).location == page_of(lisbon)

    assert (await read(app, address)).status == 404
    assert (await at.post(form["action"], {})).status == 404


def page_of(store) -> str:
    return f"/schedules/subscribe?store_id={store.id}"


async def test_what_is_no_address_is_not_found(app, address):
    for path in (address.removesuffix(".ics"), "/calendar/x.ics", "/calendar/.ics"):
        assert (await read(app, path)).status == 404


async def test_strangers_may_not_ask_without_end(app, address, monkeypatch):
    monkeypatch.setattr(door, "limit", RateLimit(per_minute=60, burst=2))
    answers = [await read(app, address) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_a_screen_has_a_calendar_and_the_fleet_has_none(at, window_2, madrid):
    page = await at.get(f"/schedules/subscribe?device_id={window_2.id}")
    assert "The calendar of Window 2, Lisbon" in page.text
    assert (await at.get("/schedules/subscribe")).status == 422
    assert (await at.get(f"/schedules/subscribe?store_id={madrid.id}")).status == 404


# Importing ----------------------------------------------------------------------------------------


async def test_a_file_is_looked_through_and_then_made(at, conn, lisbon, playlist):
    values = {"text": FILE, "playlist_id": str(playlist.id), "target": f"store:{lisbon.id}"}

    page = await at.post("/schedules/import", values | {"do": "check"})

    rows = [
        " ".join(row.get_text(" ").split())
        for row in page.soup.select('[aria-label="By event"] tbody tr')
    ]
    assert rows[0] == "1 Lunch Tue 24 Nov 2026, 12:00 to 14:00. Every day Can be made"
    assert rows[1].startswith("2 Fair It lasts longer than 24 hours")
    assert await names(conn) == []

    answer = await at.post("/schedules/import", values | {"do": "import"})
    assert answer.location == f"/schedules?target=store:{lisbon.id}"
    assert await names(conn) == ["Lunch"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": ""}, "Choose an iCalendar file"),
        ({"text": "Dear customer"}, "iCalendar"),
        ({"playlist_id": ""}, "Choose what the schedules play."),
        ({"target": ""}, "Choose where the schedules play."),
    ],
)
async def test_what_cannot_be_imported_is_refused(at, lisbon, playlist, values, said):
    whole = {"text": FILE, "playlist_id": str(playlist.id), "target": f"store:{lisbon.id}"}
    page = await at.post("/schedules/import", whole | values)
    assert page.status == 422
    assert said in page.error_of("file")


async def test_nothing_is_imported_beyond_the_own_stores(at, conn, madrid, playlist):
    values = {"text": FILE, "playlist_id": str(playlist.id), "do": "import"}
    fleet = await at.post("/schedules/import", values | {"target": "fleet"})
    other = await at.post("/schedules/import", values | {"target": f"store:{madrid.id}"})
    assert (fleet.status, other.status) == (403, 404)
    assert await names(conn) == []
