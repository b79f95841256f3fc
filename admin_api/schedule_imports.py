"""Importing schedules: ``/v1/admin/schedules/import``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api.caller import caller
from signage import schedule_imports
from signage.targets import Target
from web import bodies
from web.services import connection, now

routes = Blueprint("schedule_imports", __name__)


class Import(msgspec.Struct, forbid_unknown_fields=True):
    """An iCalendar file as text, and what its events shall play and where."""

    calendar: str
    playlist_id: UUID
    target: Target
    dry_run: bool = False


@routes.post("/schedules/import")
async def create() -> Response:
    """Make a schedule of each event, or with ``dry_run`` say only what would be made."""
    actor = await caller()
    actor.require("program")
    wanted = await bodies.decode(Import)
    async with connection() as conn:
        report = await schedule_imports.run(
            conn,
            actor,
            wanted.calendar.encode("utf-8", "replace"),
            playlist_id=wanted.playlist_id,
            target=wanted.target,
            dry_run=wanted.dry_run,
            now=now(),
        )
    return bodies.reply(report, 200 if wanted.dry_run else 201)
