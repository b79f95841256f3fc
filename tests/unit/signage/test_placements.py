"""Where a device stood: moves that rewrite no history, and plays that are told late."""

from datetime import timedelta

from signage import devices, placements
from signage.actors import SYSTEM
from signage.devices import Changes
from tests.unit.signage import plays_cast


async def test_places_are_listed_the_latest_first(conn, window_2, porto, madrid, now):
    for hours, store in ((1, porto), (2, madrid)):
        at = now + timedelta(hours=hours)
        await devices.change(conn, SYSTEM, window_2.id, Changes(store_id=store.id), now=at)

    stood = await placements.list_for_device(conn, window_2.id)

    assert [(place.store, place.since, place.until) for place in stood] == [
        ("Madrid", now + timedelta(hours=2), None),
        ("Porto", now + timedelta(hours=1), now + timedelta(hours=2)),
        ("Lisbon", now, now + timedelta(hours=1)),
    ]


async def test_a_server_whose_clock_is_behind_moves_a_screen_too(
    conn, window_2, porto, madrid, now
):
    ahead, behind = now + timedelta(hours=1, seconds=5), now + timedelta(hours=1)
    await devices.change(conn, SYSTEM, window_2.id, Changes(store_id=porto.id), now=ahead)
    await devices.change(conn, SYSTEM, window_2.id, Changes(store_id=madrid.id), now=behind)

    stood = await placements.list_for_device(conn, window_2.id)

    assert [(place.store, place.since, place.until) for place in stood] == [
        ("Madrid", behind, None),
        ("Lisbon", now, behind),
    ]


async def test_a_play_told_after_a_move_belongs_to_where_it_was_played(conn, now):
    cast = await plays_cast.assemble(conn)
    moved_at = now - timedelta(hours=2)
    await devices.change(conn, SYSTEM, cast.device, Changes(store_id=cast.tokyo), now=moved_at)
    told = [
        plays_cast.event(cast, moved_at - timedelta(minutes=1)),
        plays_cast.event(cast, moved_at - timedelta(milliseconds=1)),
        plays_cast.event(cast, moved_at),
        plays_cast.event(cast, moved_at + timedelta(minutes=1)),
    ]

    result = await plays_cast.send(cast, *reversed(told), now=now)

    assert result.accepted == 4
    stores = [row["store_id"] for row in await plays_cast.rows(conn)]
    assert stores == [cast.berlin, cast.berlin, cast.tokyo, cast.tokyo]
    # The day is that of the store's own zone: Monday morning in Berlin, evening in Tokyo.
    days = {row["store_id"]: row["report_day"] for row in await plays_cast.days(conn)}
    assert days == {cast.berlin: now.date(), cast.tokyo: now.date()}


async def test_a_screen_that_came_back_keeps_all_three_places(conn, now):
    cast = await plays_cast.assemble(conn)
    there, back = now - timedelta(hours=4), now - timedelta(hours=2)
    await devices.change(conn, SYSTEM, cast.device, Changes(store_id=cast.porto), now=there)
    await devices.change(conn, SYSTEM, cast.device, Changes(store_id=cast.berlin), now=back)
    told = [plays_cast.event(cast, now - timedelta(hours=hours)) for hours in (5, 3, 1)]

    await plays_cast.send(cast, *told, now=now)

    stores = [row["store_id"] for row in await plays_cast.rows(conn)]
    assert stores == [cast.berlin, cast.porto, cast.berlin]
