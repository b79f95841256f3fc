"""Campaigns: planned and played, how they keep pace, and where they run."""

from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import DateField, Form, IntegerField, StringField
from wtforms.validators import InputRequired, Length, Optional

from portal import args, charts, forms, pace
from signage import campaign_standings, campaign_uses, campaigns, reports
from signage.actors import Actor
from signage.campaign_standings import Standing
from signage.errors import PlaybillError, Stale
from signage.report_query import ReportQuery
from web import identity
from web.services import connection, now

routes = Blueprint("campaigns", __name__)

CHART_DAYS = 31
ROWS_SHOWN = 10
STATES = {
    "": "All",
    "running": "Running",
    "planned": "Planned",
    "ended": "Ended",
    "archived": "Archived",
}


class CampaignForm(Form):
    """What is booked."""

    name = StringField(
        "Name", [InputRequired("Give it a name."), Length(max=campaigns.NAME_MAX_CHARS)]
    )
    advertiser = StringField("Advertiser", [Length(max=campaigns.ADVERTISER_MAX_CHARS)])
    contract_number = StringField("Contract number", [Length(max=campaigns.CONTRACT_MAX_CHARS)])
    starts_on = DateField("First day", [Optional()])
    ends_on = DateField("Last day", [Optional()], description="Included")
    planned_plays = IntegerField("Planned plays", [Optional()])


@routes.get("/campaigns")
async def index() -> ResponseReturnValue:
    """List the campaigns; HTMX swaps the rows as filters change."""
    actor = await _reader()
    filters = args.filters(campaign_standings.Filters)
    sort = request.args.get("sort", "name")
    async with connection() as conn:
        page = await campaign_standings.list_page(
            conn, actor, filters, sort=sort, cursor=request.args.get("cursor"), now=now()
        )
        counts = await campaign_standings.count(conn, actor, filters, now=now())
        advertisers = await campaign_standings.advertisers(conn, actor)
    fragment = args.wants_fragment("campaigns")
    return await render_template(
        "campaigns/_rows.html" if fragment else "campaigns/index.html",
        page=page,
        total=_total(counts, filters),
        filters=filters,
        filtered=filters != campaign_standings.NO_FILTERS,
        paces={one.id: pace.describe(one) for one in page.items},
        heads=_heads(sort),
        sort=request.args.get("sort", ""),
        states=list(STATES.items()),
        advertisers=[("", "All advertisers"), *((name, name) for name in advertisers)],
        first_href=args.with_args(cursor=None) if request.args.get("cursor") else "",
        next_href=page.next_cursor and args.with_args(cursor=page.next_cursor),
        may_change=actor.may("program"),
    )


@routes.route("/campaigns/new", methods=["GET", "POST"])
async def new() -> ResponseReturnValue:
    """Book a campaign."""
    actor = await identity.require("program")
    form = await forms.submitted(CampaignForm)
    if request.method == "POST" and form.validate():
        booked = campaigns.NewCampaign(**_values(form))
        try:
            async with connection() as conn:
                made = await campaigns.create(conn, actor, booked, now=now())
        except PlaybillError as error:
            forms.refuse(form, error)
        else:
            return redirect(f"/campaigns/{made.id}")
    status = 422 if form.errors or form.form_errors else 200
    return await render_template("campaigns/new.html", form=form), status


@routes.get("/campaigns/<uuid:campaign_id>")
async def show(campaign_id: UUID) -> ResponseReturnValue:
    """Show how a campaign stands, its plays by day, its content and where it runs."""
    actor = await _reader()
    async with connection() as conn:
        campaign = await campaign_standings.find(conn, actor, campaign_id, now=now())
        told = await _told(conn, actor, campaign)
        pieces = await campaign_uses.content(conn, actor, campaign_id)
        holders = (
            await campaign_uses.holders(conn, actor, campaign_id) if actor.may("program") else []
        )
    return await render_template(
        "campaigns/show.html",
        campaign=campaign,
        pace=pace.describe(campaign),
        pieces=pieces,
        holders=holders,
        may_change=actor.may("program") and campaign.archived_at is None,
        may_program=actor.may("program"),
        **told,
    )


@routes.route("/campaigns/<uuid:campaign_id>/edit", methods=["GET", "POST"])
async def edit(campaign_id: UUID) -> ResponseReturnValue:
    """Change what is booked; a form that was overtaken is refused with what is there now."""
    actor = await identity.require("program")
    async with connection() as conn:
        campaign = await campaign_standings.find(conn, actor, campaign_id, now=now())
        values = await request.form
        form = CampaignForm(values, obj=campaign)
        revision = forms.revision(values) or campaign.revision
        if request.method == "POST" and form.validate():
            changes = campaigns.Changes(**_values(form))
            try:
                await campaigns.change(
                    conn, actor, campaign_id, changes, revision=revision, now=now()
                )
            except Stale as stale:
                return await _overtaken(campaign, form, stale), 409
            except PlaybillError as error:
                forms.refuse(form, error)
            else:
                return redirect(f"/campaigns/{campaign_id}")
    status = 422 if form.errors or form.form_errors else 200
    page = await render_template(
        "campaigns/edit.html", campaign=campaign, form=form, revision=revision, theirs=[]
    )
    return page, status


