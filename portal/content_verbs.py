"""What is decided about contents: approval, versions, recall, archive, and many at once."""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import args, forms, ui
from portal.content_page import instant
from signage import (
    content,
    content_approvals,
    content_bulk,
    content_folders,
    content_publications,
    content_recall,
)
from signage.content_bulk import Bulk, InUse
from signage.errors import Invalid
from web import identity
from web.services import connection, now

routes = Blueprint("content_verbs", __name__)

HELD_SHOWN_MAX = 50
VERBS: dict[str, content_bulk.Verb] = {
    "tag": "tag",
    "untag": "untag",
    "move": "move",
    "campaign": "campaign",
    "approve": "approve",
    "archive": "archive",
    "unarchive": "unarchive",
}
DONE: dict[content_bulk.Verb, str] = {
    "tag": "tagged",
    "untag": "untagged",
    "move": "moved",
    "campaign": "booked",
    "approve": "approved",
    "archive": "archived",
    "unarchive": "taken back",
}


@routes.post("/content/<uuid:content_id>/publish")
async def publish(content_id: UUID) -> ResponseReturnValue:
    """Make a version live, now or at a time."""
    actor = await identity.require("program")
    sent = await request.form
    version = forms.whole_number(sent, "version")
    at = instant(sent.get("at", ""), "/at")
    async with connection() as conn:
        made = await content_publications.publish(
            conn, actor, content_id, version or 0, at=at, now=now()
        )
    when = "now" if made.live_from <= now() else ui.local(made.live_from)
    await flash(f"Version {made.version} goes live {when}.", "ok")
    return redirect(f"/content/{content_id}")


@routes.post("/content/<uuid:content_id>/unpublish")
async def unpublish(content_id: UUID) -> ResponseReturnValue:
    """Take back a publication to come."""
    actor = await identity.require("program")
    live_from = _exact((await request.form).get("live_from", ""))
    async with connection() as conn:
        await content_publications.cancel(conn, actor, content_id, live_from=live_from, now=now())
    await flash("Taken back. What is live plays on.", "ok")
    return redirect(f"/content/{content_id}")


@routes.post("/content/<uuid:content_id>/submit")
async def submit(content_id: UUID) -> ResponseReturnValue:
    """Ask for approval of the newest version."""
    actor = await identity.require("program")
    async with connection() as conn:
        after = await content_approvals.submit(conn, actor, content_id, now=now())
    waits = after.state == "in_review"
    await flash("It waits for approval now." if waits else "It can play now.", "ok")
    return redirect(f"/content/{content_id}")


@routes.post("/content/<uuid:content_id>/approve")
async def approve(content_id: UUID) -> ResponseReturnValue:
    """Let the newest version play."""
    actor = await identity.require("program")
    async with connection() as conn:
        after = await content_approvals.approve(conn, actor, content_id, now=now())
    await flash(f"Version {after.version} is approved.", "ok")
    return redirect(f"/content/{content_id}")


@routes.post("/content/<uuid:content_id>/reject")
async def reject(content_id: UUID) -> ResponseReturnValue:
    """Refuse the newest version, with the reason."""
    actor = await identity.require("program")
    reason = (await request.form).get("reason", "")
    async with connection() as conn:
        after = await content_approvals.reject(conn, actor, content_id, reason=reason, now=now())
    await flash(f"Version {after.version} is rejected.", "ok")
    return redirect(f"/content/{content_id}")


@routes.post("/content/<uuid:content_id>/recall")
async def recall(content_id: UUID) -> ResponseReturnValue:
    """Take the content off every screen, and show how far that has come."""
    actor = await identity.require("program")
    reason = (await request.form).get("reason", "")
    async with connection() as conn:
        await content_recall.recall(conn, actor, content_id, reason=reason, now=now())
    return redirect(f"/content/{content_id}/recall")


@routes.get("/content/<uuid:content_id>/recall")
async def clearing(content_id: UUID) -> ResponseReturnValue:
    """Show which screens may still show what was recalled; HTMX asks again and again."""
    actor = await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, archived=True, now=now())
        if found.recalled_at is None:
            return redirect(f"/content/{content_id}")
        progress = await content_recall.clearing(conn, actor, content_id, since=found.recalled_at)
    only_part = args.wants_fragment("clearing")
    template = "content/_clearing.html" if only_part else "content/recall.html"
    return await render_template(template, content=found, progress=progress)


