"""Devices: the list of screens, one screen, and what can be done to it."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import Form, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal import args, forms, hardware, on_screen, plan_timeline, qr, reasons
from signage import (
    assignments,
    commands,
    devices,
    explanations,
    groups,
    incidents,
    plans,
    playlists,
    stores,
)
from signage.errors import Invalid
from signage.targets import Target
from web import identity
from web.services import connection, now, public_url

routes = Blueprint("devices", __name__)

COMMANDS_SHOWN = 5
REVISIONS_SHOWN = 20
PLAYLIST_CHOICES_MAX = 200


class DeviceForm(Form):
    """What may be changed of a screen by hand."""

    name = StringField(
        "Screen name",
        [InputRequired("A screen needs a name."), Length(max=devices.NAME_MAX_CHARS)],
    )
    store_id = SelectField("Store", coerce=UUID)
    group_ids = SelectMultipleField("Groups", coerce=UUID)
    tags = StringField("Tags", description="Separated by commas")
    notes = TextAreaField("Notes", [Length(max=devices.NOTES_MAX_CHARS)])


@routes.get("/devices")
async def index() -> ResponseReturnValue:
    """List the screens; HTMX swaps the rows as filters change."""
    actor = await identity.require("pair")
    filters = args.filters(devices.Filters)
    async with connection() as conn:
        page = await devices.list_for(
            conn, actor, filters, cursor=request.args.get("cursor"), now=now()
        )
        counts = await devices.count(conn, actor, filters, now=now())
        fleet = await devices.count(conn, actor, now=now())
        all_stores = await stores.list_for(conn, actor)
        all_groups = await groups.list_all(conn)
    only_rows = args.wants_fragment("device-rows")
    template = "devices/_rows.html" if only_rows else "devices/index.html"
    return await render_template(
        template,
        page=page,
        counts=counts,
        filters=filters,
        views=_views(fleet, filters),
        filtered=filters != devices.NO_FILTERS,
        store_options=[("", "All stores"), *forms.choices(all_stores)],
        group_options=[("", "All groups"), *forms.choices(all_groups)],
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
        player_url=public_url("/player"),
        player_qr="" if any(fleet.values()) else qr.svg(public_url("/player")),
    )


@routes.get("/devices/<uuid:device_id>")
async def show(device_id: UUID) -> ResponseReturnValue:
    """Show one screen: what it is, what it plays now and next, and why."""
    actor = await identity.require("pair")
    async with connection() as conn:
        device = await devices.find(conn, actor, device_id, now=now())
        plan = await plans.current(conn, device_id, now=now())
        explained = await explanations.explain(conn, device_id, at=now(), now=now())
        trouble = await incidents.list_open(conn, actor, device_id=device_id)
        sent = await commands.list_for_device(
            conn, actor, device_id, limit=COMMANDS_SHOWN, now=now()
        )
        assigned = await assignments.list_for(conn, actor, target=Target("device", device_id))
        choices = await playlists.list_page(conn, limit=PLAYLIST_CHOICES_MAX)
        names = await plans.names(conn, plan)
    return await render_template(
        "devices/show.html",
        device=device,
        plan=plan,
        timeline=plan_timeline.lay_out(plan, names, timezone=device.timezone, now=now()),
        tz=ZoneInfo(device.timezone),
        hardware=hardware.describe(device.device_info),
        playing=on_screen.find(device.now_playing, plan),
        reasons=reasons.entries(explained, ZoneInfo(device.timezone)),
        incidents=trouble,
        commands=sent,
        assigned=assigned[0] if assigned else None,
        playlist_options=_playlist_options(choices.items, assigned),
    )


@routes.get("/devices/<uuid:device_id>/plan")
async def plan(device_id: UUID) -> ResponseReturnValue:
    """Show the plan of a screen: 72 hours, window by window, and the revisions it was given."""
    actor = await identity.require("pair")
    async with connection() as conn:
        device = await devices.find(conn, actor, device_id, now=now())
        plan = await plans.current(conn, device_id, now=now())
        names = await plans.names(conn, plan)
        revisions = await plans.list_for_device(conn, device_id, limit=REVISIONS_SHOWN)
        explained = await explanations.explain(conn, device_id, at=now(), now=now())
    return await render_template(
        "devices/plan.html",
        device=device,
        plan=plan,
        tz=ZoneInfo(device.timezone),
        revisions=revisions,
        reasons=reasons.entries(explained, ZoneInfo(device.timezone)),
        windows=plan_timeline.windows(plan, names, now=now()),
        timeline=plan_timeline.lay_out(plan, names, timezone=device.timezone, now=now()),
    )


@routes.route("/devices/<uuid:device_id>/edit", methods=["GET", "POST"])
async def edit(device_id: UUID) -> ResponseReturnValue:
    """Show the form, or change the screen and go back to it.

    A form that is shown again keeps the revision it was filled in for.
    """
    actor = await identity.require("manage")
    form = await forms.submitted(DeviceForm)
    async with connection() as conn:
        device = await devices.find(conn, actor, device_id, now=now())
        form.store_id.choices = forms.choices(await stores.list_for(conn, actor))
        form.group_ids.choices = forms.choices(await groups.list_all(conn))
        revision = forms.revision(await request.form)
        if request.method == "GET":
            revision = device.revision
            _fill(form, device)
        elif form.validate():
            try:
                await devices.change(
                    conn, actor, device_id, _changes(form), revision=revision, now=now()
                )
            except Invalid as error:
                forms.refuse(form, error)
            else:
                await flash(f"{form.name.data} was saved.", "ok")
                return redirect(f"/devices/{device_id}")
    status = 422 if form.errors or form.form_errors else 200
    page = await render_template("devices/edit.html", form=form, device=device, revision=revision)
    return page, status


@routes.post("/devices/<uuid:device_id>/playlist")
async def assign(device_id: UUID) -> ResponseReturnValue:
    """Give the screen its always-on playlist, or take it away."""
    actor = await identity.require("program")
    playlist_id = forms.uuid(await request.form, "playlist_id")
    target = Target("device", device_id)
    async with connection() as conn:
        if playlist_id is None:
            await assignments.remove(conn, actor, target, now=now())
            await flash("This screen has no playlist of its own any more.", "ok")
        else:
            assigned = await assignments.put(conn, actor, target, playlist_id, now=now())
            await flash(f"{assigned.playlist} plays within a minute.", "ok")
    return redirect(f"/devices/{device_id}")


@routes.post("/devices/<uuid:device_id>/commands")
async def send_command(device_id: UUID) -> ResponseReturnValue:
    """Queue a command; the screen gets it with its next heartbeat."""
    actor = await identity.require("manage")
    kind = (await request.form).get("kind", "")
    if kind not in commands.KINDS:
        raise Invalid.field("/kind", "unknown_command", "Screens know no such command.")
    async with connection() as conn:
        await commands.send(conn, actor, device_id, kind=kind, now=now())
    await flash("Sent. The screen gets it with its next heartbeat, within a minute.", "ok")
    return redirect(f"/devices/{device_id}")


@routes.post("/devices/<uuid:device_id>/retire")
async def retire(device_id: UUID) -> ResponseReturnValue:
    """Take the screen out of service; its history stays."""
    actor = await identity.require("manage")
    async with connection() as conn:
        device = await devices.retire(conn, actor, device_id, now=now())
    await flash(f"{device.name} is retired. Its plays stay in every report.", "ok")
    return redirect("/devices")


def _views(fleet: dict[devices.Health, int], filters: devices.Filters) -> list[dict[str, Any]]:
    chosen = filters.health if filters == devices.Filters(health=filters.health) else "filtered"
    words = {"online": "Online", "late": "Late", "offline": "Offline", "never": "Never seen"}
    return [
        {
            "label": "All screens",
            "href": "/devices",
            "count": sum(fleet.values()),
            "current": chosen is None,
        },
        *(
            {
                "label": words[health],
                "href": f"/devices?health={health}",
                "count": count,
                "current": chosen == health,
            }
            for health, count in fleet.items()
        ),
    ]


def _playlist_options(
    offered: list[playlists.Summary], assigned: list[assignments.Assignment]
) -> list[tuple[str, str]]:
    # The one it has is always among them, or saving the form as it is would take it away.
    known = {playlist.id for playlist in offered}
    own = [(str(a.playlist_id), a.playlist) for a in assigned if a.playlist_id not in known]
    return [("", "None of its own"), *own, *forms.choices(offered)]


def _fill(form: DeviceForm, device: devices.Device) -> None:
    form.name.data = device.name
    form.store_id.data = device.store_id
    form.group_ids.data = device.group_ids
    form.tags.data = ", ".join(device.tags)
    form.notes.data = device.notes


def _changes(form: DeviceForm) -> devices.Changes:
    tags = (form.tags.data or "").split(",")
    return devices.Changes(
        name=form.name.data or "",
        store_id=form.store_id.data,
        group_ids=form.group_ids.data or [],
        tags=list(dict.fromkeys(tag.strip() for tag in tags if tag.strip())),
        notes=form.notes.data or "",
    )
