"""Series: one date of a recurring schedule changed or left out, and a series cut in two.

One date with values of its own is a schedule of its own that names the series; the series leaves
the date out. So what was changed by hand stays when the series is edited.
"""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from signage import new_schedules, planning, schedules
from signage.actors import Actor
from signage.new_schedules import Changes, NewSchedule
from signage.schedules import Schedule


async def leave_out(
    conn: asyncpg.Connection,
    actor: Actor,
    schedule_id: UUID,
    on: date,
    *,
    revision: int | None = None,
    now: datetime,
) -> Schedule:
    """Take one date out of the series and return it. Invalid where nothing begins on the date."""
    series = await schedules.find(conn, actor, schedule_id)
    try:
        rest = planning.without(series.as_new().pattern, on)
    except planning.RuleError as error:
        raise new_schedules.refusal(error) from error
    changes = Changes(exdates=list(rest.exdates))
    return await schedules.change(conn, actor, schedule_id, changes, revision=revision, now=now)


async def change_one(
    conn: asyncpg.Connection,
    actor: Actor,
    schedule_id: UUID,
    on: date,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Schedule:
    """Give one date values of its own; return the schedule that takes its place.

    Without ``starts_on`` among the changes it stays on its date.
    """
    async with conn.transaction():
        series = await leave_out(conn, actor, schedule_id, on, revision=revision, now=now)
        alone = planning.Pattern(starts_on=on)
        new = _changed(series.as_new().at(alone), changes)
        return await schedules.create(conn, actor, new, series=(schedule_id, on), now=now)


async def change_following(
    conn: asyncpg.Connection,
    actor: Actor,
    schedule_id: UUID,
    on: date,
    changes: Changes,
    *,
    revision: int | None = None,
    now: datetime,
) -> Schedule:
    """End the series before the date and go on with another from there; return the other.

    Dates of the series that were changed by hand stay as they are; those from ``on`` belong to the
    new series. From the first date on it is the whole series, which is changed as such.
    """
    async with conn.transaction():
        series = await schedules.find(conn, actor, schedule_id)
        new = series.as_new()
        if on == series.starts_on:
            return await schedules.change(
                conn, actor, schedule_id, changes, revision=revision, now=now
            )
        try:
            before, following = planning.split(new.pattern, on)
        except planning.RuleError as error:
            raise new_schedules.refusal(error) from error
        ending = Changes(
            ends_on=before.ends_on, exdates=list(before.exdates), rdates=list(before.rdates)
        )
        await schedules.change(conn, actor, schedule_id, ending, revision=revision, now=now)
        made = await schedules.create(conn, actor, _changed(new.at(following), changes), now=now)
        await conn.execute(
            """
            /* schedule_series.hand_over */
            UPDATE schedules SET series_id = $3 WHERE series_id = $1 AND series_on >= $2
            """,
            schedule_id,
            on,
            made.id,
        )
        return made


async def end_before(
    conn: asyncpg.Connection,
    actor: Actor,
    schedule_id: UUID,
    on: date,
    *,
    revision: int | None = None,
    now: datetime,
) -> Schedule:
    """Let the series end before the date, this one and all following left out; return it."""
    series = await schedules.find(conn, actor, schedule_id)
    try:
        before, _ = planning.split(series.as_new().pattern, on)
    except planning.RuleError as error:
        raise new_schedules.refusal(error) from error
    changes = Changes(
        ends_on=before.ends_on, exdates=list(before.exdates), rdates=list(before.rdates)
    )
    return await schedules.change(conn, actor, schedule_id, changes, revision=revision, now=now)


async def list_exceptions(
    conn: asyncpg.Connection, actor: Actor, schedule_id: UUID
) -> list[tuple[date, UUID]]:
    """Return the dates of the series that have a schedule of their own, with its id."""
    await schedules.find(conn, actor, schedule_id)
    rows = await conn.fetch(
        """
        /* schedule_series.list_exceptions */
        SELECT series_on, id FROM schedules
        WHERE series_id = $1 AND archived_at IS NULL ORDER BY series_on, id
        """,
        schedule_id,
    )
    return [(row["series_on"], row["id"]) for row in rows]


def _changed(new: NewSchedule, changes: Changes) -> NewSchedule:
    changed: NewSchedule = msgspec.structs.replace(new, **changes.given())
    return changed
