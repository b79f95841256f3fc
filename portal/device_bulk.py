"""What is done to many ticked screens at once."""

from typing import Any

import asyncpg
import msgspec
from quart import Blueprint, flash, redirect, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal import ui
from signage import device_bulk, store_names
from signage.actors import Actor
from signage.device_bulk import Applied
from signage.errors import Invalid
from web import identity
from web.services import connection, now

routes = Blueprint("device_bulk", __name__)

DONE = {
    "move": "stand in the other store now",
    "add_to_group": "are in the group now",
    "remove_from_group": "are not in the group any more",
    "add_tag": "have the tag now",
    "remove_tag": "do not have the tag any more",
    "retire": "are retired. Their plays stay in every report",
    "command": "get the command with their next heartbeat, within a minute",
}
DONE_ONE = {
    "move": "stands in the other store now",
    "add_to_group": "is in the group now",
    "remove_from_group": "is not in the group any more",
    "add_tag": "has the tag now",
    "remove_tag": "does not have the tag any more",
    "retire": "is retired. Its plays stay in every report",
    "command": "gets the command with its next heartbeat, within a minute",
}


@routes.post("/devices/bulk")
async def bulk() -> ResponseReturnValue:
    """Do it to all the ticked screens, or to none, and go back to the list."""
    actor = await identity.require("manage")
    form = await request.form
    action = form.get("do", "")
    async with connection() as conn:
        change = await _change(conn, actor, action, form)
        applied = await device_bulk.apply(conn, actor, change, now=now())
    await flash(_said(action, applied), "ok")
    back = form.get("back", "")
    return redirect(back if back.startswith("/devices") else "/devices")


async def _change(
    conn: asyncpg.Connection, actor: Actor, action: str, form: MultiDict[str, str]
) -> device_bulk.Change:
    if action not in DONE:
        detail = "Choose what to do with the ticked screens."
        raise Invalid.field("/do", "unknown_action", detail)
    values: dict[str, Any] = {"action": action, "device_ids": form.getlist("ids")}
    if not values["device_ids"]:
        raise Invalid.field("/ids", "nothing_selected", "Tick at least one screen first.")
    match action:
        case "move":
            values["store_id"] = form.get("store_id") or str(
                await store_names.find_id(conn, actor, form.get("store", ""))
            )
        case "add_to_group" | "remove_from_group":
            values["group_id"] = form.get("group_id", "")
        case "add_tag" | "remove_tag":
            values["tag"] = form.get("tag", "").strip()
        case "command":
            values["kind"] = form.get("kind", "")
    try:
        change: device_bulk.Change = msgspec.convert(values, device_bulk.CHANGE)
    except msgspec.ValidationError as error:
        most = f"{device_bulk.DEVICES_MAX:,}"
        detail = f"Choose from the lists, and tick at most {most} screens at a time."
        raise Invalid.field("/do", "invalid_value", detail) from error
    return change


def _said(action: str, applied: Applied) -> str:
    done = DONE_ONE[action] if applied.selected == 1 else DONE[action]
    text = f"{ui.plural(applied.selected, 'screen')} {done}."
    unchanged = applied.selected - applied.changed
    return f"{text} {ui.number(unchanged)} already so before." if unchanged else text
