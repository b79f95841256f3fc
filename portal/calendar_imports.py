"""Importing a calendar file: looked through first, then made into schedules."""

from typing import Any

import asyncpg
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import calendar_targets, forms, schedule_repeats, ui
from portal.schedule_forms import PLAYLISTS_OFFERED_MAX
from signage import icalendars, playlists, schedule_imports
from signage.actors import Actor
from signage.errors import Invalid, Refused
from signage.schedule_imports import Imported
from signage.targets import Target
from web import identity
from web.services import connection, now

routes = Blueprint("calendar_imports", __name__)

LINES_SHOWN_MAX = 200


@routes.get("/schedules/import")
async def new() -> ResponseReturnValue:
    """Show where the file goes, and what it will be played and where."""
    actor = await identity.require("program")
    async with connection() as conn:
        page = await _page(conn, actor, request.args)
    return await render_template("schedules/import.html", **page)


@routes.post("/schedules/import")
async def create() -> ResponseReturnValue:
    """Look a file through, or make its schedules; both say what becomes of each event."""
    actor = await identity.require("program")
    values = await request.form
    async with connection() as conn:
        try:
            text = await _text(values)
            report = await _run(conn, actor, values, text)
        except (Invalid, Refused) as error:
            page = await _page(conn, actor, values) | {"error": error.detail}
            return await render_template("schedules/import.html", **page), 422
        if not report.dry_run:
            await flash(f"{ui.plural(len(report.made), 'schedule')} made.", "ok")
            return redirect(f"/schedules?target={values.get('target', '')}")
        page = await _page(conn, actor, values)
    page |= {"report": report, "lines": report.lines[:LINES_SHOWN_MAX], "text": text}
    return await render_template("schedules/import.html", **page)


async def _run(
    conn: asyncpg.Connection, actor: Actor, values: MultiDict[str, str], text: str
) -> Imported:
    playlist_id = forms.uuid(values, "playlist_id")
    if playlist_id is None:
        raise Invalid.field("/playlist_id", "missing", "Choose what the schedules play.")
    return await schedule_imports.run(
        conn,
        actor,
        text.encode(),
        playlist_id=playlist_id,
        target=_target(values),
        dry_run=values.get("do") != "import",
        now=now(),
    )


def _target(values: MultiDict[str, str]) -> Target:
    target = calendar_targets.read(values.get("target", ""))
    if target is None:
        raise Invalid.field("/target", "invalid_target", "Choose where the schedules play.")
    return target


async def _text(values: MultiDict[str, str]) -> str:
    file = (await request.files).get("file")
    if file is None or not file.filename:
        text: str = values.get("text", "")
        if not text.strip():
            raise Invalid.field("/file", "missing_file", "Choose an iCalendar file (.ics).")
        return text
    try:
        read: bytes = file.stream.read(icalendars.FILE_MAX_BYTES + 1)
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = "This file is no iCalendar file: it is not in UTF-8."
        raise Invalid.field("/file", "not_utf8", detail) from error


async def _page(
    conn: asyncpg.Connection, actor: Actor, values: MultiDict[str, str]
) -> dict[str, Any]:
    chosen = calendar_targets.read(values.get("target", ""))
    offered = (await playlists.list_page(conn, limit=PLAYLISTS_OFFERED_MAX)).items
    return {
        "playlist_options": forms.one_or_choose(offered, "a playlist"),
        "target_options": await calendar_targets.options(conn, actor, chosen),
        "playlist_id": values.get("playlist_id", ""),
        "target": calendar_targets.write(chosen) if chosen else "",
        "report": None,
        "lines": [],
        "text": "",
        "error": "",
        "repeats": schedule_repeats.words,
    }
