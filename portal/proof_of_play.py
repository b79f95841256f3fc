"""Proof of play: what was really shown, as figures, chart, rows and CSV with the same totals."""

from datetime import timedelta

from quart import Blueprint, Response, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, charts, forms, ui
from signage import campaigns, report_query, reports, stores
from signage.report_query import ReportQuery
from web import exports, identity
from web.services import connection, now

routes = Blueprint("proof_of_play", __name__)

DEFAULT_DAYS = 7
DEFAULT_GROUPING = "campaign"
GROUPINGS = {
    "campaign": "Campaign",
    "store": "Store",
    "day": "Day",
    "content": "Content",
    "device": "Screen",
    "week": "Week",
    "month": "Month",
    "hour": "Hour of day",
}
COLUMNS = {
    "plays": ("Plays", "num"),
    "partial": ("Partial", "num"),
    "failed": ("Failed", "num"),
    "duration_ms": ("On screen", "num"),
    "screens": ("Screens", "num"),
    "last_played_at": ("Last play", ""),
}
DEEPER = {"campaign": "content", "store": "device", "content": "store", "device": "content"}
"""What a row is looked into by: a campaign by its contents, a store by its screens."""
CAMPAIGNS_SHOWN_MAX = 500


@routes.get("/proof-of-play")
async def index() -> ResponseReturnValue:
    """Show the report for the period, grouping and filters in the address."""
    actor = await identity.require("report")
    query = _query()
    async with connection() as conn:
        report = await reports.proof_of_play(conn, actor, query, now=now())
        earlier = await reports.before(conn, actor, query)
        by_day = await reports.by_day(conn, actor, query)
        booked = await campaigns.list_page(conn, only=actor.campaign_ids, limit=CAMPAIGNS_SHOWN_MAX)
        places = await stores.list_for(conn, actor)
    return await render_template(
        "proof_of_play/index.html",
        report=report,
        query=query,
        period=_period(query),
        group=query.group_by[0],
        group_word=GROUPINGS[query.group_by[0]],
        grouping_options=list(GROUPINGS.items()),
        heads=_heads(query),
        deeper=_deeper(query.group_by[0]),
        change=_change(report.totals.plays, earlier.plays),
        chart=_chart(by_day),
        campaign_options=[("", "All campaigns"), *forms.choices(booked.items)],
        store_options=[("", "All stores"), *forms.choices(places)],
        csv_href=f"/proof-of-play.csv?{_query_string(query)}",
        next_href=report.next_cursor and args.with_args(cursor=report.next_cursor),
    )


@routes.get("/proof-of-play.csv")
async def csv() -> Response:
    """Export the whole result of the same address."""
    actor = await identity.require("report")
    return await exports.proof_of_play_csv(actor, _query())


def _query() -> ReportQuery:
    today = now().date()
    given = [(name, value) for name, value in request.args.items(multi=True) if value]
    names = {name for name, _ in given}
    defaults = {
        "from": (today - timedelta(days=DEFAULT_DAYS - 1)).isoformat(),
        "to": today.isoformat(),
        "group_by": DEFAULT_GROUPING,
    }
    return report_query.read(
        [*given, *((name, value) for name, value in defaults.items() if name not in names)]
    )


def _query_string(query: ReportQuery) -> str:
    own = {"from": str(query.from_), "to": str(query.to), "group_by": ",".join(query.group_by)}
    return args.with_args(cursor=None, **own).partition("?")[2]


def _period(query: ReportQuery) -> str:
    first, last = query.from_, query.to
    return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"


def _heads(query: ReportQuery) -> list[tuple[str, ...]]:
    # A column sorts by its largest first, and the other way round where it already does.
    chosen = query.sort or ""
    return [
        (GROUPINGS[query.group_by[0]], ""),
        *(
            (
                label,
                kind,
                args.with_args(sort=key if chosen == f"-{key}" else f"-{key}", cursor=None),
                {f"-{key}": "descending", key: "ascending"}.get(chosen, ""),
            )
            for key, (label, kind) in COLUMNS.items()
        ),
    ]


def _deeper(group: str) -> str:
    """Return the address of the report on one row, to be followed by the row's id."""
    if group not in DEEPER:
        return ""
    own = {f"{group}_id": None, "cursor": None, "sort": None}
    return f"{args.with_args(group_by=DEEPER[group], **own)}&{group}_id="


def _change(plays: int, before: int) -> str:
    """Return how many more or fewer plays there are, as a signed percentage; none from nothing."""
    if not before:
        return ""
    share = plays / before - 1
    return f"{'+' if share >= 0 else '-'}{ui.percent(abs(share))}"


def _chart(days: list[reports.DayOfPlays]) -> charts.Bars:
    return charts.stacked(
        [f"{day.day:%a} {day.day.day}" for day in days],
        [
            charts.Series("Plays", [day.plays for day in days], "accent"),
            charts.Series("Partial", [day.partial for day in days], "warn"),
            charts.Series("Failed", [day.failed for day in days], "crit"),
        ],
    )