@routes.post("/content/<uuid:content_id>/restore")
async def restore(content_id: UUID) -> ResponseReturnValue:
    """Undo the recall."""
    actor = await identity.require("program")
    async with connection() as conn:
        await content_recall.restore(conn, actor, content_id, now=now())
    await flash("It plays again wherever it is programmed, within a minute.", "ok")
    return redirect(f"/content/{content_id}")


@routes.post("/content/<uuid:content_id>/archive")
async def archive(content_id: UUID) -> ResponseReturnValue:
    """Put a content away, off every screen; the page that asked named what plays it."""
    actor = await identity.require("program")
    async with connection() as conn:
        found = await content.find(conn, content_id, now=now())
        await content.archive(conn, actor, content_id, now=now())
    await flash(f"{found.name} is archived and leaves every screen within a minute.", "ok")
    return redirect("/content")


@routes.post("/content/<uuid:content_id>/unarchive")
async def unarchive(content_id: UUID) -> ResponseReturnValue:
    """Take a content back into the library."""
    actor = await identity.require("program")
    async with connection() as conn:
        found = await content.unarchive(conn, actor, content_id, now=now())
    await flash(f"{found.name} is back in the library.", "ok")
    return redirect(f"/content/{content_id}")


@routes.post("/content/bulk")
async def bulk() -> ResponseReturnValue:
    """Do one thing to every content that is ticked; archiving what is in use asks first."""
    actor = await identity.require("program")
    sent = await request.form
    wanted, back = _bulk(sent), _back(sent)
    async with connection() as conn:
        try:
            outcome = await content_bulk.apply(conn, actor, wanted, now=now())
        except InUse as refusal:
            return await render_template(
                "content/archive.html",
                ids=wanted.ids,
                refusal=refusal,
                shown_max=HELD_SHOWN_MAX,
                back=back,
            ), 409
    words = f"{ui.plural(outcome.changed, 'item')} {DONE[wanted.do]}."
    if outcome.unchanged:
        words += f" {_unchanged(wanted.do, outcome.unchanged)}"
    await flash(words, "ok" if outcome.changed else "warn")
    return redirect(back)


@routes.post("/content/folders/rename")
async def rename_folder() -> ResponseReturnValue:
    """Give the folder, with all beneath it, another path."""
    actor = await identity.require("program")
    sent = await request.form
    to = content_folders.tidied(sent.get("to", ""))
    async with connection() as conn:
        moved = await content_folders.rename(conn, actor, sent.get("from", ""), to=to, now=now())
    await flash(f"{ui.plural(moved, 'item')} moved to {to or 'no folder'}.", "ok")
    return redirect("/content")


def _exact(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        detail = "Nothing goes live then. Load the page again."
        raise Invalid.field("/live_from", "invalid_instant", detail) from error


def _bulk(sent: MultiDict[str, str]) -> Bulk:
    verb = VERBS.get(sent.get("do", ""))
    if verb is None:
        raise Invalid.field("/do", "unknown_verb", "Choose what to do with them.")
    try:
        ids = [UUID(text) for text in sent.getlist("ids")]
    except ValueError as error:
        raise Invalid.field("/ids", "invalid_id", "Choose them from the list.") from error
    return Bulk(
        ids=ids,
        do=verb,
        tag=sent.get("tag", ""),
        folder=sent.get("folder", ""),
        campaign_id=forms.uuid(sent, "campaign_id"),
        confirmed=bool(sent.get("confirmed")),
    )


def _back(sent: MultiDict[str, str]) -> str:
    parts = urlsplit(sent.get("next", ""))
    here = parts.path == "/content" and not parts.netloc and not parts.scheme
    return f"/content?{parts.query}" if here and parts.query else "/content"


def _unchanged(verb: content_bulk.Verb, count: int) -> str:
    if verb == "approve":
        return f"{ui.number(count)} cannot be approved by you, or do not wait for it."
    return f"{ui.number(count)} already were."
