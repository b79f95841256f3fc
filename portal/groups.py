"""Groups: which of them wins, what is in one, and what plays there."""

from typing import Any
from uuid import UUID

from quart import Blueprint, Response, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, forms, group_forms
from portal.group_forms import GroupForm
from signage import (
    device_lists,
    group_changes,
    group_members,
    group_ranks,
    group_rules,
    groups,
    stores,
    target_uses,
)
from signage.actors import Actor
from signage.errors import Conflict, Invalid, PlaybillError
from web import identity
from web.services import connection, now

routes = Blueprint("groups", __name__)

GROUPS_SHOWN = 200
MODELS_NAMED = 8


@routes.get("/groups")
async def index() -> ResponseReturnValue:
    """List the groups, the winning one first; who reaches every store puts them in order."""
    actor = await _reader()
    q, cursor = request.args.get("q", ""), request.args.get("cursor")
    async with connection() as conn:
        page = await groups.list_page(
            conn, actor, q=q, sort="-rank", limit=GROUPS_SHOWN, cursor=cursor
        )
    whole = not (q or cursor or page.next_cursor)
    return await render_template(
        "groups/index.html",
        page=page,
        q=q,
        sortable=whole and actor.may("manage") and actor.store_ids is None,
        order_revision=group_ranks.revision([group.id for group in page.items]),
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.post("/groups/order")
async def move() -> ResponseReturnValue:
    """Move a group to the place ``to``, counted from 1; answers 204 with the order's revision."""
    actor = await identity.require("manage")
    values = await request.form
    group_id, to = forms.uuid(values, "item"), forms.whole_number(values, "to")
    if group_id is None:
        raise Invalid.field("/item", "missing_group", "Say which group moves.")
    async with connection() as conn:
        revision = await group_ranks.move(
            conn, actor, group_id, to or 1, read=forms.revision(values), now=now()
        )
    if "HX-Request" in request.headers or request.accept_mimetypes.best != "text/html":
        return Response(b"", status=204, headers={"X-Revision": str(revision)})
    return redirect("/groups")


@routes.route("/groups/new", methods=["GET", "POST"])
async def new() -> ResponseReturnValue:
    """Show the form, or make the group and go to it."""
    actor = await identity.require("manage")
    form = await forms.submitted(GroupForm)
    async with connection() as conn:
        if request.method == "POST" and form.validate():
            try:
                rule = await group_forms.rule(conn, actor, form)
                name = form.name.data or ""
                group = await groups.create(conn, actor, name=name, rule=rule, now=now())
            except (Invalid, Conflict) as error:
                _refuse(form, error)
            else:
                await flash(f"{group.name} was made. It ranks above the others.", "ok")
                return redirect(f"/groups/{group.id}")
        models = await group_rules.models(conn, actor)
    return await _form_page(form, "groups/new.html", models=models[:MODELS_NAMED])


@routes.get("/groups/<uuid:group_id>")
async def show(group_id: UUID) -> ResponseReturnValue:
    """Show one group: its screens and what is put on it."""
    actor = await _reader()
    async with connection() as conn:
        group = await groups.find_for(conn, actor, group_id)
        page = None
        if actor.may("watch"):
            filters = device_lists.Filters(group_id=group_id)
            page = await device_lists.list_page(
                conn, actor, filters, cursor=request.args.get("cursor"), now=now()
            )
        uses = await target_uses.list_for_group(conn, group_id)
        named = await stores.names_of(conn, actor, group.rule.store_ids if group.rule else [])
    return await render_template(
        "groups/show.html",
        group=group,
        rule_words=group_forms.in_words(group.rule, named) if group.rule else "",
        page=page,
        uses=uses,
        next_href=page and page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.get("/groups/<uuid:group_id>/add")
async def find_screens(group_id: UUID) -> ResponseReturnValue:
    """Search for screens to put in the group."""
    actor = await identity.require("manage")
    filters = args.filters(device_lists.Filters)
    async with connection() as conn:
        group = await groups.find_for(conn, actor, group_id)
        page = await device_lists.list_page(
            conn, actor, filters, cursor=request.args.get("cursor"), now=now()
        )
    return await render_template(
        "groups/add.html",
        group=group,
        q=filters.q or "",
        page=page,
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.post("/groups/<uuid:group_id>/devices")
async def change_devices(group_id: UUID) -> ResponseReturnValue:
    """Put the ticked screens in the group, or take them out."""
    actor = await identity.require("manage")
    values = await request.form
    adding = values.get("do") == "add"
    change = group_members.add if adding else group_members.remove
    async with connection() as conn:
        group = await change(conn, actor, group_id, _ids(values.getlist("ids")), now=now())
    done = "have" if group.devices != 1 else "has"
    screens = f"{group.devices} screens" if group.devices != 1 else "1 screen"
    await flash(f"{screens} {done} a place in {group.name} now.", "ok")
    return redirect(f"/groups/{group_id}")


@routes.route("/groups/<uuid:group_id>/edit", methods=["GET", "POST"])
async def edit(group_id: UUID) -> ResponseReturnValue:
    """Show the form, or change the group and go back to it.

    A form that is shown again keeps the revision it was filled in for.
    """
    actor = await identity.require("manage")
    form = await forms.submitted(GroupForm)
    revision = forms.revision(await request.form)
    async with connection() as conn:
        group = await groups.find_for(conn, actor, group_id)
        if request.method == "GET":
            revision = group.revision
            await group_forms.fill(conn, actor, form, group)
        elif form.validate():
            try:
                rule = await group_forms.rule(conn, actor, form)
                changes = group_changes.Changes(name=form.name.data or "", rule=rule)
                await group_changes.change(
                    conn, actor, group_id, changes, revision=revision, now=now()
                )
            except (Invalid, Conflict) as error:
                _refuse(form, error)
            else:
                await flash(f"{form.name.data} was saved.", "ok")
                return redirect(f"/groups/{group_id}")
        models = await group_rules.models(conn, actor)
    return await _form_page(
        form, "groups/edit.html", group=group, revision=revision, models=models[:MODELS_NAMED]
    )


@routes.post("/groups/<uuid:group_id>/delete")
async def archive(group_id: UUID) -> ResponseReturnValue:
    """Delete the group; 409 while something targets it."""
    actor = await identity.require("manage")
    revision = forms.revision(await request.form)
    async with connection() as conn:
        group = await groups.find(conn, group_id)
        await group_changes.archive(conn, actor, group_id, revision=revision, now=now())
    await flash(f"{group.name} is deleted. Its screens stay where they are.", "ok")
    return redirect("/groups")


async def _reader() -> Actor:
    actor = await identity.signed_in()
    stores.require_reader(actor)
    return actor


def _ids(given: list[str]) -> list[UUID]:
    try:
        ids = [UUID(text) for text in given]
    except ValueError as error:
        raise Invalid.field("/ids", "invalid_id", "Choose screens from the list.") from error
    if not ids:
        raise Invalid.field("/ids", "nothing_chosen", "Tick the screens first.")
    return ids


def _refuse(form: GroupForm, error: PlaybillError) -> None:
    if isinstance(error, Invalid):
        forms.refuse(form, group_forms.at_fields(error))
    elif error.code == "group_exists":
        form.name.errors = [*form.name.errors, "Another group has this name."]
    else:
        raise error


async def _form_page(form: GroupForm, template: str, **more: Any) -> ResponseReturnValue:
    status = 422 if form.errors or form.form_errors else 200
    return await render_template(template, form=form, **more), status
