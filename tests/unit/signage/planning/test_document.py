"""The plan document: its form, its horizon, its bytes, and what changes them."""

import hashlib
import json
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signage.planning import ContentVersion, Inputs, Plan, build, horizon, resolve
from signage.planning.document import canonical, instant
from tests.unit.signage.planning.cast import (
    BREAKFAST,
    DEFAULT_LOOP,
    OFFERS,
    SHELF,
    SPRING,
    assignment,
    at,
    holding,
    image,
    inputs,
    library,
    playlist,
    schedule,
    uid,
    video,
)

NOW = at("2026-11-22 13:45")
APPLIED = inputs(schedule(1, layer="group"), assignment(2))


def item_ids(plan: Plan) -> list[str]:
    return [item["item_id"] for one in plan.document["playlists"].values() for item in one["items"]]


def only_item(**values: Any) -> str:
    """Return the item_id of a plan of one item, under the values given."""
    content = values.pop("content", SPRING)
    source = values.pop("source", assignment(2, playlist_id=uid(50)))
    which = playlist(50, holding(content, values.pop("number", 60), **values))
    (item_id,) = item_ids(build(inputs(source, shelf=library([which], [content])), NOW))
    return item_id


def test_the_document_has_the_form_of_the_protocol() -> None:
    spot = video(7, 15_000, campaign_id=uid(77))
    which = playlist(50, holding(spot, 60, duration_ms=10_000))
    applied = inputs(
        schedule(1, playlist_id=which.id, layer="group", takeover=True, rrule=None,
                 starts_on=NOW.date()),
        shelf=library([which], [spot]),
    )  # fmt: skip
    plan = build(applied, NOW)
    item_id = plan.items[0].item_id
    assert plan.document == {
        "version": 1,
        "from": "2026-11-22T00:00:00Z",
        "until": "2026-11-26T00:00:00Z",
        "timezone": "Europe/Berlin",
        "windows": [
            {
                "from": "2026-11-22T07:00:00Z",
                "until": "2026-11-22T19:00:00Z",
                "anchor": "2026-11-22T07:00:00Z",
                "playlist": "p1",
                "schedule_id": str(uid(1)),
                "layer": "group",
                "takeover": True,
            }
        ],
        "playlists": {
            "p1": {
                "playlist_id": str(uid(50)),
                "items": [
                    {
                        "item_id": item_id,
                        "content": "c1",
                        "duration_ms": 10_000,
                        "not_before": None,
                        "not_after": None,
                    }
                ],
            }
        },
        "content": {
            "c1": {
                "content_id": str(uid(7)),
                "version": 1,
                "kind": "video",
                "url": f"/v1/device/content/{7:064x}",
                "sha256": f"{7:064x}",
                "bytes": 482_113,
                "mime": "video/mp4",
                "duration_ms": 15_000,
                "width": None,
                "height": None,
            }
        },
    }


def test_a_web_page_has_its_own_url_and_no_hash() -> None:
    version = ContentVersion(id=uid(71), version=1, mime="text/html", url="https://shop.example/")
    page = image(7, kind="url", versions=(version,))
    which = playlist(50, holding(page, 60))
    shelf = library([which], [page])
    plan = build(inputs(assignment(2, playlist_id=which.id), shelf=shelf), NOW)
    content = plan.document["content"]["c1"]
    assert (content["url"], content["sha256"], content["bytes"]) == (
        "https://shop.example/",
        None,
        0,
    )


def test_an_assignment_has_no_schedule_and_the_anchor_of_1970() -> None:
    (window,) = build(inputs(assignment(2, "store")), NOW).document["windows"]
    assert (window["schedule_id"], window["anchor"], window["layer"], window["takeover"]) == (
        None,
        "1970-01-01T00:00:00Z",
        "store",
        False,
    )


def test_nothing_assigned_at_all_is_a_plan_without_windows() -> None:
    plan = build(inputs(), NOW)
    assert (plan.document["windows"], plan.document["playlists"], plan.items) == ([], {}, ())


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-11-22 00:00", "2026-11-22 00:00"),
        ("2026-11-22 23:59", "2026-11-22 00:00"),
        ("2026-11-23 00:00", "2026-11-23 00:00"),
    ],
)
def test_the_horizon_is_the_day_and_72_hours_past_its_end(now: str, since: str) -> None:
    assert horizon(at(now)) == (at(since), at(since) + timedelta(hours=96))


def test_the_same_inputs_give_the_same_bytes_all_day() -> None:
    plans = [build(APPLIED, NOW.replace(hour=hour)) for hour in (0, 9, 23)]
    assert len({plan.body for plan in plans}) == 1
    assert build(APPLIED, NOW + timedelta(days=1)).etag != plans[0].etag


def test_the_etag_is_a_hash_of_the_bytes_and_the_bytes_are_the_document() -> None:
    plan = build(APPLIED, NOW)
    assert plan.etag == hashlib.sha256(plan.body).hexdigest()[:32]
    assert json.loads(plan.body) == plan.document
    assert b" " not in plan.body


def test_there_is_one_way_to_write_a_document() -> None:
    assert canonical({"b": [1, None], "a": "café"}) == '{"a":"café","b":[1,null]}'.encode()


def test_the_order_of_the_inputs_changes_no_byte() -> None:
    sources = (schedule(1), schedule(3, priority=60), assignment(2), assignment(4, "store"))
    assert build(inputs(*sources), NOW).body == build(inputs(*sources[::-1]), NOW).body


