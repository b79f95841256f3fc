"""The form of a schedule: its fields, how a schedule fills it, and the schedule that it means."""

from datetime import date, time
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import asyncpg
from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal import calendar_targets, forms, schedule_repeats
from portal.schedule_repeats import Repeat
from signage import playlists
from signage.actors import Actor
from signage.errors import FieldError, Invalid
from signage.new_schedules import NAME_MAX_CHARS, PRIORITY_MAX, NewSchedule
from signage.planning.rules import COUNT_MAX, INTERVAL_MAX
from signage.targets import Target

PLAYLISTS_OFFERED_MAX = 500
TIME_FORMATS = ["%H:%M", "%H:%M:%S"]
OWN_TIME = "Each store's own time"
WEEKDAYS = list(zip(schedule_repeats.DAY_CODES, schedule_repeats.WEEKDAYS, strict=True))
ENDS = [("never", "Never"), ("on", "On a date"), ("after", "After a number of times")]


class ScheduleForm(Form):
    """Everything that people decide of a schedule."""

    name = StringField("Name", [InputRequired("Give it a name."), Length(max=NAME_MAX_CHARS)])
    playlist_id = SelectField("Playlist", [InputRequired("Choose what it plays.")])
    target = SelectField("Target", [InputRequired("Choose where it plays.")], validate_choice=False)
    starts_on = DateField("First date", [InputRequired("Give the first date.")])
    all_day = BooleanField("All day")
    start_time = TimeField("From", [Optional()], format=TIME_FORMATS)
    end_time = TimeField("Until", [Optional()], format=TIME_FORMATS)
    repeat = SelectField("Repeat", default="none")
    every = IntegerField("Every", [Optional(), NumberRange(1, INTERVAL_MAX)], default=1)
    weekdays = SelectMultipleField("On")
    rrule = StringField("Rule", [Length(max=500)])
    ends = RadioField("Ends", default="never")
    ends_on = DateField("Last date", [Optional()])
    count = IntegerField("Times", [Optional(), NumberRange(1, COUNT_MAX)])
    exdates = StringField("Leave out")
    rdates = StringField("Add dates")
    timezone = SelectField("Time zone", default="")
    priority = IntegerField("Priority", [NumberRange(0, PRIORITY_MAX)], default=50)
    takeover = BooleanField("Takeover: wins over every schedule that is none")
    only_when_open = BooleanField("Only when the store is open")
    enabled = BooleanField("Switched on")


async def offer(
    conn: asyncpg.Connection, actor: Actor, form: ScheduleForm, *, chosen: Target | None = None
) -> None:
    """Fill in which playlists, targets and zones there are to choose."""
    offered = (await playlists.list_page(conn, limit=PLAYLISTS_OFFERED_MAX)).items
    form.playlist_id.choices = forms.one_or_choose(offered, "a playlist")
    wanted = calendar_targets.read(form.target.data or "") or chosen
    form.target.choices = await calendar_targets.options(conn, actor, wanted)
    form.repeat.choices = schedule_repeats.KINDS
    form.ends.choices = ENDS
    form.weekdays.choices = WEEKDAYS
    zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
    form.timezone.choices = [("", OWN_TIME), *((zone, zone) for zone in zones)]


def fill(form: ScheduleForm, new: NewSchedule) -> None:
    """Put a schedule's values into the form."""
    repeat = schedule_repeats.read(new.rrule, new.starts_on)
    values: dict[str, Any] = {
        "name": new.name,
        "playlist_id": str(new.playlist_id),
        "target": calendar_targets.write(new.target),
        "starts_on": new.starts_on,
        "all_day": new.all_day,
        "start_time": _time(new.start_time),
        "end_time": _time(new.end_time),
        "repeat": repeat.kind,
        "every": repeat.every,
        "weekdays": list(repeat.weekdays),
        "rrule": repeat.rule,
        "ends": "after" if repeat.count else "on" if new.ends_on else "never",
        "ends_on": new.ends_on,
        "count": repeat.count,
        "exdates": ", ".join(str(day) for day in new.exdates),
        "rdates": ", ".join(str(day) for day in new.rdates),
        "timezone": new.timezone or "",
        "priority": new.priority,
        "takeover": new.takeover,
        "only_when_open": new.only_when_open,
        "enabled": new.enabled,
    }
    for name, value in values.items():
        form[name].data = value


def read(form: ScheduleForm) -> NewSchedule:
    """Return the schedule that a form that holds together means; Invalid names what does not."""
    starts_on: date = form.starts_on.data
    target = calendar_targets.read(form.target.data)
    exdates, wrong = _dates("exdates", form.exdates.data or "")
    rdates, wrong_too = _dates("rdates", form.rdates.data or "")
    errors = [*wrong, *wrong_too]
    if target is None:
        errors.append(FieldError("/target", "invalid_target", "Choose where it plays."))
    if errors or target is None:
        raise Invalid(errors)
    repeat = _repeat(form)
    lasts = repeat.kind != "none" and form.ends.data == "on"
    return NewSchedule(
        name=form.name.data,
        playlist_id=UUID(form.playlist_id.data),
        target=target,
        starts_on=starts_on,
        ends_on=form.ends_on.data if lasts else None,
        start_time=_clock(form.start_time.data),
        end_time=_clock(form.end_time.data),
        all_day=form.all_day.data,
        rrule=schedule_repeats.write(repeat, starts_on),
        exdates=exdates if repeat.kind != "none" else [],
        rdates=rdates if repeat.kind != "none" else [],
        timezone=form.timezone.data or None,
        priority=form.priority.data,
        takeover=form.takeover.data,
        only_when_open=form.only_when_open.data,
        enabled=form.enabled.data,
    )


def refuse(form: ScheduleForm, error: Invalid) -> None:
    """Show a refusal at its field; a rule that the form made itself at how it repeats."""
    if form.repeat.data == "custom":
        forms.refuse(form, error)
        return
    moved = [
        FieldError("/repeat", one.code, one.detail) if one.pointer == "/rrule" else one
        for one in error.errors
    ]
    forms.refuse(form, Invalid(moved))


def _repeat(form: ScheduleForm) -> Repeat:
    return Repeat(
        kind=form.repeat.data,
        every=form.every.data or 1,
        weekdays=tuple(form.weekdays.data or ()),
        count=form.count.data if form.ends.data == "after" else None,
        rule=form.rrule.data or "",
    )


def _dates(name: str, text: str) -> tuple[list[date], list[FieldError]]:
    found = []
    for word in text.replace(",", " ").replace(";", " ").split():
        try:
            found.append(date.fromisoformat(word))
        except ValueError:
            detail = f"{word[:40]} is no date. Write dates such as 2026-12-24, commas between."
            return [], [FieldError(f"/{name}", "invalid_date", detail)]
    return sorted(set(found)), []


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


def _clock(at: time | None) -> str | None:
    return None if at is None else at.isoformat("minutes" if not at.second else "seconds")
