"""iCalendar: what is written begins when the schedule does; what is read is one, or refused."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from signage import icalendars, planning
from signage.errors import Refused
from signage.ids import NIL_ID
from signage.targets import Target
from tests.unit.signage.planning.cast import schedule

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"
FROM, UNTIL = date(2026, 11, 1), date(2027, 12, 1)
FLEET = Target("fleet")
RULES = [
    None,
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;COUNT=9",
    "FREQ=WEEKLY;BYDAY=MO,TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270301",
    "FREQ=WEEKLY;UNTIL=20270301T070000",
    "FREQ=DAILY;UNTIL=20270301T210000Z",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYMONTHDAY=15,-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
]


def written(*schedules, timezone=BERLIN) -> bytes:
    return icalendars.write("Berlin Mitte", list(schedules), timezone, now=NOW)


def starts(pattern: planning.Pattern, zone: str) -> list[datetime]:
    since = datetime.combine(FROM, time(), ZoneInfo(zone)).astimezone(UTC)
    until = datetime.combine(UNTIL, time(), ZoneInfo(zone)).astimezone(UTC)
    found = planning.occurrences(pattern, planning.zone(zone), since, until)
    return [one.start for one in found if since <= one.start < until]


def event(*lines: str) -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VEVENT", "UID:1"]
    tail = ["END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join([*head, "DTSTAMP:20261101T000000Z", *lines, *tail]).encode()


def read(data: bytes) -> list[icalendars.Line]:
    return icalendars.read(data, playlist_id=NIL_ID, target=FLEET)


# Written ----------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    begins=st.sampled_from([time(8), time(22), time(0)]),
    ends_after=st.one_of(st.none(), st.integers(5, 300)),
    out=st.booleans(),
    more=st.booleans(),
)
def test_another_program_reads_the_same_starts(rule, begins, ends_after, out, more):
    ends_on = FROM + timedelta(days=ends_after) if rule and ends_after else None
    plain = schedule(1, starts_on=FROM, start_time=begins, end_time=time(6), rrule=rule)
    dates = [one.astimezone(ZoneInfo(BERLIN)).date() for one in starts(plain.pattern, BERLIN)]
    given_dates = {
        "ends_on": ends_on,
        "exdates": tuple(dates[2:3]) if out else (),
        "rdates": (date(2026, 12, 24),) if more and rule else (),
    }
    made = schedule(
        1, starts_on=FROM, start_time=begins, end_time=time(6), rrule=rule, **given_dates
    )

    calendar = Calendar.from_ical(written(made))

    found = recurring_ical_events.of(calendar).between(FROM, UNTIL)
    # An added date is one whatever the end is for an event, and none for a schedule.
    late = ends_on is not None and ends_on < date(2026, 12, 24) and more
    expected = starts(made.pattern, BERLIN)
    read_back = sorted(one.start.astimezone(UTC) for one in found)
    if late:
        read_back = [one for one in read_back if one.date() <= ends_on]
    assert read_back == expected


def test_an_overnight_event_ends_on_the_next_day():
    calendar = Calendar.from_ical(written(schedule(1, start_time=time(22), end_time=time(2))))
    [one] = calendar.walk("VEVENT")
    assert one.end - one.start == timedelta(hours=4)


def test_all_day_is_a_date():
    made = schedule(1, all_day=True, start_time=None, end_time=None)
    [one] = Calendar.from_ical(written(made)).walk("VEVENT")
    assert (one.start, one.end) == (date(2026, 1, 1), date(2026, 1, 2))


def test_a_zone_of_its_own_goes_with_the_event_and_is_described():
    calendar = Calendar.from_ical(written(schedule(1, timezone="Asia/Tokyo")))
    [one] = calendar.walk("VEVENT")
    assert one.start.tzinfo.key == "Asia/Tokyo"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Asia/Tokyo"]


def test_disabled_schedules_and_those_that_never_come_are_left_out():
    never = schedule(2, rrule="FREQ=DAILY", ends_on=date(2026, 1, 3), starts_on=date(2026, 1, 3))
    nothing = schedule(3, rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
    off = schedule(1, enabled=False)
    [one] = Calendar.from_ical(written(off, never, nothing)).walk("VEVENT")
    assert one["UID"] == f"{never.id}@playbill"


def test_a_name_cannot_add_a_line():
    made = schedule(1, name="Lunch\r\nATTENDEE:mailto:mallory@example.com")
    text = written(made).decode()
    assert "\nATTENDEE" not in text


# Read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("all_day", [True, False])
def test_what_is_written_is_read_as_the_same_schedule(rule, all_day):
    times = {} if all_day else {"start_time": time(22), "end_time": time(2)}
    made = schedule(1, starts_on=date(2026, 12, 1), rrule=rule, all_day=all_day, **times)

    [line] = read(written(made))

    assert line.refused is None
    pattern = line.schedule.pattern
    zone = line.schedule.timezone or BERLIN
    assert starts(pattern, zone) == starts(made.pattern, BERLIN)


def test_a_time_without_a_zone_is_the_stores_own():
    [line] = read(event("SUMMARY:Lunch", "DTSTART:20261124T120000", "DTEND:20261124T140000"))
    assert (line.summary, line.schedule.timezone) == ("Lunch", None)
    assert (line.schedule.start_time, line.schedule.end_time) == ("12:00:00", "14:00:00")


def test_a_time_in_utc_stays_in_utc():
    [line] = read(event("DTSTART:20261124T120000Z", "DURATION:PT30M"))
    assert (line.schedule.timezone, line.schedule.end_time) == ("UTC", "12:30:00")
    assert line.schedule.name == "Imported"


TIMES = ("DTSTART:20261124T120000", "DTEND:20261124T140000")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("DTEND:20261124T140000",), "no start"),
        (("DTSTART:20261124T120000", "DTEND:20261124T110000"), "no start, or no end|no time"),
        (("DTSTART:20261124T120000", "DTEND:20261126T120000"), "longer than 24 hours"),
        (("DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261127"), "longer than 24 hours"),
        ((*TIMES, "RRULE:FREQ=HOURLY"), "once a day"),
        ((*TIMES, "RRULE:FREQ=YEARLY;BYWEEKNO=20"), "BYWEEKNO"),
        ((*TIMES, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), "more than one rule"),
        ((*TIMES, "RECURRENCE-ID:20261124T120000"), "one date of a series"),
        ((*TIMES, "STATUS:CANCELLED"), "cancelled"),
    ],
)
def test_what_no_schedule_can_say_is_refused_with_the_reason(lines, reason):
    [line] = read(event("SUMMARY:Odd", *lines))
    assert line.schedule is None
    assert any(part in line.refused for part in reason.split("|")), line.refused


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_events"),
        (b"hello", "no_calendar"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "no_calendar"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no_events"),
        (b"x" * (icalendars.FILE_MAX_BYTES + 1), "calendar_too_large"),
    ],
)
def test_what_is_no_calendar_is_refused(data, code):
    with pytest.raises(Refused) as refused:
        read(data)
    assert refused.value.code == code


def test_a_file_of_too_many_events_is_refused():
    one = event("DTSTART:20261124T120000Z", "DURATION:PT30M").decode()
    body = one[one.index("BEGIN:VEVENT") : one.index("END:VCALENDAR")]
    many = f"BEGIN:VCALENDAR\r\n{body * (icalendars.EVENTS_MAX + 1)}END:VCALENDAR\r\n"
    with pytest.raises(Refused) as refused:
        read(many.encode())
    assert refused.value.code == "too_many_events"
