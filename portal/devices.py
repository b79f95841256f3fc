"""Devices: the list of screens, and one screen: what it plays now, why, and how it is."""

from uuid import UUID
from zoneinfo import ZoneInfo

from quart import Blueprint, render_template, request
from quart.typing import ResponseReturnValue

from portal import (
    args,
    device_list,
    device_page,
    device_screenshots,
    on_screen,
    plan_timeline,
    qr,
    reasons,
    ui,
)
from signage import (
    assignments,
    device_csv,
    device_health,
    device_lists,
    device_views,
    explanations,
    incidents,
    placements,
    plans,
    playlists,
)
from signage.targets import Target
from web import exports, identity
from web.services import connection, now, public_url

routes = Blueprint("devices", __name__)

PLAYLIST_CHOICES_MAX = 200


@routes.get("/devices")
async def index() -> ResponseReturnValue:
    """List the screens; HTMX swaps the rows as filters change."""
    actor = await identity.require("watch")
    query = device_list.asked()
    async with connection() as conn:
        page = await device_lists.list_page(
            conn, actor, query, sort=query.sort, cursor=request.args.get("cursor"), now=now()
        )
        counts = await device_lists.count(conn, actor, query, now=now())
        choices = await device_lists.choices(conn, actor)
        views = await device_views.list_for(conn, actor)
    only_rows = args.wants_fragment("device-rows")
    template = "devices/_rows.html" if only_rows else "devices/index.html"
    return await render_template(
        template,
        page=page,
        counts=counts,
        query=query,
        tabs=device_list.tabs(query, counts, views),
        columns=device_list.columns(query),
        options=device_list.options(choices),
        commands=device_list.COMMANDS,
        choices=choices,
        view=next((view for view in views if view.query == query), None),
        filtered=query != device_views.Query(),
        csv_href=device_list.href(query, "/devices.csv"),
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
        player_url=public_url("/player"),
        player_qr="" if any(counts.fleet.values()) else qr.svg(public_url("/player")),
    )


@routes.get("/devices.csv")
async def csv() -> ResponseReturnValue:
    """Export the whole list of the same address."""
    actor = await identity.require("watch")
    query, at = device_list.asked(), now()
    return await exports.csv(
        f"devices-{at:%Y-%m-%d}.csv",
        lambda conn: device_csv.pieces(conn, actor, query, sort=query.sort, now=at),
    )


@routes.get("/devices/<uuid:device_id>")
async def show(device_id: UUID) -> ResponseReturnValue:
    """Show one screen: what it plays now and next, why, and how it has been."""
    actor = await identity.require("watch")
    async with connection() as conn:
        frame = await device_page.frame(conn, actor, device_id, "")
        device = frame.device
        plan = await plans.current(conn, device_id, now=now())
        explained = await explanations.explain(conn, device_id, at=now(), now=now())
        trouble = await incidents.list_open(conn, actor, device_id=device_id)
        health = await device_health.list_for_device(conn, actor, device_id, now=now())
        stood = await placements.list_for_device(conn, device_id)
        assigned = await assignments.list_for(conn, actor, target=Target("device", device_id))
        choices = await playlists.list_page(conn, limit=PLAYLIST_CHOICES_MAX)
        names = await plans.names(conn, plan)
        screenshot = await device_screenshots.latest(conn, actor, device_id, at=now())
    zone = ZoneInfo(device.timezone)
    return await render_template(
        "devices/show.html",
        **frame.values(),
        timeline=plan_timeline.lay_out(
            plan,
            names,
            timezone=device.timezone,
            now=now(),
            href=lambda at: f"/devices/{device_id}/plan?at={ui.machine_time(at)}#why",
        ),
        following=plan_timeline.following(plan, names, now=now()),
        playing=on_screen.find(device.now_playing, plan),
        reasons=reasons.entries(explained, zone, links=actor.may("program")),
        incidents=trouble,
        health=device_page.health_map(health),
        online_share=device_page.online_share(health),
        placements=stood,
        screenshot=screenshot,
        assigned=assigned[0] if assigned else None,
        playlist_options=device_page.playlist_options(choices.items, assigned),
    )
