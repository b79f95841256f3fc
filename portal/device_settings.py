"""What is done to one device: its settings, commands, and the ways out of service and back."""

from uuid import UUID

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import Form, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal import device_page, forms
from signage import assignments, commands, devices, groups, stores
from signage.errors import Invalid
from signage.targets import Target
from web import identity
from web.services import connection, now

routes = Blueprint("device_settings", __name__)


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


@routes.route("/devices/<uuid:device_id>/settings", methods=["GET", "POST"])
async def settings(device_id: UUID) -> ResponseReturnValue:
    """Show the form, or change the screen and go back to it.

    A form that is shown again keeps the revision it was filled in for.
    """
    actor = await identity.require("watch" if request.method == "GET" else "manage")
    form = await forms.submitted(DeviceForm)
    async with connection() as conn:
        frame = await device_page.frame(conn, actor, device_id, "settings")
        form.store_id.choices = forms.choices(await stores.list_for(conn, actor))
        form.group_ids.choices = forms.choices(await groups.list_by_hand(conn))
        revision = forms.revision(await request.form)
        if request.method == "GET":
            revision = frame.device.revision
            _fill(form, frame.device)
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
    page = await render_template(
        "devices/settings.html", **frame.values(), form=form, revision=revision
    )
    return page, status


@routes.post("/devices/<uuid:device_id>/playlist")
async def assign(device_id: UUID) -> ResponseReturnValue:
    """Give the screen its always-on playlist, or take it away."""
    actor = await identity.require("program")
    playlist_id = forms.uuid(await request.form, "playlist_id")
    target = Target("device", device_id)
    async with connection() as conn:
        await devices.find(conn, actor, device_id, now=now())
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
    return redirect(f"/devices/{device_id}/commands")


@routes.post("/devices/<uuid:device_id>/revoke")
async def revoke(device_id: UUID) -> ResponseReturnValue:
    """Stop the tokens of a screen that is lost or copied."""
    actor = await identity.require("manage")
    async with connection() as conn:
        device = await devices.revoke(conn, actor, device_id, now=now())
    await flash(f"The key of {device.name} is stopped. Pair it again to replace it.", "ok")
    return redirect(f"/devices/{device_id}")


@routes.post("/devices/<uuid:device_id>/retire")
async def retire(device_id: UUID) -> ResponseReturnValue:
    """Take the screen out of service; its history stays."""
    actor = await identity.require("manage")
    async with connection() as conn:
        device = await devices.retire(conn, actor, device_id, now=now())
    await flash(f"{device.name} is retired. Its plays stay in every report.", "ok")
    return redirect("/devices")


@routes.post("/devices/<uuid:device_id>/reinstate")
async def reinstate(device_id: UUID) -> ResponseReturnValue:
    """Take a revoked or retired screen back into service."""
    actor = await identity.require("manage")
    async with connection() as conn:
        device = await devices.reinstate(conn, actor, device_id, now=now())
    await flash(f"{device.name} is back in service. Pair it again, as a replacement.", "ok")
    return redirect(f"/devices/{device_id}")


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
