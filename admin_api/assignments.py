"""Base assignments: ``/v1/admin/assignments``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response

from admin_api import answers
from admin_api.caller import caller
from signage import assignments, targets
from signage.errors import Invalid
from web import bodies
from web.services import connection, now

routes = Blueprint("assignments", __name__)


class Put(msgspec.Struct, forbid_unknown_fields=True):
    """Which playlist is always on where."""

    target: targets.Target
    playlist_id: UUID


class TargetArgs(msgspec.Struct, frozen=True):
    """A target as query parameters."""

    kind: targets.Kind | None = None
    id: UUID | None = None


class PlaylistArgs(msgspec.Struct, frozen=True):
    """Whose places are asked for."""

    playlist_id: UUID | None = None


@routes.get("/assignments")
async def index() -> Response:
    """List what is assigned: of one target, of one playlist, or all."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        page = await assignments.list_page(
            conn,
            actor,
            target=_target(),
            playlist_id=answers.filters(PlaylistArgs).playlist_id,
            limit=answers.limit(),
            cursor=answers.cursor(),
        )
    return answers.listed(page)


@routes.put("/assignments")
async def put() -> Response:
    """Give a target its always-on playlist."""
    actor = await caller()
    body = await bodies.decode(Put)
    async with connection() as conn:
        assignment = await assignments.put(conn, actor, body.target, body.playlist_id, now=now())
    return answers.one(assignment)


@routes.delete("/assignments")
async def remove() -> Response:
    """Take a target's always-on playlist away."""
    actor = await caller()
    target = _target()
    if target is None:
        raise Invalid.field("/kind", "missing_field", "Name the target: kind and id.")
    async with connection() as conn:
        await assignments.remove(conn, actor, target, now=now())
    return answers.gone()


def _target() -> targets.Target | None:
    args = answers.filters(TargetArgs)
    return targets.Target(args.kind, args.id) if args.kind else None
