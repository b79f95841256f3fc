"""Secrets: what opens something is in no reply, no log line and no address."""

import base64

import pytest

from signage import credentials, passwords
from tests.unit.conftest import PASSWORD, SECRET
from tests.unit.matrix import send

HIDDEN_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'playbill' AND table_name NOT IN ('audit_log', 'audit_addresses')
      AND (column_name LIKE '%hash' OR column_name LIKE '%secret%')"""


@pytest.fixture
async def secrets(conn, ana, things, paired, integration) -> dict[str, str]:
    """Everything in clear that opens something, and every hash that is kept of such a thing."""
    key = await integration("admin")
    found = {
        "server secret": SECRET.decode(),
        "device token": paired.tokens.device_token,
        "refresh token": paired.tokens.refresh_token,
        "API key": key.headers["Authorization"].removeprefix("Bearer "),
        "session": next(cookie.value for cookie in ana.client.cookie_jar),
        "password": PASSWORD,
    }
    for row in await conn.fetch(HIDDEN_COLUMNS):
        table, column = row["table_name"], row["column_name"]
        for value in await conn.fetch(f"SELECT DISTINCT {column} AS value FROM {table}"):
            found |= _written(f"{table}.{column}", value["value"])
    return found


def _written(name: str, value: object) -> dict[str, str]:
    """Return the ways in which a kept value could stand in a text."""
    if isinstance(value, str) and len(value) > 20:
        return {f"{name} {value[:12]}": value}
    if not isinstance(value, bytes):
        return {}
    return {
        f"{name} {value.hex()[:8]} hex": value.hex(),
        f"{name} {value.hex()[:8]} base64": base64.b64encode(value).decode().rstrip("="),
        f"{name} {value.hex()[:8]} url": base64.urlsafe_b64encode(value).decode().rstrip("="),
    }


# The SHA-256 of a file is its name, which everybody may know.
NAMES_OF_FILES = ("content_versions", "playout_plans", "plan_items")


def leaks(secrets: dict[str, str], text: str) -> list[str]:
    return [
        name
        for name, secret in secrets.items()
        if secret in text and not name.startswith(NAMES_OF_FILES)
    ]


async def test_no_reading_tells_a_secret(ana, things, readings, secrets, capfd, caplog):
    for route in readings:
        answer = await send(ana, route, things)

        assert leaks(secrets, told(answer)) == [], route.rule
    log = capfd.readouterr()
    assert leaks(secrets, log.out + log.err + caplog.text) == []


async def test_no_change_tells_a_secret_that_was_there_before(
    conn, ana, things, changes, secrets, capfd, caplog
):
    for route in changes:
        savepoint = conn.transaction()
        await savepoint.start()
        answer = await send(ana, route, things)
        await savepoint.rollback()

        assert leaks(secrets, told(answer)) == [], route.rule
    log = capfd.readouterr()
    assert leaks(secrets, log.out + log.err + caplog.text) == []


async def test_the_audit_log_holds_none(conn, ana, things, secrets, as_admin):
    await as_admin.post("/groups", {"name": "Tills"})

    log = "\n".join(str(dict(row)) for row in await conn.fetch("SELECT * FROM audit_log"))
    assert leaks(secrets, log) == []


async def test_a_password_is_kept_as_argon2id_only(conn, ana):
    [kept] = {row["password_hash"] for row in await conn.fetch("SELECT password_hash FROM users")}

    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert passwords.matches(PASSWORD, kept)


async def test_what_opens_something_is_kept_as_a_hash(conn, paired, integration):
    key = (await integration("admin")).headers["Authorization"].removeprefix("Bearer ")

    assert await conn.fetchval("SELECT key_hash FROM api_keys") == credentials.sha256(key)
    row = await conn.fetchrow("SELECT token_hash, refresh_hash FROM devices")
    assert row["token_hash"] == credentials.sha256(paired.tokens.device_token)
    assert row["refresh_hash"] == credentials.sha256(paired.tokens.refresh_token)


async def test_a_token_in_the_address_opens_nothing(app, paired, stranger):
    token = paired.tokens.device_token

    for query in (f"token={token}", f"access_token={token}", f"device_token={token}"):
        assert (await stranger.get(f"/plan?{query}")).status == 401


def told(answer) -> str:
    """Return the whole of an answer: its headers but for the session's own cookie, and its body."""
    headers = [f"{name}: {value}" for name, value in answer.headers if name.lower() != "set-cookie"]
    return "\n".join(headers) + answer.body.decode(errors="replace")
