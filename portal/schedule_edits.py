"""Making and changing schedules: the form that weighs while it is filled in, and moves by hand."""

from datetime import date, time
from typing import Any, cast, get_args
from uuid import UUID

import asyncpg
import msgspec
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import (
    args,
    calendar_targets,
    calendar_views,
    forms,
    schedule_forms,
    schedule_repeats,
    schedule_weighing,
    schedule_words,
)
from portal.schedule_forms import ScheduleForm
from signage import planning, schedule_moves, schedule_series, schedules
from signage.actors import Actor
from signage.errors import Conflict, Invalid, Stale
from signage.new_schedules import Changes, NewSchedule
from signage.schedule_moves import Extent, Move
from signage.schedules import Schedule
from web import identity, problems
from web.services import connection, now

routes = Blueprint("schedule_edits", __name__)

Values = MultiDict[str, str]
DEFAULT_START, DEFAULT_END = time(9), time(17)


@routes.route("/schedules/new", methods=["GET", "POST"])
async def new() -> ResponseReturnValue:
    """Show the form, weigh what it says so far, or make the schedule and go to it."""
    actor = await identity.require("program")
    form = await forms.submitted(ScheduleForm)
    async with connection() as conn:
        if request.method == "GET":
            await _begin(conn, actor, form)
        await schedule_forms.offer(conn, actor, form)
        if request.method == "GET":
            return await _form_page(form, "schedules/new.html")
        wanted = _read(form)
        if await _only_weighs():
            weighed = await _weigh(conn, actor, form, wanted)
            return await _form_page(form, "schedules/new.html", weighed=weighed)
        try:
            if wanted is not None:
                made = await schedules.create(conn, actor, wanted, now=now())
                await flash(f"{made.name} is saved. Screens pick it up within a minute.", "ok")
                return redirect(f"/schedules/{made.id}")
        except Invalid as error:
            schedule_forms.refuse(form, error)
    return await _form_page(form, "schedules/new.html")


@routes.route("/schedules/<uuid:schedule_id>/edit", methods=["GET", "POST"])
async def edit(schedule_id: UUID) -> ResponseReturnValue:
    """Show the form for all dates, or for those that the address names; weigh, or change them.

    A form that is shown again keeps the revision it was filled in for.
    """
    actor = await identity.require("program")
    form = await forms.submitted(ScheduleForm)
    values = await request.form
    async with connection() as conn:
        schedule = await schedules.find(conn, actor, schedule_id)
        on, extent = _which(schedule, values or request.args)
        await schedule_forms.offer(conn, actor, form, chosen=schedule.target)
        revision: int | None = schedule.revision
        page: dict[str, Any] = {"schedule": schedule, "on": on, "extent": extent}
        if request.method == "GET":
            given = _from(schedule, on, extent)
            schedule_forms.fill(form, given)
            page["weighed"] = await schedule_weighing.unchanged(conn, actor, given)
            return await _form_page(form, "schedules/edit.html", **page, revision=revision)
        page["revision"] = revision = forms.revision(values)
        wanted = _read(form)
        if await _only_weighs():
            page["weighed"] = await _weigh(
                conn, actor, form, wanted, schedule_id=schedule_id, on=on, extent=extent
            )
            return await _form_page(form, "schedules/edit.html", **page)
        try:
            if wanted is not None:
                made = await _save(conn, actor, schedule, wanted, on, extent, revision=revision)
                await flash(f"{made.name} is saved. Screens pick it up within a minute.", "ok")
                return redirect(f"/schedules/{made.id}")
        except Stale as stale:
            return await _overtaken(conn, actor, form, wanted, page, stale)
        except Invalid as error:
            schedule_forms.refuse(form, error)
    return await _form_page(form, "schedules/edit.html", **page)


@routes.post("/schedules/<uuid:schedule_id>/move")
async def move(schedule_id: UUID) -> ResponseReturnValue:
    """Put an occurrence at another time; a script gets the calendar of the same address again.

    A refusal comes with the calendar as it stands, and the reason in it.
    """
    actor = await identity.require("program")
    values = await request.form
    fragment = "HX-Request" in request.headers
    refused, status = "", 200
    try:
        wanted, extent = _move(values)
        async with connection() as conn:
            await schedule_moves.move(
                conn, actor, schedule_id, wanted, extent=extent,
                revision=forms.revision(values), now=now(),
            )  # fmt: skip
    except (Invalid, Conflict, Stale) as error:
        if not fragment:
            raise
        refused = error.detail
        status = 409 if isinstance(error, Stale) else problems.status_of(error)
    if not fragment:
        return redirect(calendar_views.href())
    async with connection() as conn:
        page = await calendar_views.load(conn, actor)
    return await render_template("schedules/_calendar.html", **page, refused=refused), status


