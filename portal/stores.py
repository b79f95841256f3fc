"""Stores: the list, one store with its week, and the form of its address and hours."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from quart import Blueprint, Response, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, forms, store_forms
from portal.store_forms import StoreForm
from signage import (
    assignments,
    device_lists,
    devices,
    opening_hours,
    playlists,
    store_changes,
    store_lists,
    store_weeks,
    stores,
    target_uses,
)
from signage.actors import Actor
from signage.errors import Conflict, Invalid
from signage.targets import Target
from web import identity, store_exports
from web.services import connection, now

routes = Blueprint("stores", __name__)

SCREENS_SHOWN = 50
DAYS_AHEAD_SHOWN = 6
PLAYLIST_CHOICES_MAX = 200
COLUMNS = {
    "name": ("Store", ""),
    "region": ("Region", ""),
    "timezone": ("Local time", ""),
    "screens": ("Screens", "num"),
    "online": ("Online", "num"),
    "late": ("Late", "num"),
    "offline": ("Offline", "num"),
}
LARGEST_FIRST = frozenset({"screens", "online", "late", "offline"})


@routes.get("/stores")
async def index() -> ResponseReturnValue:
    """List the stores; HTMX swaps the rows as filters change."""
    actor = await _reader()
    filters, sort = args.filters(store_lists.Filters), request.args.get("sort") or None
    async with connection() as conn:
        page = await store_lists.list_page(
            conn, actor, filters, sort=sort, cursor=request.args.get("cursor"), now=now()
        )
        totals = await store_lists.count(conn, actor, filters, now=now())
        choices = await store_lists.choices(conn, actor)
    only_rows = args.wants_fragment("store-rows")
    return await render_template(
        "stores/_rows.html" if only_rows else "stores/index.html",
        page=page,
        totals=totals,
        filters=filters,
        sort=sort or "",
        filtered=filters != store_lists.NO_FILTERS,
        heads=_heads(sort),
        zones={store.id: ZoneInfo(store.timezone) for store in page.items},
        region_options=[("", "All regions"), *((one, one) for one in choices.regions)],
        zone_options=[("", "All zones"), *((one, one) for one in choices.timezones)],
        csv_href=args.with_args(cursor=None).replace("/stores", "/stores.csv", 1),
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.get("/stores.csv")
async def csv() -> Response:
    """Export the list of the same address."""
    actor = await _reader()
    filters = args.filters(store_lists.Filters)
    return await store_exports.csv(actor, filters, request.args.get("sort") or None)


@routes.route("/stores/new", methods=["GET", "POST"])
async def new() -> ResponseReturnValue:
    """Show the form, or open the store and go to it."""
    actor = await identity.require("administer")
    form = await forms.submitted(StoreForm)
    if request.method == "POST" and form.validate():
        try:
            async with connection() as conn:
                store = await stores.create(conn, actor, store_forms.new_store(form), now=now())
        except (Invalid, Conflict) as error:
            _refuse(form, error)
        else:
            await flash(f"{store.name} is open. Add its screens next.", "ok")
            return redirect(f"/stores/{store.id}")
    return await _form_page(form, "stores/new.html")


@routes.get("/stores/<uuid:store_id>")
async def show(store_id: UUID) -> ResponseReturnValue:
    """Show one store: its week, its screens, and what plays there when nothing is scheduled."""
    actor = await _reader()
    async with connection() as conn:
        store = await stores.find(conn, actor, store_id)
        screens = await _screens(conn, actor, store_id)
        always_on = await target_uses.always_on(conn, actor, store_id)
        uses = await target_uses.list_for_store(conn, store_id)
        own = [use for use in uses if use.kind == "assignment"]
        options = await _playlist_options(conn, actor, own)
    monday = _monday(store)
    return await render_template(
        "stores/show.html",
        store=store,
        tz=ZoneInfo(store.timezone),
        state=store_weeks.state(store, now()),
        today=store_weeks.today(store, now()),
        week=store_weeks.week(store, monday),
        weeks={
            "previous": args.with_args(week=str(monday - timedelta(days=7))),
            "next": args.with_args(week=str(monday + timedelta(days=7))),
        },
        days_ahead=[
            (day, *store_weeks.hours_on(store, day))
            for day in store_weeks.ahead(store, now())[:DAYS_AHEAD_SHOWN]
        ],
        write_hours=opening_hours.write,
        screens=screens,
        always_on=always_on,
        schedules=[use for use in uses if use.kind == "schedule"],
        assigned=own[0] if own else None,
        playlist_options=options,
    )


@routes.route("/stores/<uuid:store_id>/edit", methods=["GET", "POST"])
async def edit(store_id: UUID) -> ResponseReturnValue:
    """Show the form, or change the store and go back to it.

    A form that is shown again keeps the revision it was filled in for.
    """
    actor = await identity.require("manage")
    whole = actor.may("administer")
    form = await forms.submitted(StoreForm)
    revision = forms.revision(await request.form)
    async with connection() as conn:
        store = await stores.find(conn, actor, store_id)
        store_forms.keep_chain_fields(form, store, all_of_them=not whole)
        if request.method == "GET":
            revision = store.revision
            store_forms.fill(form, store)
        elif form.validate():
            try:
                changes = store_forms.changes(form, whole=whole)
                await store_changes.change(
                    conn, actor, store_id, changes, revision=revision, now=now()
                )
            except (Invalid, Conflict) as error:
                _refuse(form, error)
            else:
                await flash(f"{form.name.data} was saved.", "ok")
                return redirect(f"/stores/{store_id}")
    return await _form_page(form, "stores/edit.html", store=store, revision=revision)


@routes.post("/stores/<uuid:store_id>/archive")
async def archive(store_id: UUID) -> ResponseReturnValue:
    """Close a store for good; 409 while screens stand there."""
    actor = await identity.require("administer")
    revision = forms.revision(await request.form)
    async with connection() as conn:
        store = await stores.find(conn, actor, store_id)
        await store_changes.archive(conn, actor, store_id, revision=revision, now=now())
    await flash(f"{store.name} is archived. Its plays stay in every report.", "ok")
    return redirect("/stores")


@routes.post("/stores/<uuid:store_id>/playlist")
async def assign(store_id: UUID) -> ResponseReturnValue:
    """Give the store its always-on playlist, or take it away."""
    actor = await identity.require("program")
    playlist_id = forms.uuid(await request.form, "playlist_id")
    target = Target("store", store_id)
    async with connection() as conn:
        await stores.find(conn, actor, store_id)
        if playlist_id is None:
            await assignments.remove(conn, actor, target, now=now())
            await flash("This store has no playlist of its own any more.", "ok")
        else:
            assigned = await assignments.put(conn, actor, target, playlist_id, now=now())
            await flash(f"{assigned.playlist} plays within a minute.", "ok")
    return redirect(f"/stores/{store_id}")


async def _reader() -> Actor:
    actor = await identity.signed_in()
    stores.require_reader(actor)
    return actor


def _heads(sort: str | None) -> list[tuple[str, ...]]:
    # A column of figures sorts by its largest first, and the other way round where it does already.
    chosen = sort or "name"
    heads: list[tuple[str, ...]] = []
    for key, (label, kind) in COLUMNS.items():
        first, other = (f"-{key}", key) if key in LARGEST_FIRST else (key, f"-{key}")
        direction = {key: "ascending", f"-{key}": "descending"}.get(chosen, "")
        href = args.with_args(sort=other if chosen == first else first, cursor=None)
        heads.append((label, kind, href, direction))
    return heads


async def _screens(conn: asyncpg.Connection, actor: Actor, store_id: UUID) -> list[devices.Device]:
    if not actor.may("watch"):
        return []
    filters = device_lists.Filters(store_id=store_id)
    page = await device_lists.list_page(conn, actor, filters, limit=SCREENS_SHOWN, now=now())
    return page.items


async def _playlist_options(
    conn: asyncpg.Connection, actor: Actor, own: list[target_uses.Use]
) -> list[tuple[str, str]]:
    if not actor.may("program"):
        return []
    offered = (await playlists.list_page(conn, limit=PLAYLIST_CHOICES_MAX)).items
    known = {playlist.id for playlist in offered}
    # The one it has is always among them, or saving the form as it is would take it away.
    kept = [(str(use.playlist_id), use.playlist) for use in own if use.playlist_id not in known]
    return [("", "None of its own"), *kept, *forms.choices(offered)]


def _monday(store: stores.Store) -> date:
    try:
        day = date.fromisoformat(request.args.get("week", ""))
    except ValueError:
        day = store_weeks.today(store, now())
    day = min(max(day, date(2000, 1, 3)), date(2199, 1, 1))
    return day - timedelta(days=day.weekday())


def _refuse(form: StoreForm, error: Invalid | Conflict) -> None:
    if isinstance(error, Invalid):
        forms.refuse(form, store_forms.at_fields(error))
    elif error.code == "store_code_taken":
        form.code.errors = [*form.code.errors, error.detail]
    else:
        raise error


async def _form_page(form: StoreForm, template: str, **more: Any) -> ResponseReturnValue:
    status = 422 if form.errors or form.form_errors else 200
    return await render_template(template, form=form, **more), status
