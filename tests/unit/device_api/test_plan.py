"""The plan over HTTP: by ETag, fresh after every change, and untouched by what concerns others."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from signage import (
    assignments,
    content,
    devices,
    group_members,
    playlists,
    schedules,
)
from signage.actors import SYSTEM
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.callers import Answer, Caller, assert_refused
from tests.unit.conftest import web_page

GZIP = {"Accept_Encoding": "gzip, deflate, br"}


@pytest.fixture
async def always_on(conn, playlist, lisbon, window_2, now) -> playlists.Playlist:
    """The playlist "Always on", assigned to Lisbon, so that Window 2 plays it."""
    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), playlist.id, now=now)
    return playlist


async def names_shown(screen: Caller) -> list[str]:
    plan = (await screen.get("/plan")).json
    return sorted(found["url"].rpartition("/")[2] for found in plan["content"].values())


async def test_with_nothing_assigned_the_plan_is_empty(screen):
    answer = await screen.get("/plan")

    assert answer.status == 200
    assert answer.json["windows"] == []
    assert answer.json["timezone"] == "Europe/Lisbon"


async def test_an_assignment_fills_at_least_72_hours(screen, always_on, menu):
    answer = await screen.get("/plan")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Authorization, Accept-Encoding"
    plan = answer.json
    assert plan["version"] == 1
    [window] = plan["windows"]
    # The menu was added at noon.
    assert (window["from"], window["until"]) == ("2026-11-23T12:00:00Z", plan["until"])
    assert plan["until"] >= "2026-11-26T12:00:00Z"
    assert window["anchor"] == "1970-01-01T00:00:00Z"
    assert (window["schedule_id"], window["layer"], window["takeover"]) == (None, "store", False)
    [item] = plan["playlists"][window["playlist"]]["items"]
    assert item["duration_ms"] == 10_000
    shown = plan["content"][item["content"]]
    assert shown["content_id"] == str(menu.id)
    assert (shown["kind"], shown["sha256"], shown["bytes"]) == ("url", None, 0)
    assert shown["url"] == "https://menus.example.com/menu"


async def test_the_etag_is_the_hash_of_the_bytes(screen, always_on):
    answer = await screen.get("/plan")

    etag = answer.headers["ETag"].strip('"')
    assert hashlib.sha256(answer.body).hexdigest().startswith(etag)
    assert len(etag) >= 16


async def test_the_plan_holds_no_names_and_no_time_of_generation(screen, always_on, clock):
    first = await screen.get("/plan")
    clock.pass_(hours=5)

    second = await screen.get("/plan")

    assert first.body == second.body
    assert b"Always on" not in first.body
    assert b"server_time" not in first.body


async def test_a_compressed_plan_has_a_tag_of_its_own_and_the_same_bytes(screen, always_on):
    plain = await screen.get("/plan")
    packed = await screen.get("/plan", **GZIP)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
    assert gzip.decompress(packed.body) == plain.body


async def test_who_refuses_gzip_gets_none(screen, always_on):
    answer = await screen.get("/plan", Accept_Encoding="gzip;q=0, identity")

    assert "Content-Encoding" not in answer.headers
    assert answer.json["version"] == 1


@pytest.mark.parametrize(
    "field",
    [
        "{tag}",
        "W/{tag}",
        "*",
        ' "other" , {tag}',
        '"a,b",W/"c", {tag},',
        "{gzip}",
        "W/{gzip}",
    ],
)
@pytest.mark.parametrize("encoding", [{}, GZIP])
async def test_a_plan_that_is_held_is_304(screen, always_on, field, encoding):
    tag = (await screen.get("/plan")).headers["ETag"]

    sent = field.format(tag=tag, gzip=tag[:-1] + '-gzip"')
    answer = await screen.get("/plan", If_None_Match=sent, **encoding)

    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] in (tag, tag[:-1] + '-gzip"')
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Authorization, Accept-Encoding"


@pytest.mark.parametrize(
    "field",
    ["{bare}", '"{bare}', '{bare}"', '"other"', '"other", {bare}', "", ",", "w/{tag}", "{tag} x"],
)
async def test_another_or_a_malformed_tag_gets_the_plan(screen, always_on, field):
    tag = (await screen.get("/plan")).headers["ETag"]

    sent = field.format(tag=tag, bare=tag.strip('"'))
    answer = await screen.get("/plan", If_None_Match=sent)

    assert answer.status == 200
    assert answer.json["version"] == 1


async def test_several_fields_are_one_list(screen, app, always_on):
    tag = (await screen.get("/plan")).headers["ETag"]
    headers = Headers([*screen.headers.items(), ("If-None-Match", '"other"')])
    headers.add("If-None-Match", tag)

    answer = await app.test_client().get("/v1/device/plan", headers=headers)

    assert answer.status_code == 304


async def test_credentials_come_before_304(stranger, screen, always_on):
    tag = (await screen.get("/plan")).headers["ETag"]

    for field in ("*", tag):
        answer = await stranger.get("/plan", If_None_Match=field)
        assert_refused(answer, 401, "invalid_token")
        assert "ETag" not in answer.headers


async def test_a_new_day_makes_a_new_plan(screen, always_on, clock):
    tag = (await screen.get("/plan")).headers["ETag"]
    clock.pass_(hours=12)

    answer = await screen.get("/plan", If_None_Match=tag)

    assert answer.status == 200
    assert answer.json["from"] > "2026-11-23T00:00:00Z"


async def test_a_heartbeat_knows_the_plan_before_it_is_fetched(screen, conn, always_on, now):
    tag = (await screen.get("/plan")).headers["ETag"]
    await playlists.publish(conn, SYSTEM, always_on.id, now=now)
    same = await screen.post("/heartbeat", {"disk_used_bytes": 1})
    assert f'"{same.json["plan_etag"]}"' == tag

    soup = await web_page(conn, "Soup", now)
    await save(conn, always_on, [soup], now)

    beat = await screen.post("/heartbeat", {"disk_used_bytes": 1})
    assert beat.json["plan_etag"] != tag.strip('"')
    assert await names_shown(screen) == ["soup"]


async def save(
    conn: Any, playlist: playlists.Playlist, shown: list[content.Content], now: Any
) -> None:
    items = [NewItem(content_id=one.id) for one in shown]
    await playlists.change(conn, SYSTEM, playlist.id, items=items, now=now)
    await playlists.publish(conn, SYSTEM, playlist.id, now=now)


@pytest.fixture
async def soups(conn, now) -> playlists.Playlist:
    """The published playlist "Soups"."""
    soup = await web_page(conn, "Soup", now)
    return await playlists.create(
        conn, SYSTEM, name="Soups", items=[NewItem(content_id=soup.id)], now=now
    )


def all_day(playlist: playlists.Playlist, target: Target) -> schedules.NewSchedule:
    return schedules.NewSchedule(
        name="All week",
        playlist_id=playlist.id,
        target=target,
        starts_on=date(2026, 11, 1),
        all_day=True,
        rrule="FREQ=DAILY",
    )


# Every kind of change -----------------------------------------------------------------------------

Change = Callable[..., Awaitable[None]]


async def by_assignment(conn, now, window_2, soups, **_: Any) -> None:
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), soups.id, now=now)


async def by_schedule(conn, now, window_2, soups, **_: Any) -> None:
    await schedules.create(conn, SYSTEM, all_day(soups, Target("fleet")), now=now)


async def by_publishing(conn, now, always_on, soups, **_: Any) -> None:
    items = [NewItem(playlist_id=soups.id)]
    await playlists.change(conn, SYSTEM, always_on.id, items=items, now=now)
    await playlists.publish(conn, SYSTEM, always_on.id, now=now)


async def by_joining_a_group(conn, now, window_2, soups, food, **_: Any) -> None:
    await assignments.put(conn, SYSTEM, Target("group", food.id), soups.id, now=now)
    await group_members.put(conn, SYSTEM, food.id, [window_2.id], now=now)


async def by_its_own_groups(conn, now, window_2, soups, food, **_: Any) -> None:
    await assignments.put(conn, SYSTEM, Target("group", food.id), soups.id, now=now)
    changes = devices.Changes(group_ids=[food.id])
    await devices.change(conn, SYSTEM, window_2.id, changes, now=now)


async def by_moving(conn, now, window_2, soups, porto, **_: Any) -> None:
    await assignments.put(conn, SYSTEM, Target("store", porto.id), soups.id, now=now)
    changes = devices.Changes(store_id=porto.id)
    await devices.change(conn, SYSTEM, window_2.id, changes, now=now)


@pytest.mark.parametrize(
    "change",
    [
        by_assignment,
        by_schedule,
        by_publishing,
        by_joining_a_group,
        by_its_own_groups,
        by_moving,
    ],
)
async def test_the_next_poll_after_a_change_gets_it(
    screen, conn, now, always_on, window_2, soups, food, porto, change: Change
):
    tag = (await screen.get("/plan")).headers["ETag"]

    await change(
        conn,
        now,
        always_on=always_on,
        window_2=window_2,
        soups=soups,
        food=food,
        porto=porto,
    )

    answer = await screen.get("/plan", If_None_Match=tag)
    assert answer.status == 200
    assert await names_shown(screen) == ["soup"]


async def test_what_is_taken_away_is_gone_from_the_next_poll(
    screen, conn, now, always_on, window_2, soups, food, menu
):
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), soups.id, now=now)
    assert await names_shown(screen) == ["soup"]
    await assignments.remove(conn, SYSTEM, Target("device", window_2.id), now=now)
    assert await names_shown(screen) == ["menu"]

    schedule = await schedules.create(
        conn, SYSTEM, all_day(soups, Target("device", window_2.id)), now=now
    )
    assert await names_shown(screen) == ["soup"]
    await schedules.archive(conn, SYSTEM, schedule.id, now=now)
    assert await names_shown(screen) == ["menu"]

    await assignments.put(conn, SYSTEM, Target("group", food.id), soups.id, now=now)
    await group_members.put(conn, SYSTEM, food.id, [window_2.id], now=now)
    assert await names_shown(screen) == ["soup"]
    await group_members.put(conn, SYSTEM, food.id, [], now=now)
    assert await names_shown(screen) == ["menu"]

    await content.archive(conn, SYSTEM, menu.id, now=now)
    assert (await screen.get("/plan")).json["windows"] == []


async def test_an_archived_playlist_leaves_the_plan(screen, conn, now, always_on):
    assert await names_shown(screen) == ["menu"]

    # Nobody can archive what is assigned; a plan holds none all the same.
    await conn.execute("UPDATE playlists SET archived_at = $1 WHERE id = $2", now, always_on.id)
    await playlists.outdate_plans(conn, [always_on.id])

    assert (await screen.get("/plan")).json["windows"] == []


async def test_a_draft_changes_nothing_on_screen(screen, conn, now, always_on, soups):
    tag = (await screen.get("/plan")).headers["ETag"]

    items = [NewItem(playlist_id=soups.id)]
    await playlists.change(conn, SYSTEM, always_on.id, items=items, now=now)

    assert (await screen.get("/plan", If_None_Match=tag)).status == 304


async def test_a_change_in_one_store_leaves_the_others_alone(
    screen, conn, now, always_on, madrid, madrid_screen, soups
):
    before = await screen.get("/plan")
    wanted = await plan_wanted(conn, screen)

    target = Target("store", madrid.id)
    await assignments.put(conn, SYSTEM, target, soups.id, now=now)
    await schedules.create(conn, SYSTEM, all_day(soups, target), now=now)
    await save(conn, soups, [await web_page(conn, "Stew", now)], now)

    assert await plan_wanted(conn, screen) == wanted
    assert (await screen.get("/plan")).body == before.body


async def plan_wanted(conn: Any, screen: Caller) -> int:
    count: int = await conn.fetchval("SELECT plan_wanted FROM devices WHERE name = 'Window 2'")
    return count


async def test_two_screens_alike_have_the_same_plan(screen, app, pair, lisbon, always_on):
    other = await pair(lisbon, "Window 3")
    twin = Caller(app, "/v1/device", Authorization=f"Bearer {other.tokens.device_token}")

    answers: list[Answer] = [await caller.get("/plan") for caller in (screen, twin)]

    assert answers[0].body == answers[1].body
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


async def test_the_revisions_given_to_a_screen_are_kept_with_their_times(
    screen, conn, now, clock, always_on, soups, window_2
):
    await screen.get("/plan")
    clock.pass_(minutes=1)
    await assignments.put(conn, SYSTEM, Target("device", window_2.id), soups.id, now=clock.now)
    await screen.post("/heartbeat", {"disk_used_bytes": 1})
    clock.pass_(minutes=1)
    await screen.get("/plan")

    rows = await conn.fetch(
        "SELECT due_from, fetched_at FROM device_plans WHERE device_id = $1 ORDER BY 1", window_2.id
    )
    minute = [now, clock.now - (clock.now - now) / 2, clock.now]
    assert [tuple(row) for row in rows] == [(minute[0], minute[0]), (minute[1], minute[2])]
