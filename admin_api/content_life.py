"""The life of a content: ``/v1/admin/content/{id}/versions``, ``/publish``, ``/approve``, ..."""

from typing import TypeVar
from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from admin_api.content import When, sent, warnings
from signage import (
    content,
    content_approvals,
    content_bulk,
    content_folders,
    content_publications,
    content_reach,
    content_recall,
    content_versions,
    web_pages,
)
from signage.actors import Actor
from signage.values import Instant, SmallInteger
from web import bodies, uploads
from web.services import connection, now

routes = Blueprint("content_life", __name__)

Shape = TypeVar("Shape", bound=msgspec.Struct)


class NewUrlVersion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Another address for a web page."""

    url: str
    publish_at: Instant | None = None
    draft: bool = False


class Publish(msgspec.Struct, forbid_unknown_fields=True):
    """Which version goes live, now or ``at`` a time."""

    version: SmallInteger
    at: Instant | None = None


class Cancel(msgspec.Struct, forbid_unknown_fields=True):
    """Which publication to come is taken back."""

    at: Instant


class Reject(msgspec.Struct, forbid_unknown_fields=True):
    """Why a version may not play."""

    reason: str


class Recall(msgspec.Struct, forbid_unknown_fields=True):
    """Why it has to come off, if that is to be said."""

    reason: str = ""


class Rename(msgspec.Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A folder's path and the one it gets."""

    from_: str
    to: str


@routes.get("/content/<uuid:content_id>/versions")
async def versions(content_id: UUID) -> Response:
    """List the versions, the newest first."""
    await _programmer()
    async with connection() as conn:
        await content.find(conn, content_id, now=now())
        found = await content_versions.list_for(conn, content_id, now=now())
    return bodies.reply({"items": found, "next_cursor": None})


@routes.post("/content/<uuid:content_id>/versions")
async def add_version(content_id: UUID) -> Response:
    """Replace the file (multipart) or the address (JSON); 201 comes when it can play."""
    actor = await _programmer()
    async with connection() as conn:
        await content.find(conn, content_id, now=now())
    if request.mimetype == "multipart/form-data":
        when = await sent(When, ("publish_at", "draft"))
        accepted = await uploads.accept()
        async with connection() as conn:
            await content_versions.add(
                conn,
                actor,
                content_id,
                accepted,
                publish_at=when.publish_at,
                draft=when.draft,
                now=now(),
            )
    else:
        await _add_url(actor, content_id, await bodies.decode(NewUrlVersion))
    answer = await _shown(content_id, 201)
    answer.headers["Location"] = f"/v1/admin/content/{content_id}"
    return answer


@routes.post("/content/<uuid:content_id>/publish")
async def publish(content_id: UUID) -> Response:
    """Make a version live, now or at a time; an earlier one goes back to it."""
    actor = await _programmer()
    body = await bodies.decode(Publish)
    async with connection() as conn:
        await content_publications.publish(
            conn, actor, content_id, body.version, at=body.at, now=now()
        )
    return await _shown(content_id)


@routes.post("/content/<uuid:content_id>/unpublish")
async def unpublish(content_id: UUID) -> Response:
    """Take back a publication to come."""
    actor = await _programmer()
    body = await bodies.decode(Cancel)
    async with connection() as conn:
        await content_publications.cancel(conn, actor, content_id, live_from=body.at, now=now())
    return await _shown(content_id)


@routes.post("/content/<uuid:content_id>/submit")
async def submit(content_id: UUID) -> Response:
    """Ask for approval of the newest version."""
    actor = await _programmer()
    async with connection() as conn:
        await content_approvals.submit(conn, actor, content_id, now=now())
    return await _shown(content_id)


@routes.post("/content/<uuid:content_id>/approve")
async def approve(content_id: UUID) -> Response:
    """Let the newest version play."""
    actor = await _programmer()
    async with connection() as conn:
        await content_approvals.approve(conn, actor, content_id, now=now())
    return await _shown(content_id)


@routes.post("/content/<uuid:content_id>/reject")
async def reject(content_id: UUID) -> Response:
    """Refuse the newest version, with the reason."""
    actor = await _programmer()
    body = await bodies.decode(Reject)
    async with connection() as conn:
        await content_approvals.reject(conn, actor, content_id, reason=body.reason, now=now())
    return await _shown(content_id)


@routes.post("/content/<uuid:content_id>/recall")
async def recall(content_id: UUID) -> Response:
    """Take a content off every screen."""
    actor = await _programmer()
    body = await _optional(Recall)
    async with connection() as conn:
        await content_recall.recall(conn, actor, content_id, reason=body.reason, now=now())
    return await _shown(content_id)


@routes.get("/content/<uuid:content_id>/recall")
async def clearing(content_id: UUID) -> Response:
    """Say how far a recall has come: which screens may still show the content."""
    actor = await _programmer()
    async with connection() as conn:
        return bodies.reply(await content_reach.clearing(conn, actor, content_id, now=now()))


@routes.post("/content/<uuid:content_id>/restore")
async def restore(content_id: UUID) -> Response:
    """Take an archived content back into the library; else undo the recall of one."""
    actor = await _programmer()
    async with connection() as conn:
        found = await content.find(conn, content_id, archived=True, now=now())
        if found.archived_at is not None:
            await content.unarchive(conn, actor, content_id, now=now())
        else:
            await content_recall.restore(conn, actor, content_id, now=now())
    return await _shown(content_id)


@routes.get("/content/<uuid:content_id>/uses")
async def uses(content_id: UUID) -> Response:
    """Say where a content is used, and which screens show it now."""
    actor = await _programmer()
    async with connection() as conn:
        await content.find(conn, content_id, archived=True, now=now())
        return bodies.reply(await content_reach.find(conn, actor, content_id, now=now()))


@routes.post("/content/bulk")
async def bulk() -> Response:
    """Tag, move, book, approve or archive up to 1,000 contents at once."""
    actor = await _programmer()
    body = await bodies.decode(content_bulk.Bulk)
    async with connection() as conn:
        return bodies.reply(await content_bulk.apply(conn, actor, body, now=now()))


@routes.get("/content/folders")
async def folders() -> Response:
    """List the folders as a tree, each before what is beneath it."""
    await _programmer()
    async with connection() as conn:
        found = await content_folders.list_all(conn)
    return bodies.reply({"items": found, "next_cursor": None})


@routes.post("/content/folders/rename")
async def rename_folder() -> Response:
    """Give a folder, with all beneath it, another path."""
    actor = await _programmer()
    body = await bodies.decode(Rename)
    async with connection() as conn:
        moved = await content_folders.rename(conn, actor, body.from_, to=body.to, now=now())
    return bodies.reply({"moved": moved})


async def _programmer() -> Actor:
    actor = await caller()
    actor.require("program")
    return actor


async def _optional(shape: type[Shape]) -> Shape:
    return bodies.decode_bytes(await bodies.read() or b"{}", shape)


async def _shown(content_id: UUID, status: int = 200) -> Response:
    async with connection() as conn:
        found = await content.find(conn, content_id, archived=True, now=now())
    return answers.one(found, status)


async def _add_url(actor: Actor, content_id: UUID, body: NewUrlVersion) -> None:
    web_pages.check(body.url)
    found = await warnings(actor, body.url)
    async with connection() as conn:
        await content_versions.add_url(
            conn,
            actor,
            content_id,
            url=body.url,
            warnings=found,
            publish_at=body.publish_at,
            draft=body.draft,
            now=now(),
        )
