"""Reports: ``/v1/admin/reports``, as JSON and as CSV with the same totals."""

from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import report_query, reports
from web import bodies, exports
from web.services import connection, now

routes = Blueprint("reports", __name__)


@routes.get("/reports/proof-of-play")
async def proof_of_play() -> Response:
    """Report the plays of a period, grouped and filtered; totals are of the whole result."""
    actor = await caller()
    query = report_query.read(request.args.items(multi=True))
    async with connection() as conn:
        report = await reports.proof_of_play(conn, actor, query, now=now())
    answer = bodies.reply(report)
    answers.link_next(answer, report.next_cursor)
    return answer


@routes.get("/reports/proof-of-play.csv")
async def proof_of_play_csv() -> Response:
    """Export the whole result of the same query as CSV."""
    actor = await caller()
    return await exports.proof_of_play_csv(actor, report_query.read(request.args.items(multi=True)))
