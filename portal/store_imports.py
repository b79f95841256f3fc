"""Importing stores: a file is looked through first, and opens stores once somebody says so."""

from quart import Blueprint, Response, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue

from signage import store_import
from signage.errors import Invalid
from web import identity
from web.services import connection, now

routes = Blueprint("store_imports", __name__)

REFUSED_SHOWN_MAX = 500
OTHERS_SHOWN_MAX = 100


@routes.get("/stores/import")
async def new() -> ResponseReturnValue:
    """Show where the file goes."""
    await identity.require("administer")
    return await render_template("stores/import.html", **_nothing_yet())


@routes.get("/stores/import/sample.csv")
async def sample() -> Response:
    """Give a file to begin with."""
    await identity.require("administer")
    answer = Response(store_import.SAMPLE, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="stores-sample.csv"'
    return answer


@routes.post("/stores/import")
async def create() -> ResponseReturnValue:
    """Look a file through, or open its stores; both answer with what becomes of each line."""
    actor = await identity.require("administer")
    values = await request.form
    all_or_nothing = values.get("mode", "all") == "all"
    dry_run = values.get("do") != "import"
    try:
        text = await _text()
        async with connection() as conn:
            report = await store_import.run(
                conn, actor, text, all_or_nothing=all_or_nothing, dry_run=dry_run, now=now()
            )
    except Invalid as error:
        shown = _nothing_yet() | {"error": error.detail, "mode": values.get("mode", "all")}
        return await render_template("stores/import.html", **shown), 422
    if report.taken and not dry_run and not report.refused:
        await flash(f"{report.taken} stores are open.", "ok")
        return redirect("/stores")
    refused = [line for line in report.lines if line.outcome == "refused"]
    others = [line for line in report.lines if line.outcome != "refused"]
    return await render_template(
        "stores/import.html",
        report=report,
        lines=[*refused[:REFUSED_SHOWN_MAX], *others[:OTHERS_SHOWN_MAX]],
        text=text,
        mode="all" if all_or_nothing else "each",
        error="",
    )


async def _text() -> str:
    file = (await request.files).get("file")
    if file is None or not file.filename:
        text: str = (await request.form).get("text", "")
        if not text.strip():
            raise Invalid.field("/file", "missing_file", "Choose a CSV file.")
        return text
    try:
        read: bytes = file.stream.read(store_import.IMPORT_MAX_BYTES + 1)
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = "This file is not in UTF-8. Save it as “CSV UTF-8” and choose it again."
        raise Invalid.field("/file", "not_utf8", detail) from error


def _nothing_yet() -> dict[str, object]:
    return {"report": None, "lines": [], "text": "", "mode": "all", "error": ""}
