"""Uploads that can go on where they stopped: ``/v1/admin/uploads``, tus 1.0.0 and JSON to look.

The last byte counts only once the content is made: whoever lost the last answer, or met a server
that died while it looked into the file, is told to send that byte again and gets its content.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import content, uploads
from signage.actors import Actor
from signage.errors import Conflict, Forbidden, Invalid, NotFound, PlaybillError, Refused
from signage.media import intake, partial, sniff
from signage.media.facts import UPLOAD_LIMIT_BYTES
from signage.media.storage import Received
from signage.uploads import NewUpload, Upload
from signage.values import Instant
from web import bodies, tus
from web.services import connection, now, services
from web.uploads import reserve

routes = Blueprint("uploads", __name__)
routes.after_request(tus.announce)

PATH = "/v1/admin/uploads"
RESULT = "Upload-Content"
"""The header that names what a finished upload became, beside Location where that is free."""


class When(msgspec.Struct, frozen=True):
    """When what is sent goes live, as in a form that brings a file."""

    publish_at: Instant | None = None
    draft: bool = False


class Progress(msgspec.Struct, frozen=True):
    """An upload as JSON; ``offset_bytes`` is where to go on."""

    id: UUID
    state: uploads.State
    file_name: str
    name: str
    length_bytes: int | None
    offset_bytes: int
    replaces_content_id: UUID | None
    content_id: UUID | None
    refusal_code: str | None
    refusal_detail: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


@routes.route("/uploads", methods=["OPTIONS"])
@routes.route("/uploads/<uuid:upload_id>", methods=["OPTIONS"])
async def options(upload_id: UUID | None = None) -> Response:
    """Tell what this server can do; anybody may ask."""
    return tus.options()


@routes.get("/uploads")
async def index() -> Response:
    """List one's own uploads of the last day, the newest first."""
    actor = await caller()
    async with connection() as conn:
        page = await uploads.list_page(
            conn, actor, limit=answers.limit(), cursor=answers.cursor(), now=now()
        )
    shown = [_progress(upload) for upload in page.items]
    return answers.listed(msgspec.structs.replace(page, items=shown))


@routes.post("/uploads")
async def create() -> Response:
    """Announce an upload, and take in what comes with the announcement."""
    actor = await caller()
    actor.require("program")
    tus.require_version()
    new = _announced(tus.metadata(), tus.length())
    async with connection() as conn:
        upload = await uploads.begin(conn, actor, services().media, new, now=now())
    if request.mimetype == tus.CONTENT_TYPE or upload.length_bytes == 0:
        upload = await _receive(actor, upload, at=0)
    answer = _state(upload, 201)
    answer.headers["Location"] = f"{PATH}/{upload.id}"
    return answer


@routes.get("/uploads/<uuid:upload_id>")
async def show(upload_id: UUID) -> Response:
    """Tell where to go on: tus asks with HEAD, everybody else gets JSON."""
    actor = await caller()
    if request.method == "HEAD":
        actor.require("program")
        tus.require_version()
    async with connection() as conn:
        upload = await uploads.find(conn, actor, upload_id, now=now())
    if request.method != "HEAD":
        return bodies.reply(_progress(upload))
    _refuse_ended(upload)
    answer = _state(upload, 200)
    if upload.metadata:
        answer.headers["Upload-Metadata"] = upload.metadata
    return answer


@routes.patch("/uploads/<uuid:upload_id>")
async def go_on(upload_id: UUID) -> Response:
    """Take in more; with the last byte the content is made and named."""
    actor = await caller()
    actor.require("program")
    tus.require_version()
    tus.require_bytes()
    at = tus.number("Upload-Offset")
    if at is None:
        raise Refused("Send Upload-Offset.", code="invalid_header")
    length = tus.number("Upload-Length")
    async with connection() as conn:
        upload = await uploads.find(conn, actor, upload_id, now=now())
        _refuse_ended(upload)
        upload = await uploads.go_on(conn, services().media, upload, length_bytes=length, now=now())
    return _state(await _receive(actor, upload, at=at), 204)


@routes.delete("/uploads/<uuid:upload_id>")
async def cancel(upload_id: UUID) -> Response:
    """Forget an upload and its bytes; what it has become stays."""
    actor = await caller()
    actor.require("program")
    tus.require_version()
    async with connection() as conn:
        await uploads.cancel(conn, actor, upload_id, now=now())
    partial.discard(services().media, upload_id)
    return answers.gone()


