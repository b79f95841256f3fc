"""What the program lends to every request: the pool, the media store, the secret and the clock."""

import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import asyncpg
from quart import current_app, g, request

from signage import credentials, mail, outgoing
from signage.actors import Address
from signage.heartbeats import Pace
from signage.media.storage import MediaStore
from web.gathering import Gathering
from web.limits import Limits
from web.rate_limits import RateLimit

EXTENSION = "playbill"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def utc_now() -> datetime:
    """Return the wall clock."""
    return datetime.now(UTC)


@dataclass
class Services:
    """One per process. Without ``public_url`` links are made for the address people came by;
    without ``mailer`` no mail is sent."""

    pool: asyncpg.Pool
    media: MediaStore
    secret: bytes
    public_url: str | None = None
    trusted_proxies: list[Network] = field(default_factory=list)
    clock: Callable[[], datetime] = utc_now
    pace: Pace = field(default_factory=Pace)
    gallery: bool = False
    limits: Limits = field(default_factory=Limits)
    mailer: mail.Server | None = None
    call: outgoing.Call = outgoing.call
    device_rate: RateLimit = field(init=False)
    gathering: Gathering = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count how often devices ask, and to gather what they played."""
        self.gathering = Gathering(self.pool, self.limits)
        self.device_rate = RateLimit(
            self.limits.device_requests_per_minute, self.limits.device_requests_burst
        )


def services() -> Services:
    """Return what the program put there at its start."""
    return cast(Services, current_app.extensions[EXTENSION])


@asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection]:
    """Borrow a connection for this request."""
    async with services().pool.acquire() as conn:
        yield cast(asyncpg.Connection, conn)


def now() -> datetime:
    """Return the instant of this request, the same however often it is asked for."""
    if "now" not in g:
        g.now = services().clock()
    return cast(datetime, g.now)


def request_id() -> str:
    """Return the id that this request has in answers, logs and the audit log."""
    if "request_id" not in g:
        g.request_id = uuid4().hex
    return cast(str, g.request_id)


def address() -> Address:
    """Return the caller's address; proxies are believed only where the settings name them."""
    text = _peer()
    return Address(text, credentials.keyed(services().secret, "address", text))


def _peer() -> str:
    peer = request.remote_addr or ""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    while hops and _trusted(peer):
        nearest = hops.pop()
        if not _is_address(nearest):
            break
        peer = nearest
    return peer


def is_secure() -> bool:
    """Return whether the caller came by HTTPS."""
    if _trusted(request.remote_addr or "") and "X-Forwarded-Proto" in request.headers:
        return request.headers["X-Forwarded-Proto"] == "https"
    return request.scheme == "https"


def public_url(path: str) -> str:
    """Return an absolute link. Set PLAYBILL_PUBLIC_URL, and no Host header can change it."""
    base = services().public_url
    if base is None:
        base = f"{'https' if is_secure() else 'http'}://{request.host}"
    return base.rstrip("/") + path


def _trusted(peer: str) -> bool:
    if not _is_address(peer):
        return False
    ip = ipaddress.ip_address(peer)
    return any(ip in network for network in services().trusted_proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
