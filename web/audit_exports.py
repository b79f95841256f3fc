"""The audit log as a download, with the head of its chain, so that missing rows show later."""

from quart import Response

from signage import audit_chain, audit_csv
from signage.actors import Actor
from signage.audit_entries import Filters
from web import exports
from web.services import connection, now

HEAD_HEADER = "Playbill-Audit-Head"


async def csv(actor: Actor, filters: Filters) -> Response:
    """Answer with everything that matches; what is wrong with the filters is raised before."""
    async with connection() as conn:
        head = await audit_chain.head(conn)
    answer = await exports.csv(
        f"audit-log-{now():%Y-%m-%d}.csv",
        lambda conn: audit_csv.pieces(conn, actor, filters, now=now()),
    )
    answer.headers[HEAD_HEADER] = str(head)
    return answer