@routes.post("/uploads/<uuid:upload_id>")
async def overridden(upload_id: UUID) -> Response:
    """Do what X-HTTP-Method-Override says, for networks that let only POST pass."""
    match request.headers.get("X-HTTP-Method-Override", "").upper():
        case "PATCH":
            return await go_on(upload_id)
        case "DELETE":
            return await cancel(upload_id)
        case _:
            actor = await caller()
            actor.require("program")
            raise Refused("Use PATCH.", code="method_not_allowed")


def _announced(told: dict[str, str], length: int | None) -> NewUpload:
    file_name = told.get("filename") or told.get("name") or "upload"
    values: dict[str, object] = {
        name: told[name]
        for name in ("campaign_id", "folder", "valid_from", "valid_until")
        if told.get(name)
    }
    values["name"] = told.get("name") or intake.shown(file_name) or "Upload"
    values["tags"] = [tag.strip() for tag in told.get("tags", "").split(",") if tag.strip()]
    when = {name: told[name] for name in ("publish_at", "draft") if told.get(name)}
    try:
        return NewUpload(
            file_name=file_name,
            details=msgspec.convert(values, content.Details, strict=False),
            **msgspec.structs.asdict(msgspec.convert(when, When, strict=False)),
            length_bytes=length,
            metadata=request.headers.get("Upload-Metadata", ""),
            replaces_content_id=_content_id(told.get("content_id", "")),
        )
    except msgspec.ValidationError as error:
        raise Invalid([bodies.field_error(str(error))]) from error


def _content_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        detail = "There is no such content."
        raise Invalid.field("/content_id", "unknown_content", detail) from error


async def _receive(actor: Actor, upload: Upload, *, at: int) -> Upload:
    checksum = tus.checksum()
    async with partial.opened(services().media, upload.id) as file:
        expected = _offset(upload, file.size)
        if at != expected:
            raise Refused(f"Go on at {expected}, not at {at}.", code="offset_conflict")
        if upload.state == "finished":
            return upload
        most = UPLOAD_LIMIT_BYTES if upload.length_bytes is None else upload.length_bytes
        chunks = request.body if at else sniff.looked_at(request.body, upload.file_name)
        try:
            if file.size > at:
                await file.repeat(chunks, at=at)
            else:
                await file.append(chunks, room_bytes=most - at, checksum=checksum)
            if file.size != upload.length_bytes:
                return upload
            return await _finish(actor, upload, await file.received())
        except (Invalid, Conflict, NotFound, Forbidden) as error:
            await _refuse(upload, error)
            raise


async def _finish(actor: Actor, upload: Upload, received: Received) -> Upload:
    accepted = await intake.take(
        services().media, received, file_name=upload.file_name, reserve=reserve
    )
    async with connection() as conn:
        finished = await uploads.finish(conn, actor, upload.id, accepted, now=now())
    partial.discard(services().media, upload.id)
    return finished


async def _refuse(upload: Upload, error: PlaybillError) -> None:
    async with connection() as conn:
        await uploads.refuse(conn, upload.id, error, now=now())
    partial.discard(services().media, upload.id)


def _refuse_ended(upload: Upload) -> None:
    if upload.state == "refused":
        raise Refused(upload.refusal_detail or "", code="upload_gone")


def _offset(upload: Upload, size: int) -> int:
    if upload.state == "finished" or upload.length_bytes is None:
        return size if upload.length_bytes is None else upload.length_bytes
    return max(0, min(size, upload.length_bytes - 1))


def _state(upload: Upload, status: int) -> Response:
    answer = Response(b"", status=status)
    size = partial.size_of(services().media, upload.id)
    answer.headers["Upload-Offset"] = str(_offset(upload, size))
    answer.headers["Upload-Expires"] = tus.date(upload.expires_at)
    if upload.length_bytes is None:
        answer.headers["Upload-Defer-Length"] = "1"
    else:
        answer.headers["Upload-Length"] = str(upload.length_bytes)
    if upload.content_id is not None:
        answer.headers[RESULT] = f"/v1/admin/content/{upload.content_id}"
        answer.headers["Location"] = answer.headers[RESULT]
    return answer


def _progress(upload: Upload) -> Progress:
    size = partial.size_of(services().media, upload.id)
    return Progress(
        id=upload.id,
        state=upload.state,
        file_name=upload.file_name,
        name=upload.details.name,
        length_bytes=upload.length_bytes,
        offset_bytes=_offset(upload, size),
        replaces_content_id=upload.replaces_content_id,
        content_id=upload.content_id,
        refusal_code=upload.refusal_code,
        refusal_detail=upload.refusal_detail,
        created_at=upload.created_at,
        updated_at=upload.updated_at,
        expires_at=upload.expires_at,
    )
