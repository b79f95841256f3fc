"""Content: ``/v1/admin/content``."""

from typing import TypeVar
from uuid import UUID

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import content, content_library, web_pages
from signage.actors import Actor
from signage.errors import Invalid
from signage.values import Instant
from web import bodies, uploads
from web.services import connection, now, public_url, services

routes = Blueprint("content", __name__)

Shape = TypeVar("Shape", bound=msgspec.Struct)


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
    publish_at: Instant | None = None
    draft: bool = False


class When(msgspec.Struct, kw_only=True):
    """When what is sent goes live; a draft waits until it is submitted."""

    publish_at: Instant | None = None
    draft: bool = False


class Order(msgspec.Struct, kw_only=True):
    """How a list is sorted."""

    sort: content_library.Sort = "-created_at"


@routes.get("/content")
async def index() -> Response:
    """List the library, the newest first unless ``sort`` says otherwise."""
    actor = await caller()
    actor.require("program")
    order = answers.filters(Order)
    async with connection() as conn:
        page = await content.list_page(
            conn,
            answers.filters(content.Filters),
            sort=order.sort,
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
        details, when = await _details(), await sent(When, ("publish_at", "draft"))
        async with connection() as conn:
            await content.check(conn, details)
        accepted = await uploads.accept()
        async with connection() as conn:
            made = await content.create_from_file(
                conn,
                actor,
                details,
                accepted,
                publish_at=when.publish_at,
                draft=when.draft,
                now=now(),
            )
        return answers.created(made, "/v1/admin/content")
    new = await bodies.decode(NewUrl)
    if new.kind != "url":
        raise Invalid.field("/kind", "invalid_value", "Send files as multipart/form-data.")
    return answers.created(await _create_url(actor, new), "/v1/admin/content")


@routes.get("/content/<uuid:content_id>")
async def show(content_id: UUID) -> Response:
    """Show one content."""
    actor = await caller()
    actor.require("program")
    async with connection() as conn:
        return answers.one(await content.find(conn, content_id, now=now()))


@routes.patch("/content/<uuid:content_id>")
async def change(content_id: UUID) -> Response:
    """Change what is said about a content: name, tags, folder, campaign, validity."""
    actor = await caller()
    actor.require("program")
    changes = await bodies.decode(content.Changes)
    async with connection() as conn:
        before = await content.find(conn, content_id, now=now())
        revision = answers.expected_revision(before.revision)
        after = await content.change(conn, actor, content_id, changes, revision=revision, now=now())
    return answers.one(after)


@routes.delete("/content/<uuid:content_id>")
async def archive(content_id: UUID) -> Response:
    """Put a content away; with ``unless_used=true`` 409 where a playlist holds it."""
    actor = await caller()
    unless_used = request.args.get("unless_used") == "true"
    async with connection() as conn:
        await content.archive(conn, actor, content_id, unless_used=unless_used, now=now())
    return answers.gone()


async def sent(shape: type[Shape], fields: tuple[str, ...]) -> Shape:
    """Return these fields of a multipart form; Invalid names the wrong one."""
    form = await request.form
    return _converted({name: form[name] for name in fields if form.get(name)}, shape)


async def warnings(actor: Actor, url: str) -> list[str]:
    """Return what may keep screens from showing a page; no connection is held meanwhile."""
    actor.require("program")
    async with connection() as conn:
        policy = await web_pages.policy(conn)
    return await web_pages.warnings(url, origin=public_url(""), policy=policy, call=services().call)


async def _create_url(actor: Actor, new: NewUrl) -> content.Content:
    details = _of_url(new)
    web_pages.check(new.url)
    async with connection() as conn:
        await content.check(conn, details)
    found = await warnings(actor, new.url)
    async with connection() as conn:
        return await content.create_url(
            conn,
            actor,
            details,
            url=new.url,
            warnings=found,
            publish_at=new.publish_at,
            draft=new.draft,
            now=now(),
        )


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
    return _converted(values, content.Details)


def _converted(values: dict[str, object], shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(values, shape, strict=False)
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
