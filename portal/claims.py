"""Pairing codes: those made here to type into players, and what became of every claim."""

from typing import Any, get_args
from uuid import UUID

import asyncpg
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import Form, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from portal import args, forms, pair_links, qr
from signage import claim_lists, claims, devices, groups, new_claims, stores
from signage.actors import Actor
from signage.errors import PlaybillError
from web import identity
from web.services import connection, now, services

routes = Blueprint("claims", __name__)

DAY_S = 24 * 3600
LIVES = [
    (str(DAY_S), "1 day"),
    (str(7 * DAY_S), "7 days"),
    (str(30 * DAY_S), "30 days"),
    (str(90 * DAY_S), "90 days"),
]
TABS = {
    "open": "Open",
    "redeemed": "Used",
    "expired": "Expired",
    "revoked": "Taken back",
    "denied": "Turned away",
}


class CodeForm(Form):
    """What a code is for, and how long somebody may take to type it in."""

    store_id = SelectField("Store", [InputRequired("Choose a store.")], coerce=forms.chosen_id)
    name = StringField(
        "Screen name",
        [InputRequired("Name it after its place."), Length(max=devices.NAME_MAX_CHARS)],
    )
    group_ids = SelectMultipleField("Groups", coerce=UUID)
    ttl_s = SelectField("Valid for", default=str(DAY_S))


@routes.get("/pair/codes")
async def index() -> ResponseReturnValue:
    """List the claims, those that wait unless another state is asked for."""
    actor = await identity.require("pair")
    filters = args.filters(claim_lists.Filters)
    everything = request.args.get("state") == "all"
    if filters.state is None and not everything:
        filters = claim_lists.Filters("open", filters.store_id, filters.batch_id)
    async with connection() as conn:
        page = await claim_lists.list_for(
            conn, actor, filters, cursor=request.args.get("cursor"), now=now()
        )
        counts = await claim_lists.count(
            conn,
            actor,
            claim_lists.Filters(store_id=filters.store_id, batch_id=filters.batch_id),
            now=now(),
        )
        all_stores = await stores.list_for(conn, actor)
    only_rows = args.wants_fragment("claim-rows")
    return await render_template(
        "claims/_rows.html" if only_rows else "claims/index.html",
        page=page,
        shown_of=_matching(counts, filters),
        tabs=_tabs(counts, filters, everything),
        filters=filters,
        unused=counts.get("approved", 0) + counts.get("expired", 0),
        store_options=[("", "All stores"), *forms.choices(all_stores)],
        lives=LIVES,
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.route("/pair/codes/new", methods=["GET", "POST"])
async def new() -> ResponseReturnValue:
    """Show the form, or make the code and show it, this once."""
    actor = await identity.require("pair")
    form = await forms.submitted(CodeForm)
    async with connection() as conn:
        await _offer(conn, actor, form)
        if request.method == "POST" and form.validate():
            try:
                return await _made(conn, actor, form)
            except PlaybillError as error:
                forms.refuse(form, error)
    status = 422 if form.errors or form.form_errors else 200
    return await render_template("claims/new.html", form=form), status


@routes.post("/pair/codes/<uuid:claim_id>/revoke")
async def revoke(claim_id: UUID) -> ResponseReturnValue:
    """Take a code back that nobody has used."""
    actor = await identity.require("pair")
    async with connection() as conn:
        claim = await claims.revoke(conn, actor, claim_id, now=now())
    await flash(f"The code for {claim.name or 'the screen'} opens nothing any more.", "ok")
    return redirect("/pair/codes")


async def _made(conn: asyncpg.Connection, actor: Actor, form: CodeForm) -> ResponseReturnValue:
    approval = claims.Approval(form.store_id.data, form.name.data, form.group_ids.data or [])
    claim = await new_claims.open_for_console(
        conn, actor, approval, ttl_s=int(form.ttl_s.data), secret=services().secret, now=now()
    )
    store = await stores.find(conn, actor, approval.store_id)
    chosen = set(approval.group_ids)
    names = [group.name for group in await groups.list_all(conn) if group.id in chosen]
    link = pair_links.prefilled(store.code, form.name.data or "", names)
    page = await render_template(
        "claims/made.html", claim=claim, name=form.name.data, store=store, qr=qr.svg(link)
    )
    return page, 201


async def _offer(conn: asyncpg.Connection, actor: Actor, form: CodeForm) -> None:
    form.store_id.choices = forms.one_or_choose(await stores.list_for(conn, actor), "a store")
    form.group_ids.choices = forms.choices(await groups.list_by_hand(conn))
    form.ttl_s.choices = LIVES


def _matching(counts: dict[claims.State, int], filters: claim_lists.Filters) -> int:
    match filters.state:
        case None:
            return sum(counts.values())
        case "open":
            return counts.get("pending", 0) + counts.get("approved", 0)
        case state:
            return counts.get(state, 0)


def _tabs(
    counts: dict[claims.State, int], filters: claim_lists.Filters, everything: bool
) -> list[dict[str, Any]]:
    assert set(TABS) - {"open"} <= set(get_args(claims.State))  # noqa: S101 - every tab is a state
    tabs = [
        {
            "label": label,
            "href": args.with_args(state=state, cursor=None),
            "count": _matching(counts, claim_lists.Filters(state)),  # type: ignore[arg-type]  # asserted
            "current": filters.state == state,
        }
        for state, label in TABS.items()
    ]
    every = {"label": "All", "href": args.with_args(state="all", cursor=None)}
    return [*tabs, every | {"count": sum(counts.values()), "current": everything}]
