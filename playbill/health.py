"""Whether this process serves, for load balancers and for the one who has just started it."""

from quart import Quart, Response

from web import bodies, problems
from web.services import connection


def register(app: Quart) -> None:
    """Add /healthz (the process answers) and /readyz (the database does, too)."""
    app.get("/healthz")(healthz)
    app.get("/readyz")(readyz)


async def healthz() -> Response:
    """Answer 200 as soon as this process takes requests."""
    return bodies.reply({"status": "ok"})


async def readyz() -> Response:
    """Answer 200 while the database answers, else 503."""
    try:
        async with connection() as conn:
            await conn.fetchval("/* health.readyz */ SELECT 1")
    except problems.DATABASE_AWAY:
        return problems.problem(503, "unavailable", "The database does not answer.")
    return bodies.reply({"status": "ready"})
