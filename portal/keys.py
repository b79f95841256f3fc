"""API keys: made, shown once, and revoked."""

from datetime import UTC, datetime, time
from typing import cast
from uuid import UUID

from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length, Optional

from portal import args, forms, reach
from signage import keys
from signage.actors import Role
from signage.errors import Invalid
from web import identity
from web.services import connection, now, public_url

routes = Blueprint("keys", __name__)


class KeyForm(reach.ReachForm):
    """What makes a key."""

    name = StringField(
        "Name", [InputRequired("A key needs a name."), Length(max=keys.NAME_MAX_CHARS)]
    )
    expires_on = DateField("Expires on", [Optional()])


@routes.get("/settings/keys")
async def index() -> ResponseReturnValue:
    """List the keys, newest first."""
    actor = await identity.require("administer")
    async with connection() as conn:
        page = await keys.list_page(conn, actor, cursor=request.args.get("cursor"), now=now())
    return await render_template(
        "keys/index.html",
        page=page,
        reach=reach,
        example=_example(""),
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
    )


@routes.route("/settings/keys/new", methods=["GET", "POST"])
async def new() -> ResponseReturnValue:
    """Show the form, or make a key and show it this once."""
    actor = await identity.require("administer")
    form = await forms.submitted(KeyForm)
    made: keys.Created | None = None
    async with connection() as conn:
        await reach.offer(conn, actor, form)
        if request.method == "POST" and form.validate():
            try:
                made = await keys.create(conn, actor, _new(form), now=now())
            except Invalid as error:
                forms.refuse(form, error)
    if made is not None:
        return await render_template(
            "keys/created.html", made=made, example=_example(made.secret), reach=reach
        )
    return await render_template("keys/new.html", form=form, reach=reach), forms.status(form)


@routes.post("/settings/keys/<uuid:key_id>/revoke")
async def revoke(key_id: UUID) -> ResponseReturnValue:
    """Make a key worth nothing."""
    actor = await identity.require("administer")
    async with connection() as conn:
        key = await keys.revoke(conn, actor, key_id, now=now())
    await flash(f"{key.name} is revoked. Nothing gets in with it any more.", "ok")
    return redirect("/settings/keys")


def _new(form: KeyForm) -> keys.NewKey:
    role = cast(Role, form.role.data)
    chosen = form.store_ids.data or []
    last_day = form.expires_on.data
    return keys.NewKey(
        name=form.name.data or "",
        role=role,
        # Without a store a key reaches every store, where its role reaches stores at all.
        store_ids=chosen or None,
        campaign_ids=form.own_campaigns,
        expires_at=last_day and datetime.combine(last_day, time.max, UTC),
    )


def _example(key: str) -> str:
    bearer = key or "pbk1_..."
    return f'curl -H "Authorization: Bearer {bearer}" {public_url("/v1/admin/devices?limit=5")}'
