"""Refusals as pages: what happened and what to do, never a trace."""

from quart import Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from signage.errors import PlaybillError, Stale
from web import faults, problems

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
    retry_after_s = getattr(understood, "retry_after_s", None)
    return await page(_status(understood), understood.detail, retry_after_s)


def _status(refusal: PlaybillError) -> int:
    # A form that was overtaken clashes with what is there now; it sent no precondition header.
    return 409 if isinstance(refusal, Stale) else problems.status_of(refusal)


async def page(status: int, detail: str, retry_after_s: int | None) -> Response:
    """Return the page, or the toast, that says it."""
    template = "errors/refuse.swap.html" if "HX-Request" in request.headers else "errors/show.html"
    heading = HEADINGS.get(status, "That did not work")
    rendered = await render_template(template, heading=heading, detail=detail, status=status)
    answer = await make_response(rendered, status)
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer  # type: ignore[return-value]  # make_response also knows werkzeug's base class
