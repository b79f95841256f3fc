"""Refusals as pages: what happened and what to do, never a trace."""

from collections.abc import Sequence

from quart import Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from portal.audit import page_of
from signage import audit
from signage.audit_entries import Entry
from signage.errors import Stale
from web import faults, identity, problems
from web.services import connection

MISSED_SHOWN_MAX = 5

HEADINGS = {
    401: "Please sign in",
    403: "This is not yours to do",
    404: "Not found",
    409: "Somebody else was faster",
    413: "That file is too large",
    422: "Something is not right",
    429: "Too many tries",
    503: "Back in a moment",
}


async def refuse(error: Exception) -> Response:
    """Answer whatever was raised with a page, or with a toast where HTMX asked."""
    if isinstance(error, HTTPException):
        return await page(error.code or 500, error.description or "", None)
    understood = problems.understood(error)
    if understood is None:
        return await page(500, faults.report(error), None)
    if isinstance(understood, Stale):
        # A form that was overtaken clashes with what is there now; it sent no precondition header.
        return await page(409, understood.detail, None, await _missed(understood))
    retry_after_s = getattr(understood, "retry_after_s", None)
    return await page(problems.status_of(understood), understood.detail, retry_after_s)


async def _missed(stale: Stale) -> list[Entry]:
    """Return what others changed since the form was loaded, the latest first."""
    actor = await identity.person()
    if actor is None or not stale.entity:
        return []
    shown = max(1, min(stale.missed, MISSED_SHOWN_MAX))
    async with connection() as conn:
        return await audit.list_for(
            conn, actor, entity=stale.entity, entity_id=stale.entity_id, limit=shown
        )


async def page(
    status: int, detail: str, retry_after_s: int | None, missed: Sequence[Entry] = ()
) -> Response:
    """Return the page, or the toast, that says it."""
    g.refusing = True
    template = "errors/refuse.swap.html" if "HX-Request" in request.headers else "errors/show.html"
    heading = HEADINGS.get(status, "That did not work")
    rendered = await render_template(
        template,
        heading=heading,
        detail=detail,
        status=status,
        missed=missed,
        again=page_of(missed[0]) if missed else "",
    )
    answer = await make_response(rendered, status)
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer  # type: ignore[return-value]  # make_response also knows werkzeug's base class
