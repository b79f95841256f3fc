"""Content: the library, and web pages to add to it."""

from typing import Any
from uuid import UUID

import msgspec
from quart import Blueprint, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import Form, SelectField, StringField
from wtforms.validators import InputRequired

from portal import args, forms
from signage import campaigns, content, content_folders, content_library, content_owners, web_pages
from signage.actors import Actor
from signage.errors import PlaybillError
from signage.media.facts import UPLOAD_LIMIT_BYTES
from web import identity
from web.services import connection, now, public_url, services

routes = Blueprint("content", __name__)

CAMPAIGNS_SHOWN_MAX = 500
PAGE_ITEMS = 48
STATES = (
    ("live", "Live"),
    ("in_review", "Waiting for approval"),
    ("draft", "Draft"),
    ("rejected", "Rejected"),
    ("scheduled", "Not live yet"),
    ("expired", "Expired"),
    ("recalled", "Recalled"),
    ("archived", "Archived"),
)
SORTS = (
    ("-created_at", "Newest first"),
    ("created_at", "Oldest first"),
    ("name", "Name, A to Z"),
    ("-name", "Name, Z to A"),
    ("-updated_at", "Changed last"),
    ("valid_until", "Expires first"),
)


class Shown(msgspec.Struct, frozen=True):
    """How the library is shown."""

    sort: content_library.Sort = "-created_at"
    view: str = "grid"


class WebPageForm(Form):
    """A web page to show on screens."""

    url = StringField("Address", [InputRequired("Type the page's address: https://...")])
    name = StringField("Name", [InputRequired("Give it a name.")])
    campaign_id = SelectField("Campaign", coerce=lambda value: UUID(value) if value else None)


@routes.get("/content")
async def index() -> ResponseReturnValue:
    """Show the library as pictures or as a table, filtered and sorted by the address."""
    actor = await identity.require("program")
    filters, shown = args.filters(content.Filters), args.filters(Shown)
    async with connection() as conn:
        page = await content.list_page(
            conn,
            filters,
            sort=shown.sort,
            cursor=request.args.get("cursor"),
            limit=PAGE_ITEMS,
            now=now(),
        )
        total = await content.count(conn, filters, now=now())
        booked = await campaigns.list_page(conn, limit=CAMPAIGNS_SHOWN_MAX)
        folders = await content_folders.list_all(conn)
        owners = await content_owners.list_all(conn)
    return await render_template(
        "content/index.html",
        page=page,
        total=total,
        counted_max=content_library.COUNTED_MAX,
        filters=filters,
        shown=shown,
        views=_views(shown),
        chips=_chips(filters),
        folders=_folder_links(folders, filters),
        campaign_options=forms.choices(booked.items),
        owner_options=forms.choices(owners),
        state_options=STATES,
        sort_options=SORTS,
        filtered=filters != content.NO_FILTERS,
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
        limit_bytes=UPLOAD_LIMIT_BYTES,
        may_upload=actor.may("program"),
    )


@routes.route("/content/web-page", methods=["GET", "POST"])
async def web_page() -> ResponseReturnValue:
    """Add a web page to the library; what may keep screens from showing it is said on its page."""
    actor = await identity.require("program")
    form = await forms.submitted(WebPageForm)
    async with connection() as conn:
        booked = await campaigns.list_page(conn, limit=CAMPAIGNS_SHOWN_MAX)
    form.campaign_id.choices = [("", "None"), *forms.choices(booked.items)]
    if request.method == "POST" and form.validate():
        details = content.Details(name=form.name.data or "", campaign_id=form.campaign_id.data)
        try:
            made = await _add_page(actor, details, form.url.data or "")
        except PlaybillError as error:
            forms.refuse(form, error)
        else:
            return redirect(f"/content/{made.id}")
    status = 422 if form.errors or form.form_errors else 200
    return await render_template("content/web_page.html", form=form), status


async def page_warnings(url: str) -> list[str]:
    """Return what may keep screens from showing a page; no connection is held meanwhile."""
    async with connection() as conn:
        policy = await web_pages.policy(conn)
    return await web_pages.warnings(url, origin=public_url(""), policy=policy, call=services().call)


def _about(sent: MultiDict[str, str]) -> dict[str, Any]:
    tags = [tag.strip() for tag in sent.get("tags", "").split(",")]
    return {
        "campaign_id": forms.uuid(sent, "campaign_id"),
        "folder": sent.get("folder", ""),
        "tags": [tag for tag in tags if tag],
    }


async def _add_page(actor: Actor, details: content.Details, url: str) -> content.Content:
    web_pages.check(url)
    async with connection() as conn:
        await content.check(conn, details)
    found = await page_warnings(url)
    async with connection() as conn:
        return await content.create_url(conn, actor, details, url=url, warnings=found, now=now())


def _views(shown: Shown) -> list[dict[str, Any]]:
    return [
        {"label": label, "href": args.with_args(view=view), "current": shown.view == view}
        for view, label in (("grid", "Grid"), ("table", "Table"))
    ]


def _chips(filters: content.Filters) -> list[dict[str, Any]]:
    # What one press finds: what ends soon, what nobody plays, what waits for a decision.
    chips = (
        ("Expiring within 30 days", "expiring", "true", filters.expiring is True),
        ("Not used", "unused", "true", filters.unused is True),
        ("Waiting for approval", "state", "in_review", filters.state == "in_review"),
    )
    return [
        {
            "label": label,
            "href": args.with_args(**{field: None if current else value, "cursor": None}),
            "current": current,
        }
        for label, field, value, current in chips
    ]


def _folder_links(
    folders: list[content_folders.Folder], filters: content.Filters
) -> list[dict[str, Any]]:
    chosen = content_folders.tidied(filters.folder or "")
    everything = {
        "label": "All content",
        "href": args.with_args(folder=None, cursor=None),
        "depth": 0,
        "current": not chosen,
    }
    return [
        everything,
        *(
            {
                "label": folder.name,
                "href": args.with_args(folder=folder.path, cursor=None),
                "depth": folder.depth,
                "count": folder.total,
                "current": folder.path == chosen,
            }
            for folder in folders
            if not folder.depth or _is_open(folder.path.rpartition("/")[0], chosen)
        ),
    ]


def _is_open(folder: str, chosen: str) -> bool:
    """Whether the chosen folder is this one or beneath it; what is in others is not listed."""
    return f"{chosen}/".startswith(f"{folder}/")
