"""Proof of play at the door: batches at every limit, and answers only to what is committed."""

import gzip
import json

import asyncpg
import pytest

from signage import plays
from signage.ids import new_id
from tests.unit.callers import assert_refused
from web.services import EXTENSION

BODY_MAX_BYTES = 1024 * 1024
UNPACKED_MAX_BYTES = 8 * 1024 * 1024


def played(**fields):
    return {
        "event_id": str(new_id()),
        "event_type": "test",
        "result": "completed",
        "started_at": "2026-11-23T11:59:00Z",
        "duration_ms": 10_000,
    } | fields


def padded(size: int) -> bytes:
    start = json.dumps({"events": [played()]}).encode()[:-2] + b',{"x":"'
    return start + b"x" * (size - len(start) - 4) + b'"}]}'


@pytest.mark.parametrize("count", [1, 1000])
async def test_a_batch_has_one_to_a_thousand_events(screen, conn, count):
    answer = await screen.post("/events", {"events": [played() for _ in range(count)]})

    assert answer.status == 200
    reply = answer.json
    assert (reply["accepted"], reply["rejected"], reply["duplicates"]) == (count, 0, 0)
    assert reply["results"] == []
    assert reply["server_time"] == "2026-11-23T12:00:00Z"
    assert await conn.fetchval("SELECT count(*) FROM proof_of_play_events") == count


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_of_none_or_of_one_more_is_422(screen, conn, count):
    answer = await screen.post("/events", {"events": [played() for _ in range(count)]})

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/events"]
    assert await conn.fetchval("SELECT count(*) FROM proof_of_play_events") == 0


@pytest.mark.parametrize(("size", "status"), [(BODY_MAX_BYTES, 200), (BODY_MAX_BYTES + 1, 413)])
async def test_a_batch_has_a_mebibyte(screen, size, status):
    assert (await screen.post("/events", padded(size))).status == status


@pytest.mark.parametrize(
    ("size", "status"), [(UNPACKED_MAX_BYTES, 200), (UNPACKED_MAX_BYTES + 1, 413)]
)
async def test_a_gzipped_batch_has_eight(screen, size, status):
    packed = gzip.compress(padded(size), 1)

    assert (await screen.post("/events", packed, Content_Encoding="gzip")).status == status


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (b"null", "invalid_event"),
        (b"[[]]", "invalid_event"),
        (b'"\\ud800"', "invalid_event"),
        (b'{"event_id":"\\ud800\\u0000"}', "invalid_event"),
        (b'{"duration_ms":9223372036854775808}', "invalid_event"),
        (b'{"duration_ms":1e400}', "invalid_event"),
        (b"1" * 400, "invalid_event"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "invalid_event"),
    ],
)
async def test_whatever_an_event_is_the_others_count(screen, event, code):
    good = json.dumps(played()).encode()

    answer = await screen.post("/events", b'{"events":[' + good + b"," + event + b"]}")

    assert answer.status == 200, answer.body
    reply = answer.json
    assert (reply["accepted"], reply["rejected"]) == (1, 1)
    assert [(told["index"], told["code"]) for told in reply["results"]] == [(1, code)]


@pytest.mark.parametrize("field", ["item_id", "error", "player_version", "plan_etag"])
@pytest.mark.parametrize("text", ["\x00", "\ud800", "☃" * 5000])
async def test_no_text_of_an_event_fails_a_batch(screen, field, text):
    answer = await screen.post(
        "/events", json.dumps({"events": [played(**{field: text}), played()]}).encode()
    )

    assert answer.status == 200, answer.body
    assert answer.json["accepted"] >= 1


@pytest.mark.parametrize("number", [2**63 - 1, 0, -(2**63)])
@pytest.mark.parametrize("field", ["seq", "planned_duration_ms", "clock_offset_ms", "duration_ms"])
async def test_no_number_of_an_event_fails_a_batch(screen, field, number):
    answer = await screen.post("/events", {"events": [played(**{field: number}), played()]})

    assert answer.status == 200, answer.body
    assert answer.json["accepted"] >= 1


async def test_a_batch_sent_again_is_accepted_again_and_called_a_duplicate(screen, conn):
    body = {"events": [played(), played(duration_ms=-1)]}
    first = (await screen.post("/events", body)).json
    again = (await screen.post("/events", body | {"sent_at": "2026-11-23T11:59:59Z"})).json

    assert (first["accepted"], first["rejected"], first["duplicates"]) == (1, 1, 0)
    assert (again["accepted"], again["rejected"], again["duplicates"]) == (1, 1, 1)
    assert [told["status"] for told in again["results"]] == ["duplicate", "rejected"]


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.CheckViolationError("a rule of the table"),
        OSError("gone"),
        ArithmeticError("ours"),
    ],
)
async def test_what_is_uncertain_is_503_with_a_time_to_come_back(screen, monkeypatch, error):
    async def fail(*_, **__):
        raise error

    monkeypatch.setattr(plays, "ingest", fail)

    answer = await screen.post("/events", {"events": [played()]})

    assert_refused(answer, 503, "unavailable")
    assert 5 <= int(answer.headers["Retry-After"]) <= 10


async def test_a_server_that_stops_takes_no_batch(screen, app, monkeypatch):
    monkeypatch.setattr(app.extensions[EXTENSION].gathering, "_is_closing", True)

    assert_refused(await screen.post("/events", {"events": [played()]}), 503, "unavailable")
