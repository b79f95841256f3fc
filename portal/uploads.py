"""Uploading by a plain form, all files in one request; with a script files come by tus instead."""

import msgspec
from quart import Blueprint, Response, flash, redirect, request
from quart.typing import ResponseReturnValue

from portal import errors, forms
from signage import content
from signage.errors import Invalid, PlaybillError
from signage.media import intake
from web import identity, problems, uploads
from web.services import connection, now

routes = Blueprint("uploads", __name__)


@routes.post("/content")
async def upload() -> ResponseReturnValue:
    """Take in the files of the form, up to the first that is refused; then show the library."""
    actor = await identity.require("program")
    sent = [file for file in (await request.files).getlist("file") if file.filename]
    if not sent:
        return await _refused("", Invalid.field("/file", "missing_file", "Choose a file."))
    told = await _details()
    for file in sent:
        name = intake.shown(file.filename or "") or "Upload"
        details = msgspec.structs.replace(told, name=name)
        try:
            async with connection() as conn:
                await content.check(conn, details)
            accepted = await uploads.accept_file(file)
            async with connection() as conn:
                made = await content.create_from_file(conn, actor, details, accepted, now=now())
        except PlaybillError as error:
            return await _refused(name, error)
        await flash(_received(made), "ok")
    return redirect("/content")


async def _details() -> content.Details:
    form = await request.form
    tags = [tag.strip() for tag in form.get("tags", "").split(",")]
    return content.Details(
        name="Upload",
        campaign_id=forms.uuid(form, "campaign_id"),
        tags=[tag for tag in tags if tag],
        folder=form.get("folder", "").strip(),
    )


def _received(made: content.Content) -> str:
    if made.state == "live":
        return f"{made.name} can play now."
    return f"{made.name} is in the library. {made.state_reason}."


async def _refused(name: str, error: PlaybillError) -> Response:
    words = f"{name}: {error.detail}" if name else error.detail
    return await errors.page(problems.status_of(error), words, None)
