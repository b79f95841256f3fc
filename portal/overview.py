"""The overview: a wall that a manager leaves open."""

from zoneinfo import ZoneInfo

from quart import Blueprint, render_template
from quart.typing import ResponseReturnValue

from portal import charts, ui
from signage import incidents, overview, planned_plays
from web import identity
from web.services import connection, now, public_url

routes = Blueprint("overview", __name__)


@routes.get("/")
async def index() -> ResponseReturnValue:
    """Show the fleet's health, what needs attention, and today's plays against the plan."""
    actor = await identity.signed_in()
    async with connection() as conn:
        fleet = await overview.load(conn, actor, now=now())
        planned = await planned_plays.today(conn, actor, now=now())
        trouble = await incidents.list_open(conn, actor, limit=8)
        steps = await overview.steps(conn)
    labels = [f"{hour:02d}:00" for hour in range(24)]
    series = [
        charts.Series("Planned", planned.by_hour, "muted"),
        charts.Series("Played", fleet.played_by_hour, "accent"),
    ]
    return await render_template(
        "overview/index.html",
        fleet=fleet,
        planned=planned,
        incidents=trouble,
        steps=steps,
        hours=charts.bars(labels, series),
        local_times={store.timezone: _local_time(store.timezone) for store in fleet.stores},
        player_url=public_url("/player"),
    )


def _local_time(timezone: str) -> str:
    there = now().astimezone(ZoneInfo(timezone))
    return f"{ui.clock(there, there.tzinfo)} {ui.zone_name(there)}"
