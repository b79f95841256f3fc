"""Content: ``/v1/admin/content``."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import content
from signage.errors import Invalid
from signage.values import Instant
from web import bodies, uploads
from web.services import connection, now

routes = Blueprint("content", __name__)


class NewUrl(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A web page to add; without a name its address is its name."""

    kind: str
    url: str
    name: str | None = None
    campaign_id: UUID | None = None
    tags: list[str] = []
    folder: str = ""
    valid_from: Instant | None = None
    valid_until: Instant | None = None


@routes.get("/content")
async def index() -> Response:
    """List the library, the newest first."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        page = await content.list_page(
            conn,
            answers.filters(content.Filters),
            limit=answers.limit(),
            cursor=answers.cursor(),
            now=now(),
        )
    return answers.listed(page)


@routes.post("/content")
async def create() -> Response:
    """Add a file (multipart) or a web page (JSON); 201 comes when it can play."""
    actor = await caller()
    actor.require("program")
    if request.mimetype == "multipart/form-data":
        details = await _details()
        async with connection() as conn:
            await content.check(conn, details)
        accepted = await uploads.accept()
        async with connection() as conn:
            made = await content.create_from_file(conn, actor, details, accepted, now=now())
    else:
        new = await bodies.decode(NewUrl)
        if new.kind != "url":
            raise Invalid.field("/kind", "invalid_value", "Send files as multipart/form-data.")
        async with connection() as conn:
            made = await content.create_url(conn, actor, _of_url(new), url=new.url, now=now())
    return answers.created(made, "/v1/admin/content")


@routes.get("/content/<uuid:content_id>")
async def show(content_id: UUID) -> Response:
    """Show one content."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await content.find(conn, content_id, now=now()))


@routes.delete("/content/<uuid:content_id>")
async def archive(content_id: UUID) -> Response:
    """Put a content away."""
    actor = await caller()
    async with connection() as conn:
        await content.archive(conn, actor, content_id, now=now())
    return answers.gone()


async def _details() -> content.Details:
    form = await request.form
    files = await request.files
    values: dict[str, object] = {
        name: form[name]
        for name in ("name", "campaign_id", "folder", "valid_from", "valid_until")
        if form.get(name)
    }
    if "name" not in values:
        file = files.get("file")
        values["name"] = (file.filename if file else None) or "Upload"
    tags = [tag.strip() for text in form.getlist("tags") for tag in text.split(",")]
    values["tags"] = [tag for tag in tags if tag]
    try:
        return msgspec.convert(values, content.Details, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid([bodies.field_error(str(error))]) from error


def _of_url(new: NewUrl) -> content.Details:
    return content.Details(
        name=new.name or new.url[: content.NAME_MAX_CHARS],
        campaign_id=new.campaign_id,
        tags=new.tags,
        folder=new.folder,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
    )
