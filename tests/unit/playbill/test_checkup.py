"""The check-up: a whole installation has nothing wrong, and what is wrong says what to do."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from db.pool import connect
from db.roles import APPLICATION_ROLE
from playbill import checkup
from playbill.config import KEY_FILE_NAME, Config
from playbill.upkeep import DUTIES
from signage import duties, partitions
from tests.unit.conftest import SECRET


@pytest.fixture
def config(tmp_path) -> Config:
    return Config(data_dir=tmp_path, secret=SECRET, public_url="https://screens.example.com")


@pytest.fixture
async def owner(database):
    """A connection of the login, as the command line has it."""
    conn = await connect(database)
    yield conn
    await conn.close()


@pytest.fixture
async def tended(owner) -> asyncpg.Connection:
    """A database whose duties have just been done."""
    now = datetime.now(UTC)
    await partitions.ensure(owner, now=now)
    for duty in DUTIES:
        await duties.start(owner, duty.name, now=now)
        await duties.finish(owner, duty.name, done=0, error=None, now=now)
    return owner


async def wrong(config, conn) -> dict[str, str]:
    found = await checkup.examine(config, conn)
    return {one.about: one.text for one in found if one.verdict != "ok"}


async def test_a_whole_installation_has_nothing_wrong(config, tended):
    found = await checkup.examine(config, tended)

    assert {one.verdict for one in found} == {"ok"}
    assert {one.about for one in found} == {
        "database", "schema", "roles", "clock", "partitions", "storage", "disk", "workers",
        "connections", "settings",
    }  # fmt: skip


async def test_a_missing_migration_is_named(config, tended):
    await tended.execute("DELETE FROM schema_migrations WHERE name >= '010'")
    told = await wrong(config, tended)
    assert told["schema"].endswith("from 010_duties.sql on. Run playbill migrate.")


async def test_missing_months_are_named(config, tended):
    month = datetime.now(UTC).date().replace(day=1)
    await tended.execute(f"DROP TABLE proof_of_play_events_{month:%Y%m}")
    assert (await wrong(config, tended))["partitions"].startswith(f"{month:%Y-%m} have no place")


async def test_a_clock_that_is_off_is_told_in_seconds(config, tended, monkeypatch):
    class Late(datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) - timedelta(seconds=100)

    monkeypatch.setattr(checkup, "datetime", Late)
    assert "100 s from the database" in (await wrong(config, tended))["clock"]


async def test_a_store_that_keeps_nothing_is_told(config, tended):
    (config.data_dir / "media").write_text("a file where a folder should be")
    assert "does not keep a file" in (await wrong(config, tended))["storage"]


async def test_a_full_disk_is_told(config, tended, monkeypatch):
    monkeypatch.setattr(checkup, "DISK_FREE_MIN_BYTES", 2**62)
    assert "Make room" in (await wrong(config, tended))["disk"]


async def test_a_duty_that_failed_says_how(config, tended):
    now = datetime.now(UTC)
    await duties.finish(tended, "plans", done=0, error="ValueError: moon", now=now)
    assert (await wrong(config, tended))["workers"] == "plans failed: ValueError: moon"


async def test_duties_that_nobody_does_are_told(config, tended):
    await tended.execute("UPDATE duties SET started_at = started_at - interval '2 days'")
    assert "Is playbill serve running?" in (await wrong(config, tended))["workers"]


async def test_one_role_only_is_a_note(config, tended, monkeypatch):
    assert APPLICATION_ROLE

    async def none(_):
        return None

    monkeypatch.setattr(checkup, "application_role", none)
    assert "one role only" in (await wrong(config, tended))["roles"]


async def test_more_workers_than_the_server_has_connections_for(config, tended):
    many = Config(data_dir=config.data_dir, secret=SECRET, workers=64)
    assert "Raise max_connections" in (await wrong(many, tended))["connections"]


@pytest.mark.parametrize(
    ("public_url", "told"),
    [(None, "is not set"), ("http://screens.example.com", "plain http")],
)
async def test_an_address_that_is_not_safe_is_a_note(config, tended, public_url, told):
    given = Config(data_dir=config.data_dir, secret=SECRET, public_url=public_url)
    assert told in (await wrong(given, tended))["settings"]


async def test_a_secret_that_others_can_read_is_told(config, tended):
    key = config.data_dir / KEY_FILE_NAME
    key.write_bytes(b"x" * 32)
    key.chmod(0o644)
    assert "chmod 600" in (await wrong(config, tended))["settings"]


async def test_what_cannot_be_checked_does_not_stop_the_others(config, tended):
    await tended.execute("DROP TABLE duties CASCADE")
    told = await wrong(config, tended)
    assert told.keys() == {"workers"}
    assert "cannot be checked" in told["workers"]
