"""Content: the library, uploading, and one content with where it is used."""

from uuid import UUID

from quart import Blueprint, Response, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import Form, SelectField, StringField
from wtforms.validators import InputRequired

from portal import args, errors, forms, ui
from signage import campaigns, content, content_uses
from signage.errors import Invalid, PlaybillError
from signage.media import storage
from signage.media.facts import UPLOAD_LIMIT_BYTES
from web import files, identity, problems, uploads
from web.services import connection, now, services

routes = Blueprint("content", __name__)

POSTER_MIME = "image/jpeg"
CAMPAIGNS_SHOWN_MAX = 500
KINDS = {"image": "Picture", "video": "Video", "url": "Web page"}


class WebPageForm(Form):
    """A web page to show on screens."""

    url = StringField("Address", [InputRequired("Type the page's address: https://...")])
    name = StringField("Name", [InputRequired("Give it a name.")])
    campaign_id = SelectField("Campaign", coerce=lambda value: UUID(value) if value else None)


@routes.get("/content")
async def index() -> ResponseReturnValue:
    """Show the library, the newest first."""
    actor = await identity.require("program")
    filters = args.filters(content.Filters)
    async with connection() as conn:
        page = await content.list_page(
            conn, filters, cursor=request.args.get("cursor"), limit=48, now=now()
        )
        total = await content.count(conn, filters, now=now())
        booked = await campaigns.list_page(conn, limit=CAMPAIGNS_SHOWN_MAX)
    return await render_template(
        "content/index.html",
        page=page,
        total=total,
        filters=filters,
        campaign_options=forms.choices(booked.items),
        filtered=filters != content.NO_FILTERS,
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
        limit_bytes=UPLOAD_LIMIT_BYTES,
        may_upload=actor.may("program"),
    )


@routes.post("/content")
async def upload() -> ResponseReturnValue:
    """Take in the files of the form; a script is told of each, a plain form sees the library."""
    actor = await identity.require("program")
    campaign_id = forms.uuid(await request.form, "campaign_id")
    sent = [file for file in (await request.files).getlist("file") if file.filename]
    if not sent:
        return await _refused(Invalid.field("/file", "missing_file", "Choose a file."))
    for file in sent:
        try:
            accepted = await uploads.accept_file(file)
            details = content.Details(name=_name(file.filename or ""), campaign_id=campaign_id)
            async with connection() as conn:
                made = await content.create_from_file(conn, actor, details, accepted, now=now())
        except PlaybillError as error:
            return await _refused(error)
        await flash(f"{made.name} can play now.", "ok")
    return redirect("/content")


@routes.route("/content/web-page", methods=["GET", "POST"])
async def web_page() -> ResponseReturnValue:
    """Add a web page to the library."""
    actor = await identity.require("program")
    form = await forms.submitted(WebPageForm)
    async with connection() as conn:
        booked = await campaigns.list_page(conn, limit=CAMPAIGNS_SHOWN_MAX)
        form.campaign_id.choices = [("", "None"), *forms.choices(booked.items)]
        if request.method == "POST" and form.validate():
            details = content.Details(name=form.name.data or "", campaign_id=form.campaign_id.data)
            try:
                made = await content.create_url(
                    conn, actor, details, url=form.url.data or "", now=now()
                )
            except PlaybillError as error:
                forms.refuse(form, error)
            else:
                return redirect(f"/content/{made.id}")
    status = 422 if form.errors or form.form_errors else 200
    return await render_template("content/web_page.html", form=form), status


@routes.get("/content/<uuid:content_id>")
async def show(content_id: UUID) -> ResponseReturnValue:
    """Show one content: preview, facts, where it is used."""
    await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, now=now())
        uses = await content_uses.list_for(conn, content_id)
    return await render_template(
        "content/show.html", content=found, uses=uses, kind=KINDS[found.kind], facts=_facts(found)
    )


@routes.get("/content/<uuid:content_id>/poster")
async def poster(content_id: UUID) -> Response:
    """Answer with the small picture of a content."""
    await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, now=now())
    if found.poster_sha256 is None:
        return Response(b"", status=404)
    size = await storage.size(services().media, found.poster_sha256)
    return await files.send(found.poster_sha256, POSTER_MIME, size)


@routes.get("/content/<uuid:content_id>/file")
async def file(content_id: UUID) -> Response:
    """Answer with the bytes of a content's newest version, for the preview."""
    await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, now=now())
    if found.sha256 is None:
        return Response(b"", status=404)
    return await files.send(found.sha256, found.mime, found.bytes)


@routes.post("/content/<uuid:content_id>/archive")
async def archive(content_id: UUID) -> ResponseReturnValue:
    """Put a content away, off every screen."""
    actor = await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, now=now())
        await content.archive(conn, actor, content_id, now=now())
    await flash(f"{found.name} is archived and leaves every screen within a minute.", "ok")
    return redirect("/content")


def _facts(found: content.Content) -> list[tuple[str, str]]:
    size = f"{found.width} \N{MULTIPLICATION SIGN} {found.height}" if found.width else ""
    rate = f"{found.frame_rate:g} a second" if found.frame_rate else ""
    told = {
        "Type": found.mime,
        "Resolution": size,
        "Length": ui.duration(found.duration_ms) if found.duration_ms else "",
        "Frames": rate,
        "Codec": found.codec or "",
        "Size": ui.size(found.bytes) if found.bytes else "",
        "File name": found.file_name,
        "Plays from": ui.local(found.valid_from) if found.valid_from else "",
        "Plays until": ui.local(found.valid_until) if found.valid_until else "",
        "Version": str(found.version),
    }
    return [(term, text) for term, text in told.items() if text]


async def _refused(error: PlaybillError) -> Response:
    return await errors.page(problems.status_of(error), error.detail, None)


def _name(file_name: str) -> str:
    return file_name.replace("\\", "/").rpartition("/")[2][: content.NAME_MAX_CHARS] or "Upload"
