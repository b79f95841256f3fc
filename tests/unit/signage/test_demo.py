"""The demo: a small one is loaded once and looked at from all sides."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from db.pool import create_pool
from db.roles import APPLICATION_ROLE
from signage import (
    demo,
    device_lists,
    incidents,
    planned_plays,
    plans,
    report_query,
    reports,
    sessions,
)
from signage.actors import SYSTEM
from signage.demo import chain, history, troubles
from signage.demo.diary import Diary
from signage.demo.fleet import Hung
from signage.demo.turns import Turn, turn_at, turns
from signage.media import storage

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = b"a secret that is long enough, ok"
SMALL = demo.Size(stores=4, days=2, clip_seconds=0.5)
SCREENS = sum(len(shop.screens) for shop in chain.SHOPS[: SMALL.stores])


class Loaded(msgspec.Struct):
    """The demo in a database of its own, who can sign in to it, and what was said meanwhile."""

    pool: asyncpg.Pool
    media: storage.MediaStore
    sign_ins: list[demo.SignIn]
    said: list[str]


class Stopped(Exception):
    """Somebody stopped the load."""


@pytest.fixture(scope="module")
async def loaded(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Loaded]:
    name = f"playbill_test_demo_{uuid4().hex[:12]}"
    server = await asyncpg.connect(server_dsn)
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY = FILE_COPY")
    dsn = urlunsplit(urlsplit(server_dsn)._replace(path=f"/{name}"))
    try:
        async with await create_pool(dsn, role=APPLICATION_ROLE) as pool:
            media = storage.open_store(tmp_path_factory.mktemp("demo"))
            said: list[str] = []
            async with pool.acquire() as conn:
                sign_ins = await load(conn, media, said)
            assert sign_ins is not None
            yield Loaded(pool, media, sign_ins, said)
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


@pytest.fixture
async def conn(loaded: Loaded) -> AsyncIterator[asyncpg.Connection]:
    async with loaded.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()


async def load(
    conn: asyncpg.Connection, media: storage.MediaStore, said: list[str]
) -> list[demo.SignIn] | None:
    return await demo.load(conn, media, secret=SECRET, now=NOW, progress=said.append, size=SMALL)


async def test_the_chain_is_complete_and_most_of_it_is_online(conn: asyncpg.Connection) -> None:
    counts = {
        table: await conn.fetchval(f"SELECT count(*) FROM {table}")
        for table in ("stores", "device_groups", "devices", "campaigns", "content", "schedules")
    }
    assert counts == {
        "stores": 4, "device_groups": 5, "devices": SCREENS, "campaigns": 5, "content": 14,
        "schedules": 10,
    }  # fmt: skip
    health = (await device_lists.count(conn, SYSTEM, now=NOW)).fleet
    assert health == {"online": SCREENS - 1, "late": 0, "offline": 1, "never": 0}


async def test_its_people_can_sign_in_with_the_passwords_that_are_shown(
    loaded: Loaded, conn: asyncpg.Connection
) -> None:
    roles = [person.role for person in loaded.sign_ins]
    assert roles == ["admin", "manager", "installer", "analyst"]
    assert len({person.password for person in loaded.sign_ins}) == 4
    for person in loaded.sign_ins:
        assert len(person.password) >= 16
        await sessions.sign_in(
            conn,
            email=person.email,
            password=person.password,
            address="192.0.2.1",
            user_agent="a test",
            now=NOW,
        )


async def test_every_screen_is_on_the_plan_it_is_due_and_shows_an_item_of_it(
    conn: asyncpg.Connection,
) -> None:
    for device in (await device_lists.list_page(conn, SYSTEM, limit=100, now=NOW)).items:
        assert await plans.due(conn, device.id, now=NOW) == device.plan_etag
        document = (await plans.current(conn, device.id, now=NOW)).document()
        assert turn_at(document, NOW) is not None
        assert device.on_screen, device.name
        if device.health == "online":
            assert device.plan_etag_reported == device.plan_etag


async def test_the_sums_of_the_days_are_those_of_the_events(conn: asyncpg.Connection) -> None:
    facts = await conn.fetchrow(
        """
        SELECT count(*) FILTER (WHERE outcome = 'played') AS plays,
               count(*) FILTER (WHERE outcome = 'partial') AS partial,
               count(*) FILTER (WHERE outcome = 'failed') AS failed,
               count(*) FILTER (WHERE outcome = 'skipped') AS skipped,
               sum(duration_ms) FILTER (WHERE outcome = 'played') AS duration_ms,
               min(report_day) AS first_day, max(report_day) AS last_day
        FROM proof_of_play_events
        """
    )
    query = report_query.ReportQuery(from_=facts["first_day"], to=facts["last_day"])
    totals = await reports.totals(conn, SYSTEM, query)
    for column in ("plays", "partial", "failed", "skipped", "duration_ms"):
        assert getattr(totals, column) == facts[column], column
    assert facts["plays"] > 5000
    assert min(facts["partial"], facts["failed"], facts["skipped"]) > 0
    # Two whole local days and today, whatever the zone.
    assert (facts["last_day"] - facts["first_day"]).days == SMALL.days


async def test_what_was_played_today_is_nearly_what_was_planned(conn: asyncpg.Connection) -> None:
    planned = await planned_plays.today(conn, SYSTEM, now=NOW)
    query = report_query.ReportQuery(from_=NOW.date(), to=NOW.date())
    played = (await reports.totals(conn, SYSTEM, query)).plays
    assert 0.75 * planned.so_far < played <= planned.so_far


async def test_turns_are_as_many_as_the_plans_foresee(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch("SELECT etag FROM playout_plans")
    assert len(rows) > SMALL.days
    for row in rows:
        document = (await plans.find(conn, row["etag"])).document()
        since = datetime.fromisoformat(document["from"])
        until = since + timedelta(days=1)
        begun = [turn for turn in turns(document, since, until) if not is_joined(document, turn)]
        assert len(begun) == planned_plays.plays_between(document, since, until)


async def test_no_two_turns_of_a_screen_overlap(conn: asyncpg.Connection) -> None:
    overlaps = await conn.fetchval(
        """
        SELECT count(*)
        FROM (SELECT started_at, lag(started_at + duration_ms * interval '1 ms')
                                 OVER (PARTITION BY device_id ORDER BY started_at) AS free_from
              FROM proof_of_play_events) AS plays
        WHERE started_at < free_from - interval '100 ms'
        """
    )
    assert overlaps == 0


async def test_only_the_nonsense_of_one_player_is_refused(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch("SELECT code FROM proof_of_play_quarantine ORDER BY code")
    codes = [row["code"] for row in rows]
    assert codes == ["future", "negative_duration", "unknown_item", "unknown_result"]


async def test_screens_in_trouble_have_open_incidents(conn: asyncpg.Connection) -> None:
    found = await incidents.list_open(conn, SYSTEM)
    assert {(incident.store, incident.device, incident.kind) for incident in found} == {
        ("Braga", "Till 1", "offline"),
        ("Lisboa Centro", "Menu board 1", "content_failed"),
    }


async def test_every_file_is_in_the_media_store(loaded: Loaded, conn: asyncpg.Connection) -> None:
    for row in await conn.fetch("SELECT sha256, poster_sha256, bytes FROM content_versions"):
        assert await storage.size(loaded.media, row["sha256"]) == row["bytes"]
        assert await storage.exists(loaded.media, row["poster_sha256"])


async def test_a_database_with_anything_in_it_is_left_alone(
    loaded: Loaded, conn: asyncpg.Connection
) -> None:
    assert await load(conn, loaded.media, []) is None
    await conn.execute("DELETE FROM user_stores")
    await conn.execute("DELETE FROM users")
    assert await load(conn, loaded.media, []) is None


async def test_it_tells_how_it_goes(loaded: Loaded) -> None:
    assert loaded.said[0] == "Demo: drawing pictures and videos."
    assert f"Demo: {SCREENS} screens hang in 4 stores." in loaded.said
    assert loaded.said[-1].startswith("Demo: Monday 23 November is told")


async def test_a_load_that_is_cut_short_leaves_the_database_empty(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    media = storage.open_store(tmp_path)

    def stop(text: str) -> None:
        if "is told" in text:
            raise Stopped

    size = demo.Size(stores=1, days=0, clip_seconds=0.5)
    async with pool.acquire() as conn:
        with pytest.raises(Stopped):
            await demo.load(conn, media, secret=SECRET, now=NOW, progress=stop, size=size)
        for table in ("stores", "users", "devices", "content", "proof_of_play_events"):
            assert await conn.fetchval(f"SELECT count(*) FROM {table}") == 0, table


def test_a_turn_is_cut_where_its_window_ends_and_joined_where_one_begins() -> None:
    begun = list(turns(plan(), at(0), at(24)))
    assert [turn.item_id for turn in begun[:4]] == ["a", "b", "a", "b"]
    # The first window ends in the middle of b; the second joins its loop in the middle of d.
    cut, joined = begun[9], begun[10]
    assert (cut.item_id, cut.starts_at, cut.shown) == ("b", at(5, 15), timedelta(minutes=45))
    assert cut.planned == timedelta(hours=1)
    assert (joined.item_id, joined.starts_at, joined.shown) == (
        "d", at(6), timedelta(minutes=15)
    )  # fmt: skip
    assert begun[-1].ends_at == at(7)
    assert turn_at(plan(), at(6, 10)) == joined
    assert turn_at(plan(), at(7)) is None


def test_the_turns_of_the_parts_of_a_day_are_those_of_the_day() -> None:
    edges = [at(0), at(0, 10), at(3), at(6), at(6, 5), at(24)]
    parts = [
        turn for index in range(len(edges) - 1) for turn in turns(plan(), *edges[index : index + 2])
    ]
    assert parts == list(turns(plan(), at(0), at(24)))


def test_a_store_without_network_plays_on_and_tells_it_late() -> None:
    diary = Diary(NOW, days=7)
    screen = screen_of("PDL-01", "Till 1")
    older, younger = (diary.ago(hours=hours) for hours in chain.WITHOUT_NETWORK_H)
    assert troubles.is_cut_off(screen, older, diary)
    assert not troubles.is_cut_off(screen, younger, diary)
    assert not troubles.is_dark(screen, turn_from(older + timedelta(hours=1)), diary)
    assert younger - older > timedelta(hours=24) + history.PART, "late is a day after the play"


def test_a_screen_is_dark_on_the_day_without_power_and_once_it_is_offline() -> None:
    diary = Diary(NOW, days=7)
    off = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert troubles.is_dark(screen_of(*chain.OFF_FOR_A_DAY), turn_from(off), diary)
    never = screen_of(*chain.NEVER_TURNED_ON)
    assert troubles.is_dark(never, turn_from(off), diary)
    for screen, hours in chain.OFFLINE_FOR_H.items():
        gone = diary.ago(hours=hours)
        assert troubles.is_dark(screen_of(*screen), turn_from(gone), diary)
        assert troubles.last_seen_at(screen_of(*screen), diary) == gone


def test_the_tables_name_screens_that_there_are() -> None:
    hung = {(shop.code, name) for shop in chain.SHOPS for name in shop.screens}
    named = {
        chain.NEVER_TURNED_ON, chain.OFF_FOR_A_DAY, chain.CLOCK_OFF, chain.CANNOT_DECODE,
        chain.BEHIND_PLAN, chain.SENDS_NONSENSE, *chain.OFFLINE_FOR_H, *chain.LATE_BY_S,
    }  # fmt: skip
    assert named <= hung
    assert len({shop.timezone for shop in chain.SHOPS}) == 3
    assert (len(chain.SHOPS), len(hung)) == (12, 42)


def plan() -> dict[str, Any]:
    """A plan of two windows: a and b by turns until six, then c and d, joined half-way."""
    return {
        "from": stamp(at(0)),
        "windows": [
            {"from": stamp(at(0)), "until": stamp(at(6)), "anchor": stamp(at(0)), "playlist": "p1"},
            {
                "from": stamp(at(6)),
                "until": stamp(at(7)),
                "anchor": stamp(at(5, 15)),
                "playlist": "p2",
            },
        ],
        "playlists": {
            "p1": {"items": [item("a", 15), item("b", 60)]},
            "p2": {"items": [item("c", 30), item("d", 30)]},
        },
    }


def item(name: str, minutes: int) -> dict[str, Any]:
    return {"item_id": name, "duration_ms": minutes * 60_000}


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)


def stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def screen_of(code: str, name: str) -> Hung:
    shop = next(shop for shop in chain.SHOPS if shop.code == code)
    return Hung(UUID(int=1), shop, name, chain.kind_of(name), 1)


def turn_from(starts_at: datetime) -> Turn:
    return Turn(starts_at, timedelta(minutes=2), timedelta(minutes=2), "an item")


def is_joined(document: dict[str, Any], turn: Turn) -> bool:
    """Whether it came into view half-way: where its window begins, not where the turn does."""
    for window in document["windows"]:
        if turn.starts_at == datetime.fromisoformat(window["from"]):
            items = document["playlists"][window["playlist"]]["items"]
            loop_ms = sum(item["duration_ms"] for item in items)
            since = turn.starts_at - datetime.fromisoformat(window["anchor"])
            into = since // timedelta(milliseconds=1) % loop_ms
            return into not in starts_of(items)
    return False


def starts_of(items: list[dict[str, Any]]) -> set[int]:
    starts, offset = set(), 0
    for one in items:
        starts.add(offset)
        offset += one["duration_ms"]
    return starts
