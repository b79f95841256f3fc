"""Proof of play: what was really shown, as figures, chart, rows and CSV with the same totals."""

from datetime import timedelta

from quart import Blueprint, Response, render_template, request
from quart.typing import ResponseReturnValue

from portal import args, charts
from signage import campaigns, report_query, reports, stores
from signage.report_query import ReportQuery
from web import exports, identity
from web.services import connection, now

routes = Blueprint("proof_of_play", __name__)

DEFAULT_DAYS = 7
DEFAULT_GROUPING = "campaign"
GROUPINGS = ("campaign", "store", "day", "content", "device", "week", "month", "hour")
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
        booked = await campaigns.list_page(conn, limit=CAMPAIGNS_SHOWN_MAX)
        places = await stores.list_for(conn, actor)
    return await render_template(
        "proof_of_play/index.html",
        report=report,
        earlier=earlier,
        query=query,
        group=query.group_by[0],
        groupings=GROUPINGS,
        chart=_chart(by_day),
        campaigns=booked.items,
        stores=places,
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


def _chart(days: list[reports.DayOfPlays]) -> charts.Bars:
    return charts.stacked(
        [f"{day.day:%a} {day.day.day}" for day in days],
        [
            charts.Series("Plays", [day.plays for day in days], "accent"),
            charts.Series("Partial", [day.partial for day in days], "warn"),
            charts.Series("Failed", [day.failed for day in days], "crit"),
        ],
    )
