"""Expected screens: the list of a roll-out is checked, and its codes printed on one sheet."""

from uuid import UUID

import msgspec
from quart import Blueprint, Response, render_template, request
from quart.typing import ResponseReturnValue

from portal import claims as code_pages
from portal import forms, pair_links, qr
from signage import expected_csv, expected_screens, stores
from signage.claim_batches import Batch
from signage.errors import FieldError, Invalid
from signage.expected_csv import Line
from signage.ids import new_id
from web import identity
from web.services import connection, now, public_url, services

routes = Blueprint("expected_screens", __name__)

LIFE_OF_A_SHEET_S = 30 * code_pages.DAY_S


class CheckedLine(msgspec.Struct, frozen=True):
    """One line of the list and what is wrong with it."""

    line: Line
    errors: list[FieldError]


@routes.route("/pair/codes/import", methods=["GET", "POST"])
async def check() -> ResponseReturnValue:
    """Ask for the list; once it is there, say line by line what can be expected. Makes nothing."""
    actor = await identity.require("pair")
    if request.method == "GET":
        return await _ask("", "", 200)
    text = await _text()
    try:
        lines = expected_csv.read(text)
    except Invalid as error:
        return await _ask(text, error.detail, 422)
    async with connection() as conn:
        found = await expected_screens.errors_in(
            conn, actor, [line.screen for line in lines], now=now()
        )
    checked = [CheckedLine(line, errors) for line, errors in zip(lines, found, strict=True)]
    return await render_template(
        "expected_screens/check.html",
        lines=checked,
        right=[one for one in checked if not one.errors],
        refused=[one for one in checked if one.errors],
        text=text,
        batch_id=new_id(),
        lives=code_pages.LIVES,
        life=str(LIFE_OF_A_SHEET_S),
    )


@routes.post("/pair/codes/sheet")
async def make() -> ResponseReturnValue:
    """Make the codes of a checked list and print them; lines that were refused are left out."""
    actor = await identity.require("pair")
    values = await request.form
    lines = expected_csv.read(values.get("csv", ""))
    left_out = set(values.getlist("left_out"))
    async with connection() as conn:
        batch = await expected_screens.expect(
            conn,
            actor,
            [line.screen for line in lines if str(line.line) not in left_out],
            batch_id=forms.uuid(values, "batch_id"),
            ttl_s=_life(values.get("ttl_s", "")),
            secret=services().secret,
            now=now(),
        )
    return await _sheet(batch)


@routes.post("/pair/codes/batches/<uuid:batch_id>/sheet")
async def make_again(batch_id: UUID) -> ResponseReturnValue:
    """Take the unused codes of a sheet back and print new ones."""
    actor = await identity.require("pair")
    async with connection() as conn:
        batch = await expected_screens.expect_again(
            conn,
            actor,
            batch_id,
            ttl_s=_life((await request.form).get("ttl_s", "")),
            secret=services().secret,
            now=now(),
        )
    return await _sheet(batch)


@routes.get("/pair/codes/sample.csv")
async def sample() -> ResponseReturnValue:
    """Answer with a list to begin with."""
    await identity.require("pair")
    answer = Response(expected_csv.SAMPLE, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="screens.csv"'
    return answer


async def _text() -> str:
    file = (await request.files).get("file")
    if file is not None and file.filename:
        return expected_csv.decode(file.stream.read(4 * expected_csv.CSV_MAX_CHARS + 1))
    return str((await request.form).get("csv", ""))


async def _ask(text: str, error: str, status: int) -> ResponseReturnValue:
    actor = await identity.require("pair")
    async with connection() as conn:
        codes = [store.code for store in await stores.list_for(conn, actor)]
    page = await render_template(
        "expected_screens/new.html", text=text, error=error, store_codes=codes[:3]
    )
    return page, status


async def _sheet(batch: Batch) -> ResponseReturnValue:
    labels = [
        (code, qr.svg(pair_links.prefilled(code.store_code, code.name, code.groups)))
        for code in batch.codes
    ]
    page = await render_template(
        "expected_screens/sheet.html",
        batch=batch,
        labels=labels,
        player_url=public_url("/player"),
        theme="light",
    )
    return page, 201


def _life(asked: str) -> int:
    if asked not in dict(code_pages.LIVES):
        raise Invalid.field("/ttl_s", "invalid_ttl", "Choose how long the codes are valid.")
    return int(asked)
