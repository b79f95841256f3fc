"""Schedules: the calendar, one schedule's page with its roll-out, and putting one away."""

from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue

from portal import (
    calendar_targets,
    calendar_views,
    forms,
    schedule_dates,
    schedule_repeats,
    schedule_words,
)
from signage import audit, roll_outs, schedule_series, schedules, takeovers
from signage.actors import Actor
from signage.errors import Invalid, NotFound, Stale
from web import identity
from web.services import connection, now

routes = Blueprint("schedules", __name__)

HISTORY_SHOWN = 20


@routes.get("/schedules")
async def index() -> ResponseReturnValue:
    """Show the calendar of what the address names, in the view that it names."""
    actor = await identity.require("program")
    async with connection() as conn:
        page = await calendar_views.load(conn, actor)
    return await render_template("schedules/index.html", **page)


@routes.get("/schedules/<uuid:schedule_id>")
async def show(schedule_id: UUID) -> ResponseReturnValue:
    """Show one schedule, and what can be done with the date that the address names."""
    actor = await identity.require("program")
    async with connection() as conn:
        schedule = await schedules.find(conn, actor, schedule_id)
        page = await _page(conn, actor, schedule)
    return await render_template("schedules/show.html", **page)


@routes.get("/schedules/<uuid:schedule_id>/roll-out")
async def roll_out(schedule_id: UUID) -> ResponseReturnValue:
    """Show how far the last change has come; the page asks until every screen has it."""
    actor = await identity.require("program")
    async with connection() as conn:
        schedule = await schedules.find(conn, actor, schedule_id)
        found = await roll_outs.of_target(conn, actor, schedule.target)
    return await render_template("schedules/_roll_out.html", schedule=schedule, roll_out=found)


@routes.post("/schedules/<uuid:schedule_id>/archive")
async def archive(schedule_id: UUID) -> ResponseReturnValue:
    """Put a schedule away with all its dates."""
    actor = await identity.require("program")
    revision = forms.revision(await request.form)
    async with connection() as conn:
        schedule = await schedules.find(conn, actor, schedule_id)
        if revision not in (None, schedule.revision):
            raise Stale(f"{schedule.name} was changed by somebody else meanwhile. Load it again.")
        await schedules.archive(conn, actor, schedule_id, now=now())
    await flash(f"{schedule.name} is archived. What it played stays proven.", "ok")
    return redirect(f"/schedules?target={calendar_targets.write(schedule.target)}")


@routes.post("/schedules/<uuid:schedule_id>/leave-out")
async def leave_out(schedule_id: UUID) -> ResponseReturnValue:
    """Take one date out of a series, or it and all that follow."""
    actor = await identity.require("program")
    values = await request.form
    on, revision = _date(values.get("on", "")), forms.revision(values)
    ends = values.get("extent") == "following"
    verb = schedule_series.end_before if ends else schedule_series.leave_out
    async with connection() as conn:
        series = await verb(conn, actor, schedule_id, on, revision=revision, now=now())
    day = schedule_words.day(on)
    words = f"{series.name} ends before {day}." if ends else f"{series.name} leaves out {day}."
    await flash(words, "ok")
    return redirect(f"/schedules/{schedule_id}")


async def _page(
    conn: asyncpg.Connection, actor: Actor, schedule: schedules.Schedule
) -> dict[str, Any]:
    new = schedule.as_new()
    target = schedule.target
    own_zone = await schedule_dates.zone_of(conn, actor, target)
    return {
        "schedule": schedule,
        "repeats": schedule_repeats.words(schedule.rrule, schedule.starts_on),
        "priority": schedule_words.priority(schedule.priority),
        "target": calendar_targets.write(target),
        "target_name": await calendar_targets.name(conn, actor, target),
        "may_change": actor.store_ids is None or target.kind in ("store", "device"),
        "on": schedule_dates.chosen(new.pattern, request.args.get("on", "")),
        "occurrences": schedule_dates.following(new, own_zone, now()),
        "series": await _series(conn, actor, schedule),
        "exceptions": await schedule_series.list_exceptions(conn, actor, schedule.id),
        "roll_out": await roll_outs.of_target(conn, actor, target),
        "screens": await takeovers.count_screens(conn, actor, target),
        "history": await audit.list_for(
            conn, actor, entity="schedule", entity_id=schedule.id, limit=HISTORY_SHOWN
        ),
        "day": schedule_words.day,
        "may_read_audit": actor.may("administer"),
    }


async def _series(
    conn: asyncpg.Connection, actor: Actor, schedule: schedules.Schedule
) -> schedules.Schedule | None:
    if schedule.series_id is None:
        return None
    with suppress(NotFound):
        return await schedules.find(conn, actor, schedule.series_id)
    return None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid.field("/on", "invalid_date", "Choose one of its dates.") from None
