"""Limits and hostile input at the device API: refused with a reason, never a fault of ours."""

import gzip
import json

import pytest

from tests.unit.callers import assert_refused
from web import rate_limits
from web.limits import Limits
from web.services import EXTENSION

BEAT = {"disk_used_bytes": 1}


def padded(size: int) -> bytes:
    start = b'{"disk_used_bytes":1,"padding":"'
    return start + b"x" * (size - len(start) - 2) + b'"}'


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 200), (1024 * 1024 + 1, 413)])
async def test_a_body_has_at_most_a_mebibyte(screen, size, status):
    answer = await screen.post("/heartbeat", padded(size))

    assert answer.status == status
    if status == 413:
        assert_refused(answer, 413, "too_large")


@pytest.mark.parametrize(("size", "status"), [(8 * 1024 * 1024, 200), (8 * 1024 * 1024 + 1, 413)])
async def test_a_compressed_body_has_at_most_eight_once_unpacked(screen, size, status):
    packed = gzip.compress(padded(size), 1)
    assert len(packed) < Limits().body_max_bytes

    answer = await screen.post("/heartbeat", packed, Content_Encoding="gzip")

    assert answer.status == status


async def test_a_gzip_bomb_is_413(screen):
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)
    assert len(bomb) < Limits().body_max_bytes

    answer = await screen.post("/heartbeat", bomb, Content_Encoding="gzip")

    assert_refused(answer, 413, "too_large")


WHOLE = gzip.compress(padded(500), mtime=0)


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", WHOLE[:-9], WHOLE[5:]],
    ids=["empty", "not gzip", "no end", "no beginning"],
)
async def test_broken_gzip_is_400(screen, body):
    answer = await screen.post("/heartbeat", body, Content_Encoding="gzip")

    assert_refused(answer, 400, "not_gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x" * 300])
async def test_another_encoding_is_415(screen, encoding):
    answer = await screen.post("/heartbeat", padded(100), Content_Encoding=encoding)

    assert_refused(answer, 415, "unsupported_content_encoding")


@pytest.mark.parametrize(
    "mimetype", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_another_media_type_is_415(screen, mimetype):
    answer = await screen.post("/heartbeat", padded(100), Content_Type=mimetype)

    assert_refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("mimetype", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_json_may_say_more_of_itself(screen, mimetype):
    assert (await screen.post("/heartbeat", padded(100), Content_Type=mimetype)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"disk_used_bytes":NaN}',
        b'{"disk_used_bytes":Infinity}',
        b'{"disk_used_bytes":1,}',
        b"{'disk_used_bytes':1}",
        b'{"disk_used_bytes":1} {}',
        b'{"disk_used_bytes":1,"last_error":"\xff\xfe"}',
        b'{"disk_used_bytes":1,"last_error":"\\ud800"}',
        b'{"disk_used_bytes":1,"last_error":"\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"disk_used_bytes":1}',
        b'{"disk_used_bytes":1,"device_info":{"a":' + b"[" * 100_000,
        b'{"disk_used_bytes":1,"device_info":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    ],
)
async def test_what_is_not_json_is_400(screen, body):
    assert_refused(await screen.post("/heartbeat", body), 400, "not_json")


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"x"', b"[[[]]]", b"{}"])
async def test_json_of_another_shape_is_422(screen, body):
    assert_refused(await screen.post("/heartbeat", body), 422, "invalid")


@pytest.mark.parametrize(
    "value",
    [
        -(2**63),
        2**63,
        2**64,
        10**400,
        1e308,
        "\x00",
        "☃\u202e",
        [],
        {},
        True,
        [[[]]],
        {"": {"": ""}},
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-23T12:00:00",
    ],
)
@pytest.mark.parametrize(
    "field",
    [
        "disk_used_bytes",
        "now_playing",
        "counters",
        "plan_etag",
        "last_error",
        "sent_at",
        "player_version",
        "device_info",
    ],
)
async def test_no_value_of_a_heartbeat_is_a_fault_of_ours(screen, field, value):
    for sent in (value, {"a": value}, {"item_id": "x", "started_at": value, "frame": value}):
        body = json.dumps(BEAT | {field: sent}).encode()

        assert (await screen.post("/heartbeat", body)).status in (200, 400, 422), body


@pytest.mark.parametrize("path", ["/nowhere", "/plan/", "/content/", "/../admin/stores"])
async def test_an_unknown_path_is_404(screen, path):
    assert_refused(await screen.get(path), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("POST", "/plan"), ("GET", "/heartbeat")])
async def test_a_wrong_method_is_405_and_names_the_right_ones(screen, method, path):
    answer = await screen(method, path, BEAT)

    assert_refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"]


async def test_a_screen_may_ask_sixty_times_at_once_and_then_waits(screen, monkeypatch):
    seconds = [1000.0]
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: seconds[0])
    answers = [await screen.post("/heartbeat", BEAT) for _ in range(60)]
    assert {answer.status for answer in answers} == {200}
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=120;w=60'
    assert "r=59" in answers[0].headers["RateLimit"]

    over = await screen.post("/heartbeat", BEAT)

    assert_refused(over, 429, "rate_limited")
    assert over.headers["Retry-After"] == "1"
    assert "r=0" in over.headers["RateLimit"]
    seconds[0] += 0.5
    assert (await screen.post("/heartbeat", BEAT)).status == 200
    assert (await screen.post("/heartbeat", BEAT)).status == 429


async def test_one_screen_over_its_limit_does_not_slow_another(
    screen, app, pair, lisbon, monkeypatch
):
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: 1000.0)
    other = await pair(lisbon, "Window 3")
    for _ in range(61):
        last = await screen.post("/heartbeat", BEAT)
    assert last.status == 429

    bearer = f"Bearer {other.tokens.device_token}"
    assert (await screen.post("/heartbeat", BEAT, Authorization=bearer)).status == 200


# Limits as an installation configures them --------------------------------------------------------


@pytest.fixture
def configured(app, monkeypatch):
    """Set limits for one test."""

    def configure(**limits: int) -> None:
        monkeypatch.setattr(app.extensions[EXTENSION], "limits", Limits(**limits))

    return configure


@pytest.mark.parametrize(("size", "status"), [(2000, 200), (2001, 413)])
async def test_the_size_of_a_body_is_configured(screen, configured, size, status):
    configured(body_max_bytes=2000)

    assert (await screen.post("/heartbeat", padded(size))).status == status


@pytest.mark.parametrize(("size", "status"), [(9000, 200), (9001, 413)])
async def test_the_size_once_unpacked_is_configured(screen, configured, size, status):
    configured(decompressed_max_bytes=9000)

    answer = await screen.post("/heartbeat", gzip.compress(padded(size)), Content_Encoding="gzip")

    assert answer.status == status


@pytest.mark.parametrize(("count", "status"), [(1, 200), (3, 200), (4, 422), (0, 422)])
async def test_how_many_events_a_batch_has_is_configured(screen, configured, count, status):
    configured(events_per_batch_max=3)

    answer = await screen.post("/events", {"events": [{}] * count})

    assert answer.status == status
    if status == 422:
        assert answer.pointers == ["/events"]
