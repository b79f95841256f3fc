"""Who calls the admin API, and how often it may."""

from quart import g

from signage.actors import Actor
from web import identity
from web.rate_limits import RateLimit

REQUESTS_PER_MINUTE = 1200
REQUESTS_BURST = 600

limit = RateLimit(per_minute=REQUESTS_PER_MINUTE, burst=REQUESTS_BURST)


async def caller() -> Actor:
    """Return the actor of the API key or session; Unauthenticated, or TooMany over its limit."""
    actor = await identity.person_or_key()
    g.limited_caller = actor.id
    limit.take(actor.id)
    return actor