@routes.post("/campaigns/<uuid:campaign_id>/archive")
async def archive(campaign_id: UUID) -> ResponseReturnValue:
    """Put a campaign away."""
    actor = await identity.require("program")
    async with connection() as conn:
        campaign = await campaign_standings.find(conn, actor, campaign_id, now=now())
        await campaigns.archive(conn, actor, campaign_id, now=now())
    await flash(f"{campaign.name} is archived. Its plays stay counted for it.", "ok")
    return redirect("/campaigns")


@routes.post("/campaigns/<uuid:campaign_id>/restore")
async def restore(campaign_id: UUID) -> ResponseReturnValue:
    """Bring an archived campaign back."""
    actor = await identity.require("program")
    async with connection() as conn:
        await campaigns.restore(conn, actor, campaign_id, now=now())
    await flash("The campaign is back.", "ok")
    return redirect(f"/campaigns/{campaign_id}")


async def _reader() -> Actor:
    # Whoever programs reads reports too, so the page can always tell the plays.
    return await identity.require("report")


async def _told(conn: asyncpg.Connection, actor: Actor, campaign: Standing) -> dict[str, Any]:
    """Return what the proof of play tells of the campaign."""
    last = min(campaign.ends_on or date.max, now().astimezone(UTC).date())
    first = last - timedelta(days=CHART_DAYS - 1)
    asked = ReportQuery(from_=first, to=last, campaign_id=[campaign.id], limit=ROWS_SHOWN)
    by_store = ReportQuery(
        from_=first, to=last, campaign_id=[campaign.id], group_by=["store"], sort="-plays",
        limit=ROWS_SHOWN,
    )  # fmt: skip
    days = await reports.by_day(conn, actor, asked)
    stores = await reports.proof_of_play(conn, actor, by_store, now=now())
    top = await reports.top_content(conn, actor, asked)
    report = f"/proof-of-play?campaign_id={campaign.id}&from={first}&to={last}"
    return {
        "chart": _chart(days, campaign),
        "totals": stores.totals,
        "stores": stores.rows,
        "plays_of": {row["content_id"]: row["plays"] for row in top},
        "report_href": report,
    }


def _chart(days: list[reports.DayOfPlays], campaign: Standing) -> charts.Bars:
    planned = pace.planned_a_day(campaign)
    played = charts.Series("Played", [day.plays for day in days], "accent")
    expected = charts.Series(
        "Planned", [planned if pace.runs_on(campaign, day.day) else None for day in days], "muted"
    )
    labels = [f"{day.day.day} {day.day:%b}" for day in days]
    return charts.bars(labels, [expected, played] if planned else [played])


async def _overtaken(campaign: Standing, form: CampaignForm, stale: Stale) -> str:
    """Return the form as it was filled in, with what stands there now beside it."""
    form.form_errors.append(stale.detail)
    theirs = [
        (field.label.text, getattr(campaign, field.name))
        for field in form
        if getattr(campaign, field.name) != field.data
    ]
    return await render_template(
        "campaigns/edit.html",
        campaign=campaign,
        form=form,
        revision=campaign.revision,
        theirs=theirs,
    )


def _values(form: CampaignForm) -> dict[str, Any]:
    texts = ("name", "advertiser", "contract_number")
    return {field.name: (field.data or "") if field.name in texts else field.data for field in form}


def _total(counts: dict[campaign_standings.State, int], filters: campaign_standings.Filters) -> int:
    if filters.state:
        return counts.get(filters.state, 0)
    return sum(count for state, count in counts.items() if state != "archived")


def _heads(sort: str) -> list[tuple[str, ...]]:
    columns = (
        ("Name", "", "name"),
        ("State", "", ""),
        ("From", "", "starts_on"),
        ("Until", "", "ends_on"),
        ("Planned", "num", "planned_plays"),
        ("Played", "num", "played"),
        ("Pace", "", "pace"),
    )
    return [_head(label, kind, key, sort) for label, kind, key in columns]


def _head(label: str, kind: str, key: str, sort: str) -> tuple[str, ...]:
    if not key:
        return (label, kind)
    href = args.with_args(sort=f"-{key}" if sort == key else key, cursor=None)
    return (label, kind, href, {key: "ascending", f"-{key}": "descending"}.get(sort, ""))
