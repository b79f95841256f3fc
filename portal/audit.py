"""The audit log: who changed what, before and after, from where; for administrators."""

from urllib.parse import quote

from quart import Blueprint, Response, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, words
from signage import audit, audit_chain, audit_entries, audit_words
from signage.audit_entries import COUNTED_MAX, Entry, Filters, Named
from web import audit_exports, identity
from web.services import connection, now

routes = Blueprint("audit", __name__)

SPECIAL_ACTORS = [("", "Everybody"), ("system", "Playbill itself"), ("device", "Screens")]
PAGES = {
    "campaign": "/campaigns/{}",
    "content": "/content/{}",
    "device": "/devices/{}",
    "group": "/groups/{}",
    "playlist": "/playlists/{}",
    "settings": "/settings",
    "store": "/stores/{}",
    "user": "/users/{}",
}
"""Where the things of the log have a page of their own."""


@routes.get("/audit")
async def index() -> ResponseReturnValue:
    """Show a page of the log, filtered as the address says; the rows only, where HTMX asks."""
    actor = await identity.require("administer")
    filters = args.filters(Filters)
    async with connection() as conn:
        page = await audit.list_page(
            conn, actor, filters, cursor=request.args.get("cursor"), now=now()
        )
        several = page.next_cursor is not None or "cursor" in request.args
        found = await audit.count(conn, actor, filters) if several else len(page.items)
        people, kinds = await audit_entries.choices(conn)
        head = await audit_chain.head(conn)
    template = "_rows" if args.wants_fragment("audit-rows") else "index"
    return await render_template(
        f"audit/{template}.html",
        page=page,
        found=found,
        more="entries or more" if found == COUNTED_MAX else "entries",
        filters=filters,
        filtered=filters != audit_entries.NO_FILTERS,
        actor_options=SPECIAL_ACTORS + [_option(person) for person in people],
        kind_options=[("", "Anything"), *((kind, _label(kind)) for kind in kinds)],
        head=head,
        page_of=page_of,
        csv_href=args.with_args(cursor=None).replace("/audit", "/audit.csv", 1),
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.get("/audit.csv")
async def csv() -> Response:
    """Export everything that the same address shows."""
    actor = await identity.require("administer")
    return await audit_exports.csv(actor, args.filters(Filters))


def page_of(entry: Entry) -> str:
    """Return the address of the thing that was changed, nothing where it has no page."""
    return PAGES.get(entry.entity, "").format(quote(entry.entity_id))


def _label(kind: str) -> str:
    return words.sentence(audit_words.noun(kind))


def _option(person: Named) -> tuple[str, str]:
    suffix = " (API key)" if person.kind == "key" else ""
    return str(person.id), f"{person.name}{suffix}"
