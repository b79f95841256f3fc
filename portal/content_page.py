"""One content: what it is, what plays it, its versions, and changing what is said about it."""

from datetime import UTC, datetime
from uuid import UUID

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import Form, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from portal import forms, ui
from portal.content import CAMPAIGNS_SHOWN_MAX, page_warnings
from signage import audit, campaigns, content, content_reach, content_versions, settings, web_pages
from signage.actors import Actor
from signage.content_versions import ContentVersion
from signage.errors import Invalid, PlaybillError
from web import identity, uploads
from web.services import connection, now

routes = Blueprint("content_page", __name__)

KINDS = {"image": "Picture", "video": "Video", "url": "Web page"}
VERSIONS_SHOWN = 20
CHANGES_SHOWN = 50
INSTANT_FORM = "%Y-%m-%dT%H:%M"


class ContentForm(Form):
    """What may be said about a content."""

    name = StringField(
        "Name", [InputRequired("A content needs a name."), Length(max=content.NAME_MAX_CHARS)]
    )
    folder = StringField("Folder")
    tags = StringField("Tags")
    campaign_id = SelectField("Campaign", coerce=lambda value: UUID(value) if value else None)
    valid_from = StringField("Plays from", [Optional()])
    valid_until = StringField("Plays until", [Optional()])


@routes.get("/content/<uuid:content_id>")
async def show(content_id: UUID) -> ResponseReturnValue:
    """Show one content: preview, what may be decided, versions, where it is used."""
    actor = await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, archived=True, now=now())
        versions = await content_versions.list_for(
            conn, content_id, limit=VERSIONS_SHOWN, now=now()
        )
        reach = await content_reach.find(conn, actor, content_id, now=now())
        own_allowed = (await settings.load(conn)).own_approval_allowed
    return await render_template(
        "content/show.html",
        content=found,
        versions=versions,
        reach=reach,
        kind=KINDS[found.kind],
        facts=_facts(found),
        may_decide=own_allowed or found.submitted_by != actor.id,
        plays_days=content_reach.PLAYS_DAYS,
        plays_href=_report(content_id, reach),
    )


@routes.get("/content/<uuid:content_id>/history")
async def history(content_id: UUID) -> ResponseReturnValue:
    """Show who changed what of one content, the latest first."""
    actor = await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, archived=True, now=now())
        entries = await audit.list_for(
            conn, actor, entity="content", entity_id=content_id, limit=CHANGES_SHOWN
        )
    return await render_template("content/history.html", content=found, entries=entries)


@routes.route("/content/<uuid:content_id>/edit", methods=["GET", "POST"])
async def edit(content_id: UUID) -> ResponseReturnValue:
    """Show the form, or change what is said about the content and go back to it."""
    actor = await identity.require("program")
    form = await forms.submitted(ContentForm)
    async with connection() as conn:
        found = await content.find(conn, content_id, now=now())
        booked = await campaigns.list_page(conn, limit=CAMPAIGNS_SHOWN_MAX)
        form.campaign_id.choices = _campaign_choices(found, forms.choices(booked.items))
        revision = forms.revision(await request.form)
        if request.method == "GET":
            revision = found.revision
            _fill(form, found)
        elif form.validate():
            try:
                await content.change(
                    conn, actor, content_id, _changes(form), revision=revision, now=now()
                )
            except Invalid as error:
                forms.refuse(form, error)
            else:
                await flash(f"{form.name.data} was saved.", "ok")
                return redirect(f"/content/{content_id}")
    status = 422 if form.errors or form.form_errors else 200
    page = await render_template("content/edit.html", form=form, content=found, revision=revision)
    return page, status


@routes.get("/content/<uuid:content_id>/replace")
async def replace(content_id: UUID) -> ResponseReturnValue:
    """Show what a new file touches, and take it."""
    actor = await identity.require("program")
    return await _replace_page(actor, content_id, "", 200)