async def _begin(conn: asyncpg.Connection, actor: Actor, form: ScheduleForm) -> None:
    """Fill in what the address says: where, which day, from when until when."""
    given = request.args
    chosen = calendar_targets.read(given.get("target", ""))
    chosen = chosen or await calendar_targets.default(conn, actor)
    form.target.data = calendar_targets.write(chosen) if chosen else ""
    form.starts_on.data = _date(given.get("on", "")) or now().date()
    form.start_time.data = _time(given.get("start", "")) or DEFAULT_START
    form.end_time.data = _time(given.get("end", "")) or DEFAULT_END
    form.playlist_id.data = given.get("playlist_id", "")
    form.enabled.data = True


def _read(form: ScheduleForm) -> NewSchedule | None:
    if not form.validate():
        return None
    try:
        return schedule_forms.read(form)
    except Invalid as error:
        schedule_forms.refuse(form, error)
        return None


async def _only_weighs() -> bool:
    return (await request.form).get("do") == "check"


async def _weigh(
    conn: asyncpg.Connection,
    actor: Actor,
    form: ScheduleForm,
    wanted: NewSchedule | None,
    **which: Any,
) -> schedule_weighing.Weighed | None:
    if wanted is None:
        return None
    return await schedule_weighing.of(conn, actor, wanted, **which)


def _which(schedule: Schedule, given: Values) -> tuple[date | None, Extent]:
    """Return which dates are edited: of one that does not repeat, always all."""
    on, extent = _date(given.get("on", "")), given.get("extent", "all")
    if schedule.rrule is None and not schedule.rdates:
        return None, "all"
    if on is None or extent not in get_args(Extent) or extent == "all":
        return None, "all"
    if not planning.falls_on(schedule.as_new().pattern, on):
        raise Invalid.field("/on", "no_occurrence", f"Nothing begins on {on}.")
    return on, cast(Extent, extent)


def _from(schedule: Schedule, on: date | None, extent: Extent) -> NewSchedule:
    """Return what the form is filled in with: the series, its rest, or one date alone."""
    series = schedule.as_new()
    if on is None:
        return series
    if extent == "one":
        return series.at(planning.Pattern(on))
    if on == schedule.starts_on:
        return series
    try:
        return series.at(planning.split(series.pattern, on)[1])
    except planning.RuleError as error:
        raise Invalid.field("/on", error.code, error.detail) from error


async def _save(
    conn: asyncpg.Connection,
    actor: Actor,
    schedule: Schedule,
    wanted: NewSchedule,
    on: date | None,
    extent: Extent,
    *,
    revision: int | None,
) -> Schedule:
    changes = Changes(**{name: getattr(wanted, name) for name in wanted.__struct_fields__})
    if on is None:
        return await schedules.change(
            conn, actor, schedule.id, changes, revision=revision, now=now()
        )
    verb = schedule_series.change_one if extent == "one" else schedule_series.change_following
    return await verb(conn, actor, schedule.id, on, changes, revision=revision, now=now())


async def _overtaken(
    conn: asyncpg.Connection,
    actor: Actor,
    form: ScheduleForm,
    wanted: NewSchedule | None,
    page: dict[str, Any],
    stale: Stale,
) -> ResponseReturnValue:
    """Show the form as it was filled in, with what stands there now beside it."""
    current = await schedules.find(conn, actor, page["schedule"].id)
    form.form_errors.append(stale.detail)
    page |= {"schedule": current, "revision": current.revision}
    page["theirs"] = _differences(form, current, wanted) if wanted else []
    rendered, _ = await _form_page(form, "schedules/edit.html", **page)
    return rendered, 409


def _differences(
    form: ScheduleForm, current: Schedule, wanted: NewSchedule
) -> list[tuple[str, str]]:
    told = {
        "playlist_id": current.playlist,
        "target": schedule_words.layer(current.target),
        "rrule": schedule_repeats.words(current.rrule, current.starts_on),
    }
    theirs = current.as_new()
    return [
        (form[name].label.text, told.get(name, _told(getattr(theirs, name))))
        for name in theirs.__struct_fields__
        if _told(getattr(theirs, name)) != _told(getattr(wanted, name))
    ]


def _told(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None | []:
            return "nothing"
        case list():
            return ", ".join(str(one) for one in value)
        case _:
            return str(value).removesuffix(":00") if str(value).count(":") > 1 else str(value)


async def _form_page(form: ScheduleForm, template: str, **more: Any) -> tuple[str, int]:
    if args.wants_fragment("weigh"):
        page = await render_template("schedules/_weigh.html", form=form, first=False, **more)
        return page, 200
    return await render_template(template, form=form, first=True, **more), forms.status(form)


def _move(values: Values) -> tuple[Move, Extent]:
    given = {name: values[name] for name in Move.__struct_fields__ if values.get(name)}
    try:
        wanted = msgspec.convert(given, Move)
        extent: Extent = msgspec.convert(values.get("extent") or "one", Extent)
    except msgspec.ValidationError as error:
        detail = "A move says which date goes where: on, date, start, end and extent."
        raise Invalid.field("/date", "invalid_move", detail) from error
    return wanted, extent


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None
