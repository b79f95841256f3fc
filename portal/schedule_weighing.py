"""What a form would do if it were saved: its next dates, and its impact on the screens."""

from datetime import date
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from portal import schedule_dates, schedule_repeats
from signage import impact, new_schedules
from signage.actors import Actor
from signage.errors import Forbidden, Invalid, NotFound
from signage.impact import Impact, Instead, Proposal
from signage.new_schedules import NewSchedule
from web.services import now

Extent = Literal["one", "following", "all"]


class Weighed(msgspec.Struct, frozen=True):
    """``problem`` says why nothing can be weighed yet."""

    occurrences: list[schedule_dates.Next]
    repeats: str
    impact: Impact | None
    tz: ZoneInfo
    problem: str = ""


async def of(
    conn: asyncpg.Connection,
    actor: Actor,
    new: NewSchedule,
    *,
    schedule_id: UUID | None = None,
    on: date | None = None,
    extent: Extent = "all",
) -> Weighed:
    """Return what saving would do; a refusal is a problem that the panel says."""
    try:
        new_schedules.check(new)
        own_zone = await schedule_dates.zone_of(conn, actor, new.target)
        proposal = _proposal(new, schedule_id if extent == "all" else None)
        found = await impact.of(
            conn, actor, proposal, instead=_instead(schedule_id, on, extent), now=now()
        )
    except (Invalid, Forbidden, NotFound) as error:
        return Weighed([], "", None, ZoneInfo("UTC"), error.detail)
    return Weighed(
        occurrences=schedule_dates.following(new, own_zone, now()),
        repeats=schedule_repeats.words(new.rrule, new.starts_on),
        impact=found,
        tz=ZoneInfo(own_zone),
    )


async def unchanged(conn: asyncpg.Connection, actor: Actor, new: NewSchedule) -> Weighed:
    """Return the next dates of what stands there; as it stands, it changes nothing."""
    own_zone = await schedule_dates.zone_of(conn, actor, new.target)
    return Weighed(
        occurrences=schedule_dates.following(new, own_zone, now()),
        repeats=schedule_repeats.words(new.rrule, new.starts_on),
        impact=None,
        tz=ZoneInfo(own_zone),
    )


def _proposal(new: NewSchedule, schedule_id: UUID | None) -> Proposal:
    values: dict[str, Any] = {name: getattr(new, name) for name in new.__struct_fields__}
    return Proposal(**values, id=schedule_id)


def _instead(schedule_id: UUID | None, on: date | None, extent: Extent) -> Instead | None:
    if schedule_id is None or on is None or extent == "all":
        return None
    return Instead(schedule_id, on, following=extent == "following")