@routes.post("/content/<uuid:content_id>/versions")
async def add_version(content_id: UUID) -> ResponseReturnValue:
    """Take in the new file, or the new address, and go back to the content."""
    actor = await identity.require("program")
    sent = await request.form
    try:
        publish_at = instant(sent.get("publish_at", ""), "/publish_at")
        if "url" in sent:
            added = await _add_url(actor, content_id, sent["url"].strip(), publish_at)
        else:
            accepted = await uploads.accept()
            async with connection() as conn:
                added = await content_versions.add(
                    conn, actor, content_id, accepted, publish_at=publish_at, now=now()
                )
    except PlaybillError as error:
        return await _replace_page(actor, content_id, error.detail, 422)
    await flash(_added(added), "ok")
    return redirect(f"/content/{content_id}")


def instant(text: str, pointer: str) -> datetime | None:
    """Return what a date-and-time field in UTC holds, None where it is empty; else Invalid."""
    if not text.strip():
        return None
    try:
        return datetime.strptime(text.strip()[:16], INSTANT_FORM).replace(tzinfo=UTC)
    except ValueError as error:
        detail = "Type a date and time such as 2026-11-24T08:00."
        raise Invalid.field(pointer, "invalid_instant", detail) from error


async def _replace_page(
    actor: Actor, content_id: UUID, wrong: str, status: int
) -> ResponseReturnValue:
    async with connection() as conn:
        found = await content.find(conn, content_id, now=now())
        reach = await content_reach.find(conn, actor, content_id, now=now())
        required = (await settings.load(conn)).approval_required
    page = await render_template(
        "content/replace.html",
        content=found,
        reach=reach,
        wrong=wrong,
        approval_required=required,
    )
    return page, status


async def _add_url(
    actor: Actor, content_id: UUID, url: str, publish_at: datetime | None
) -> ContentVersion:
    web_pages.check(url)
    found = await page_warnings(url)
    async with connection() as conn:
        return await content_versions.add_url(
            conn, actor, content_id, url=url, warnings=found, publish_at=publish_at, now=now()
        )


def _added(added: ContentVersion) -> str:
    if added.live:
        return f"Version {added.version} plays on every screen within a minute."
    if added.approval_state == "in_review":
        return f"Version {added.version} waits for approval. What is live plays on."
    return f"Version {added.version} goes live {ui.local(added.live_from)}."


def _report(content_id: UUID, reach: content_reach.Reach) -> str:
    query = f"from={reach.plays_from}&to={reach.plays_to}&content_id={content_id}"
    return f"/proof-of-play?{query}"


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
        "Folder": found.folder,
        "Campaign": found.campaign or "",
        "Plays from": ui.local(found.valid_from) if found.valid_from else "",
        "Plays until": ui.local(found.valid_until) if found.valid_until else "",
        "Added by": found.owner or "",
    }
    return [(term, text) for term, text in told.items() if text]


def _campaign_choices(
    found: content.Content, offered: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    # The one it has is always among them, or saving the form as it is would take it away.
    own = [(str(found.campaign_id), found.campaign or "")] if found.campaign_id else []
    return [("", "None"), *(choice for choice in own if choice not in offered), *offered]


def _fill(form: ContentForm, found: content.Content) -> None:
    form.name.data = found.name
    form.folder.data = found.folder
    form.tags.data = ", ".join(found.tags)
    form.campaign_id.data = found.campaign_id
    for field, at in ((form.valid_from, found.valid_from), (form.valid_until, found.valid_until)):
        field.data = f"{at.astimezone(UTC):{INSTANT_FORM}}" if at else ""


def _changes(form: ContentForm) -> content.Changes:
    tags = (form.tags.data or "").split(",")
    return content.Changes(
        name=form.name.data or "",
        folder=form.folder.data or "",
        tags=list(dict.fromkeys(tag.strip() for tag in tags if tag.strip())),
        campaign_id=form.campaign_id.data,
        valid_from=instant(form.valid_from.data or "", "/valid_from"),
        valid_until=instant(form.valid_until.data or "", "/valid_until"),
    )