def test_renaming_changes_no_plan() -> None:
    renamed = inputs(schedule(1, layer="group", name="Sommerschlussverkauf"), assignment(2))
    plan = build(renamed, NOW)
    assert plan.body == build(APPLIED, NOW).body
    assert b"Schedule 1" not in plan.body


def test_what_loses_everywhere_changes_no_plan() -> None:
    beaten = schedule(9, layer="group", priority=1)
    more = replace(APPLIED, schedules=(*APPLIED.schedules, beaten))
    assert build(more, NOW).body == build(APPLIED, NOW).body


def test_playlists_are_numbered_in_the_order_of_first_use() -> None:
    early = schedule(1, playlist_id=BREAKFAST.id, start_time=time(6), end_time=time(9))
    plan = build(inputs(early, assignment(2)), NOW)
    keys = [window["playlist"] for window in plan.document["windows"]]
    assert keys[:3] == ["p1", "p2", "p1"]
    assert plan.document["playlists"]["p2"]["playlist_id"] == str(BREAKFAST.id)


def test_one_playlist_through_two_sources_is_two_entries_with_ids_of_their_own() -> None:
    morning = schedule(1, start_time=time(6), end_time=time(9))
    evening = schedule(3, start_time=time(18), end_time=time(20))
    plan = build(inputs(morning, evening), NOW)
    assert {one["playlist_id"] for one in plan.document["playlists"].values()} == {str(OFFERS.id)}
    assert len(set(item_ids(plan))) == 2
    assert list(plan.document["content"]) == ["c1"]


def test_an_item_id_is_the_same_across_revisions_while_its_parts_are() -> None:
    later = replace(APPLIED, schedules=(schedule(1, layer="group", end_time=time(12)),))
    assert item_ids(build(APPLIED, NOW)) == item_ids(build(later, NOW + timedelta(days=9)))


def test_an_item_id_changes_with_each_of_its_parts() -> None:
    newer = image(701, versions=(replace(SPRING.versions[0], id=uid(9)),))
    ids = [
        only_item(),
        only_item(source=assignment(3, playlist_id=uid(50))),
        only_item(source=schedule(1, playlist_id=uid(50))),
        only_item(number=61),
        only_item(content=newer),
        only_item(campaign_id=uid(77)),
        only_item(duration_ms=9_000),
    ]
    assert len(set(ids)) == len(ids)


def test_a_default_duration_and_the_same_one_written_out_are_the_same_item() -> None:
    assert only_item() == only_item(duration_ms=10_000)


def test_a_weight_repeats_one_item_id() -> None:
    which = playlist(50, holding(SPRING, 60, weight=2), holding(SPRING, 61))
    plan = build(inputs(assignment(2, playlist_id=which.id), shelf=library([which], [SPRING])), NOW)
    ids = item_ids(plan)
    assert (len(ids), len(set(ids)), len(plan.items)) == (3, 2, 2)


def test_plan_items_say_what_each_item_id_stands_for() -> None:
    spot = video(7, 15_000, campaign_id=uid(77))
    which = playlist(50, holding(spot, 60))
    plan = build(
        inputs(
            schedule(1, playlist_id=which.id),
            assignment(2, playlist_id=which.id),
            shelf=library([which], [spot]),
        ),
        NOW,
    )
    by_schedule = {item.schedule_id: item for item in plan.items}
    assert set(by_schedule) == {uid(1), None}
    item = by_schedule[uid(1)]
    assert (item.assignment_id, by_schedule[None].assignment_id) == (None, uid(2))
    assert (item.playlist_id, item.playlist_item_id) == (uid(50), uid(60))
    assert (item.content_id, item.content_version_id, item.version) == (uid(7), uid(7001), 1)
    assert (item.campaign_id, item.duration_ms) == (uid(77), 15_000)


def test_not_before_and_not_after_stand_on_the_item() -> None:
    noon = at("2026-11-24 12:00")
    offer = image(7, valid_from=noon, valid_until=noon + timedelta(milliseconds=1500))
    which = playlist(50, holding(offer, 60), holding(SPRING, 61))
    shelf = library([which], [offer, SPRING])
    plan = build(inputs(assignment(2, playlist_id=which.id), shelf=shelf), NOW)
    first, second = plan.document["playlists"]["p1"]["items"]
    assert (first["not_before"], first["not_after"]) == (
        "2026-11-24T12:00:00Z",
        "2026-11-24T12:00:01.500Z",
    )
    assert (second["not_before"], second["not_after"]) == (None, None)


@given(st.integers(0, 100 * 365 * 24))
def test_the_document_says_what_the_resolution_says(hour: int) -> None:
    plan = build(_three_shifts(), at("2000-01-01 00:00") + timedelta(hours=hour))
    windows = resolve(_three_shifts(), plan.since, plan.until)
    assert [(one["from"], one["until"], one["anchor"]) for one in plan.document["windows"]] == [
        (instant(one.start), instant(one.end), instant(one.anchor)) for one in windows
    ]
    used = {one["playlist"] for one in plan.document["windows"]}
    assert used == set(plan.document["playlists"])
    assert set(item_ids(plan)) == {item.item_id for item in plan.items}


def _three_shifts() -> Inputs:
    return inputs(
        schedule(1, starts_on=at("1999-01-01 00:00").date(), rrule="FREQ=WEEKLY;BYDAY=MO,TH"),
        schedule(3, start_time=time(22), end_time=time(6), playlist_id=DEFAULT_LOOP.id),
        assignment(2),
        shelf=SHELF,
    )
