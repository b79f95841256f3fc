"""Pairing on a phone: the code on the screen, who asks, and whether to let it in."""

from uuid import UUID

import asyncpg
from quart import Blueprint, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue
from wtforms import BooleanField, Form, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from portal import args, forms, hardware, pair_links
from portal.pair_links import Prefill
from signage import claims, credentials, device_lists, devices, groups, plans, stores
from signage.actors import Actor
from signage.errors import NotFound, PlaybillError, TooMany
from web import identity
from web.services import connection, now, public_url, services

routes = Blueprint("pair", __name__)

REPLACES_SHOWN_MAX = 500


class ApproveForm(Form):
    """Where the screen stands, what it is called, and that it is really this one."""

    store_id = SelectField("Store", [InputRequired("Choose a store.")], coerce=forms.chosen_id)
    name = StringField("Screen name", [InputRequired("Name it after its place."), Length(max=200)])
    group_ids = SelectMultipleField("Groups", coerce=UUID)
    replaces_device_id = SelectField("Replaces", coerce=forms.chosen_id)
    confirmed = BooleanField(
        "This code is on the screen in front of me",
        [InputRequired("Look at the screen: is this code on it?")],
    )


@routes.get("/pair")
async def index() -> ResponseReturnValue:
    """Ask for the code, or show who asks where the QR code or somebody gave it."""
    actor = await identity.require("pair")
    code = request.args.get("code", "").strip()
    prefill = pair_links.asked_for()
    if not code:
        return await _ask(code, "", 200, prefill)
    return await _show(actor, code, ApproveForm(), 200, prefill)


@routes.post("/pair")
async def approve() -> ResponseReturnValue:
    """Let the screen in, then wait for its first picture."""
    actor = await identity.require("pair")
    form = await forms.submitted(ApproveForm)
    code = (await request.form).get("code", "")
    async with connection() as conn:
        await _offer(conn, actor, form)
        if form.validate():
            try:
                claim = await claims.approve(
                    conn, actor, code, _approval(form), secret=services().secret, now=now()
                )
            except NotFound as error:
                return await _ask(code, error.detail, 404)
            except PlaybillError as error:
                forms.refuse(form, error)
            else:
                return redirect(url_for("portal.pair.waiting", claim_id=claim.id))
    return await _show(actor, code, form, 422)


@routes.post("/pair/deny")
async def deny() -> ResponseReturnValue:
    """Turn the screen away."""
    actor = await identity.require("pair")
    code = (await request.form).get("code", "")
    async with connection() as conn:
        await claims.deny(conn, actor, code, secret=services().secret, now=now())
    await flash("That screen was turned away. It shows nothing of yours.", "ok")
    return redirect("/pair")


@routes.get("/pair/claims/<uuid:claim_id>")
async def waiting(claim_id: UUID) -> ResponseReturnValue:
    """Show how far the screen came; HTMX asks again until its first frame is reported."""
    actor = await identity.require("pair")
    async with connection() as conn:
        claim = await claims.find(conn, actor, claim_id, now=now())
        store = await stores.find(conn, actor, claim.store_id) if claim.store_id else None
        device, planned = None, True
        if claim.device_id is not None:
            device = await devices.find(conn, actor, claim.device_id, now=now())
            plan = await plans.current(conn, claim.device_id, now=now())
            planned = bool(plan.document()["windows"])
    only_progress = args.wants_fragment("pair-progress")
    template = "pair/_progress.html" if only_progress else "pair/waiting.html"
    return await render_template(template, claim=claim, store=store, device=device, planned=planned)


async def _show(
    actor: Actor, code: str, form: ApproveForm, status: int, prefill: Prefill | None = None
) -> ResponseReturnValue:
    try:
        async with connection() as conn:
            claim = await claims.find_pending(
                conn, actor, code, secret=services().secret, now=now()
            )
            await _offer(conn, actor, form, prefill)
    except TooMany as error:
        page, status = await _ask(code, error.detail, 429, prefill)
        return page, status, forms.headers(error)
    except NotFound as error:
        return await _ask(code, error.detail, 404, prefill)
    shown = credentials.grouped(credentials.plain_code(code))
    page = await render_template(
        "pair/show.html",
        claim=claim,
        code=shown,
        form=form,
        hardware=hardware.describe(claim.device_info),
    )
    return page, status


async def _ask(
    code: str, error: str, status: int, prefill: Prefill | None = None
) -> tuple[str, int]:
    page = await render_template(
        "pair/index.html",
        code=code,
        error=error,
        prefill=prefill or Prefill(),
        player_url=public_url("/player"),
    )
    return page, status


async def _offer(
    conn: asyncpg.Connection, actor: Actor, form: ApproveForm, prefill: Prefill | None = None
) -> None:
    own_stores = await stores.list_for(conn, actor)
    all_groups = await groups.list_by_hand(conn)
    form.store_id.choices = forms.one_or_choose(own_stores, "a store")
    form.group_ids.choices = forms.choices(all_groups)
    page = await device_lists.list_page(conn, actor, limit=REPLACES_SHOWN_MAX, now=now())
    form.replaces_device_id.choices = [("", "Nothing, it is a new screen")] + [
        (str(device.id), f"{device.name}, {device.store}") for device in page.items
    ]
    if prefill is not None:
        # Only what this person may choose is filled in; the rest is as if it had not been asked.
        named = [store.id for store in own_stores if store.code == prefill.store]
        form.store_id.data = named[0] if named else None
        form.name.data = prefill.name
        form.group_ids.data = [group.id for group in all_groups if group.name in prefill.groups]


def _approval(form: ApproveForm) -> claims.Approval:
    return claims.Approval(
        store_id=form.store_id.data,
        name=form.name.data,
        group_ids=form.group_ids.data or [],
        replaces_device_id=form.replaces_device_id.data,
    )
