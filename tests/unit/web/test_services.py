"""Where a caller comes from, and where links lead: proxies are believed only if named."""

import ipaddress

import pytest
from quart import Quart

from tests.unit.callers import Caller
from web.services import EXTENSION

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.fixture
def behind_proxies(app: Quart) -> Quart:
    app.extensions[EXTENSION].trusted_proxies = PROXIES
    return app


async def address_of(app: Quart, conn, peer: str, **headers: str) -> str:
    """The address that a claim from this peer is recorded with."""
    stranger = Caller(app, "/v1/device", address=peer)
    answer = await stranger.post("/pairing/create-claim", {"device_info": {}}, **headers)
    return await conn.fetchval(
        "SELECT address FROM device_claims WHERE id = $1::text::uuid", answer.json["claim_id"]
    )


async def test_without_proxies_a_header_changes_no_address(app, conn):
    assert await address_of(app, conn, "10.0.0.1", X_Forwarded_For="192.0.2.9") == "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("10.0.0.1", "192.0.2.9", "192.0.2.9"),
        ("fd00::1", "2001:db8::9", "2001:db8::9"),
        ("10.0.0.1", "192.0.2.9, 10.0.0.2", "192.0.2.9"),
        ("10.0.0.1", "198.51.100.1, 192.0.2.9", "192.0.2.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("198.51.100.7", "192.0.2.9", "198.51.100.7"),
    ],
)
async def test_the_nearest_address_that_is_no_proxy_counts(
    behind_proxies, conn, peer, forwarded, seen
):
    assert await address_of(behind_proxies, conn, peer, X_Forwarded_For=forwarded) == seen


@pytest.mark.parametrize(
    ("peer", "link"),
    [("10.0.0.1", "https://localhost/pair"), ("192.0.2.1", "http://localhost/pair")],
)
async def test_https_at_a_trusted_proxy_makes_https_links(behind_proxies, peer, link):
    stranger = Caller(behind_proxies, "/v1/device", address=peer)
    answer = await stranger.post(
        "/pairing/create-claim", {"device_info": {}}, X_Forwarded_Proto="https"
    )

    assert answer.json["verification_uri"] == link


async def test_every_answer_has_the_headers_that_protect_a_browser(app):
    answer = await Caller(app, "/v1/device").get("/plan")

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_the_process_says_that_it_serves(app):
    anybody = Caller(app, "")

    assert (await anybody.get("/healthz")).json == {"status": "ok"}
    assert (await anybody.get("/readyz")).json == {"status": "ready"}
