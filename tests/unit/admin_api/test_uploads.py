"""Uploads by tus 1.0.0: the cases of its specification, and what an upload becomes."""

import base64
import hashlib
from pathlib import Path

import pytest
from quart import Quart

from signage import upload_limits, uploads
from signage.media import partial
from signage.media.facts import UPLOAD_LIMIT_BYTES
from tests.unit.callers import Answer, Caller, assert_refused
from tests.unit.signage.media import files
from web.services import EXTENSION

TUS = {"Tus_Resumable": "1.0.0"}
BYTES = TUS | {"Content_Type": "application/offset+octet-stream"}
PICTURE = files.picture("PNG")


def metadata(**values: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in values.items()
    )


async def begun(caller: Caller, length: int = len(PICTURE), **told: str) -> str:
    """Announce an upload and return its path."""
    answer = await caller.post(
        "/uploads",
        **TUS,
        Upload_Length=str(length),
        Upload_Metadata=metadata(**({"filename": "poster.png"} | told)),
    )
    assert answer.status == 201, answer.body
    return answer.headers["Location"].removeprefix("/v1/admin")


async def send(caller: Caller, path: str, data: bytes, at: int, **more: str) -> Answer:
    return await caller.patch(path, data, **(BYTES | {"Upload_Offset": str(at)} | more))


async def head(caller: Caller, path: str) -> Answer:
    return await caller("HEAD", path, **TUS)


def checksum(data: bytes, algorithm: str) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


@pytest.fixture
def waiting(app: Quart) -> Path:
    """Where the bytes of unfinished uploads are, without those of other tests."""
    incoming: Path = app.extensions[EXTENSION].media.incoming
    for left in incoming.iterdir():
        left.unlink()
    return incoming


# The protocol -----------------------------------------------------------------------------------


async def test_anybody_may_ask_what_the_server_can_do(as_nobody):
    answer = await as_nobody("OPTIONS", "/uploads")

    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(UPLOAD_LIMIT_BYTES)
    assert set(answer.headers["Tus-Checksum-Algorithm"].split(",")) == {"sha1", "sha256"}
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "creation-defer-length", "expiration", "termination",
        "checksum",
    }  # fmt: skip


async def test_a_file_in_three_pieces_becomes_a_content(as_manager, waiting):
    path = await begun(as_manager, name="Poster", tags="4k, autumn", folder="Windows")
    answers = [
        await send(as_manager, path, PICTURE[start:end], start)
        for start, end in ((0, 100), (100, 101), (101, len(PICTURE)))
    ]

    assert [answer.status for answer in answers] == [204, 204, 204]
    assert [answer.headers["Upload-Offset"] for answer in answers] == [
        "100", "101", str(len(PICTURE)),
    ]  # fmt: skip
    assert all(answer.headers["Tus-Resumable"] == "1.0.0" for answer in answers)
    assert "Location" not in answers[1].headers
    made = await as_manager.get(answers[-1].headers["Location"].removeprefix("/v1/admin"))
    assert (made.json["name"], made.json["folder"]) == ("Poster", "Windows")
    assert (made.json["tags"], made.json["file_name"]) == (["4k", "autumn"], "poster.png")
    assert made.json["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert list(waiting.iterdir()) == []


async def test_where_to_go_on_is_told(as_manager):
    told = metadata(filename="poster.png")
    path = await begun(as_manager)
    await send(as_manager, path, PICTURE[:50], 0)

    answer = await head(as_manager, path)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Upload-Offset"] == "50"
    assert answer.headers["Upload-Length"] == str(len(PICTURE))
    assert answer.headers["Upload-Metadata"] == told
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Upload-Expires"] == "Tue, 24 Nov 2026 12:00:00 GMT"


async def test_the_announcement_may_bring_the_whole_file(as_manager):
    answer = await as_manager.post("/uploads", PICTURE, **BYTES, Upload_Length=str(len(PICTURE)))

    assert answer.status == 201
    assert answer.headers["Upload-Offset"] == str(len(PICTURE))
    assert answer.headers["Location"].startswith("/v1/admin/uploads/")
    content = await as_manager.get(answer.headers["Upload-Content"].removeprefix("/v1/admin"))
    assert content.json["mime"] == "image/png"


async def test_the_announcement_may_bring_a_part(as_manager):
    answer = await as_manager.post(
        "/uploads", PICTURE[:10], **BYTES, Upload_Length=str(len(PICTURE))
    )

    assert (answer.status, answer.headers["Upload-Offset"]) == (201, "10")
    assert "Upload-Content" not in answer.headers


async def test_a_length_may_be_told_later_and_once(as_manager):
    announced = await as_manager.post("/uploads", **TUS, Upload_Defer_Length="1")
    path = announced.headers["Location"].removeprefix("/v1/admin")
    await send(as_manager, path, PICTURE[:10], 0)
    waiting = await head(as_manager, path)
    assert waiting.headers["Upload-Defer-Length"] == "1"
    assert "Upload-Length" not in waiting.headers
    length = str(len(PICTURE))
    await send(as_manager, path, b"", 10, Upload_Length=length)

    changed = await send(as_manager, path, PICTURE[10:], 10, Upload_Length="5000")
    finished = await send(as_manager, path, PICTURE[10:], 10, Upload_Length=length)

    assert_refused(changed, 400, "invalid_header")
    assert "Upload-Content" in finished.headers


@pytest.mark.parametrize("at", [0, 51, len(PICTURE)])
async def test_a_wrong_offset_is_a_conflict_and_changes_nothing(as_manager, at):
    path = await begun(as_manager)
    await send(as_manager, path, PICTURE[:50], 0)

    assert_refused(await send(as_manager, path, PICTURE[50:], at), 409, "offset_conflict")
    assert (await head(as_manager, path)).headers["Upload-Offset"] == "50"


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
async def test_another_version_is_refused_everywhere(as_manager, version):
    path = await begun(as_manager)
    headers = BYTES | {"Tus_Resumable": version, "Upload_Length": "5", "Upload_Offset": "0"}
    for method, where in (("POST", "/uploads"), ("PATCH", path), ("DELETE", path), ("HEAD", path)):
        answer = await as_manager(method, where, b"12345", **headers)

        assert answer.status == 412, method
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert (await head(as_manager, path)).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_checksum_that_fits_is_taken(as_manager, algorithm):
    path = await begun(as_manager)
    for start, end in ((0, 300), (300, len(PICTURE))):
        part = PICTURE[start:end]
        answer = await send(
            as_manager, path, part, start, Upload_Checksum=checksum(part, algorithm)
        )
        assert answer.status == 204, answer.body

    assert "Upload-Content" in answer.headers


async def test_bytes_that_differ_from_their_checksum_are_thrown_away(as_manager, waiting):
    path = await begun(as_manager)
    await send(as_manager, path, PICTURE[:50], 0)

    wrong = await send(
        as_manager, path, PICTURE[50:], 50, Upload_Checksum=checksum(b"others", "sha1")
    )

    assert_refused(wrong, 460, "checksum_mismatch")
    assert (await head(as_manager, path)).headers["Upload-Offset"] == "50"
    assert [one.stat().st_size for one in waiting.iterdir()] == [50]
    right = await send(as_manager, path, PICTURE[50:], 50)
    assert "Upload-Content" in right.headers


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "unsupported_checksum"),
        ("sha1 !!", "invalid_metadata"),
        ("sha1 AAAA", "invalid_header"),
        ("sha256", "invalid_header"),
    ],
)
async def test_a_checksum_that_is_none_is_refused(as_manager, told, code):
    path = await begun(as_manager)

    assert_refused(await send(as_manager, path, b"x", 0, Upload_Checksum=told), 400, code)


async def test_a_cancelled_upload_is_gone_with_its_bytes(as_manager, waiting):
    path = await begun(as_manager)
    await send(as_manager, path, PICTURE[:50], 0)

    assert (await as_manager.delete(path, **TUS)).status == 204

    assert (await head(as_manager, path)).status == 404
    assert (await as_manager.delete(path, **TUS)).status == 404
    assert (await send(as_manager, path, PICTURE[50:], 50)).status == 404
    assert list(waiting.iterdir()) == []


async def test_cancelling_a_finished_upload_leaves_its_content(as_manager):
    path = await begun(as_manager)
    made = (await send(as_manager, path, PICTURE, 0)).headers["Location"]

    await as_manager.delete(path, **TUS)

    assert (await as_manager.get(made.removeprefix("/v1/admin"))).status == 200


async def test_an_upload_expires_a_day_after_its_last_byte(as_manager, clock, conn, app, waiting):
    path = await begun(as_manager)
    clock.pass_(hours=23)
    await send(as_manager, path, PICTURE[:50], 0)
    clock.pass_(hours=23)
    assert (await head(as_manager, path)).status == 200
    later = clock.pass_(hours=1, seconds=1)

    assert (await head(as_manager, path)).status == 410
    assert_refused(await send(as_manager, path, PICTURE[50:], 50), 410, "upload_gone")
    assert await uploads.sweep(conn, app.extensions[EXTENSION].media, now=later) == 1
    assert (await head(as_manager, path)).status == 404
    assert list(waiting.iterdir()) == []


@pytest.mark.parametrize(
    ("length", "status"), [(UPLOAD_LIMIT_BYTES, 201), (UPLOAD_LIMIT_BYTES + 1, 413)]
)
async def test_what_is_too_large_is_refused_before_it_comes(as_manager, length, status):
    answer = await as_manager.post("/uploads", **TUS, Upload_Length=str(length))

    assert answer.status == status


async def test_more_than_was_announced_is_refused(as_manager):
    path = await begun(as_manager, length=20)

    assert_refused(await send(as_manager, path, PICTURE[:21], 0), 413, "too_large")


async def test_what_the_disk_does_not_hold_is_refused(as_manager, monkeypatch):
    monkeypatch.setattr(partial, "SPARE_ROOM_BYTES", 10**18)

    answer = await as_manager.post("/uploads", **TUS, Upload_Length="5")

    assert_refused(answer, 507, "no_room")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upload_Length": "-1"},
        {"Upload_Length": "x"},
        {"Upload_Length": "1" * 30},
        {"Upload_Length": "5", "Upload_Defer_Length": "1"},
        {"Upload_Defer_Length": "2"},
        {"Upload_Length": "5", "Upload_Metadata": "filename !!"},
        {"Upload_Length": "5", "Upload_Metadata": "filename YQ==,filename Yg=="},
        {"Upload_Length": "5", "Upload_Metadata": ",filename YQ=="},
        {"Upload_Length": "5", "Upload_Metadata": "filename /w=="},
        {"Upload_Length": "5", "Upload_Metadata": "filename " + "A" * 8000},
    ],
)
async def test_an_announcement_that_is_none_is_refused(as_manager, headers):
    assert (await as_manager.post("/uploads", **(TUS | headers))).status == 400


async def test_a_key_of_the_metadata_needs_no_value(as_manager):
    answer = await as_manager.post(
        "/uploads", **TUS, Upload_Length="5", Upload_Metadata="is_confidential, filename YQ=="
    )

    assert answer.status == 201


async def test_bytes_come_as_the_protocol_says(as_manager):
    path = await begun(as_manager)
    for headers, status in (
        ({"Content_Type": "application/octet-stream", "Upload_Offset": "0"}, 415),
        ({"Upload_Offset": None}, 400),
        ({"Upload_Offset": "-1"}, 400),
    ):
        answer = await as_manager.patch(path, PICTURE, **(BYTES | headers))
        assert answer.status == status


async def test_where_only_post_passes_a_header_names_the_method(as_manager):
    path = await begun(as_manager)
    override = {"X_HTTP_Method_Override": "PATCH", "Upload_Offset": "0"}

    sent = await as_manager.post(path, PICTURE[:9], **BYTES, **override)
    gone = await as_manager.post(path, **TUS, X_HTTP_Method_Override="DELETE")

    assert (sent.status, sent.headers["Upload-Offset"]) == (204, "9")
    assert gone.status == 204
    assert (await as_manager.post(path, **TUS)).status == 405


# What it becomes --------------------------------------------------------------------------------


async def test_a_finished_upload_names_its_content_whoever_asks_again(as_manager):
    path = await begun(as_manager)
    made = (await send(as_manager, path, PICTURE, 0)).headers["Upload-Content"]

    asked = await head(as_manager, path)
    again = await send(as_manager, path, b"", len(PICTURE))

    assert asked.headers["Upload-Content"] == made
    assert asked.headers["Upload-Offset"] == str(len(PICTURE))
    assert (again.status, again.headers["Upload-Content"]) == (204, made)
    assert len((await as_manager.get("/content")).json["items"]) == 1


async def test_a_server_that_died_while_it_looked_is_sent_the_last_byte_again(as_manager, waiting):
    path = await begun(as_manager)
    await send(as_manager, path, PICTURE[:-1], 0)
    [left] = waiting.iterdir()
    left.write_bytes(PICTURE)

    offset = int((await head(as_manager, path)).headers["Upload-Offset"])
    answer = await send(as_manager, path, PICTURE[offset:], offset)

    assert offset == len(PICTURE) - 1
    assert "Upload-Content" in answer.headers


async def test_what_cannot_be_played_is_refused_once_and_for_all(as_manager, waiting):
    words = b"These are words. " * 10
    path = await begun(as_manager, len(words), filename="film.mp4")

    refused = await send(as_manager, path, words, 0)

    assert_refused(refused, 422, "invalid")
    assert refused.json["errors"][0]["code"] == "not_media"
    assert "named .mp4 but holds text" in refused.json["detail"]
    assert (await head(as_manager, path)).status == 410
    shown = (await as_manager.get(path)).json
    assert (shown["state"], shown["refusal_code"]) == ("refused", "not_media")
    assert list(waiting.iterdir()) == []


async def test_the_first_bytes_are_enough_to_refuse_the_rest(as_manager, waiting):
    archive = files.archive() + bytes(5000)
    path = await begun(as_manager, 2_000_000_000, filename="film.mp4")

    refused = await send(as_manager, path, archive, 0)

    assert "ZIP archive" in refused.json["detail"]
    assert list(waiting.iterdir()) == []


async def test_an_empty_file_is_refused(as_manager, waiting):
    answer = await as_manager.post("/uploads", **TUS, Upload_Length="0")

    assert answer.json["errors"][0]["code"] == "empty"
    assert list(waiting.iterdir()) == []


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"name": "x" * 301}, "/name"),
        ({"campaign_id": "x"}, "/campaign_id"),
        ({"campaign_id": "00000000-0000-0000-0000-000000000001"}, "/campaign_id"),
        ({"folder": "x" * 501}, "/folder"),
        ({"tags": "x" * 101}, "/tags"),
        ({"content_id": "x"}, "/content_id"),
        ({"content_id": "00000000-0000-0000-0000-000000000001"}, "/content_id"),
    ],
)
async def test_wrong_details_are_refused_before_a_byte_comes(as_manager, told, pointer):
    answer = await as_manager.post(
        "/uploads", **TUS, Upload_Length="5", Upload_Metadata=metadata(**told)
    )

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_an_upload_may_be_a_contents_next_version(as_manager):
    first = await send(as_manager, await begun(as_manager), PICTURE, 0)
    content_id = first.headers["Location"].rpartition("/")[2]
    other = files.picture("PNG", (64, 64))
    path = await begun(as_manager, len(other), content_id=content_id)

    second = await send(as_manager, path, other, 0)

    assert second.headers["Location"] == first.headers["Location"]
    shown = (await as_manager.get(f"/content/{content_id}")).json
    assert (shown["version"], shown["width"]) == (2, 64)


async def test_a_version_of_another_kind_is_refused(as_manager, waiting):
    first = await send(as_manager, await begun(as_manager), PICTURE, 0)
    film = files.video(frames=3)
    content_id = first.headers["Location"].rpartition("/")[2]
    path = await begun(as_manager, len(film), content_id=content_id)

    assert (await send(as_manager, path, film, 0)).status in (409, 422)
    assert (await head(as_manager, path)).status == 410
    assert list(waiting.iterdir()) == []


async def test_a_web_page_takes_no_file(as_manager, menu):
    answer = await as_manager.post(
        "/uploads", **TUS, Upload_Length="5", Upload_Metadata=metadata(content_id=str(menu.id))
    )

    assert answer.pointers == ["/content_id"]


# Whose it is ------------------------------------------------------------------------------------


async def test_nobody_else_finds_an_upload(as_manager, as_admin):
    path = await begun(as_manager)

    assert (await as_admin.get(path)).status == 404
    assert (await head(as_admin, path)).status == 404
    assert (await send(as_admin, path, PICTURE, 0)).status == 404
    assert (await as_admin.delete(path, **TUS)).status == 404
    assert (await as_admin.get("/uploads")).json["items"] == []


async def test_ones_own_uploads_are_listed_with_where_to_go_on(as_manager):
    path = await begun(as_manager, name="Poster")
    await send(as_manager, path, PICTURE[:50], 0)

    [shown] = (await as_manager.get("/uploads")).json["items"]

    assert shown == (await as_manager.get(path)).json
    assert (shown["name"], shown["file_name"]) == ("Poster", "poster.png")
    assert (shown["offset_bytes"], shown["length_bytes"]) == (50, len(PICTURE))
    assert (shown["state"], shown["content_id"]) == ("receiving", None)


async def test_unfinished_uploads_are_counted(as_manager, monkeypatch):
    monkeypatch.setattr(upload_limits, "UNFINISHED_MAX", 2)
    finished = await begun(as_manager)
    await send(as_manager, finished, PICTURE, 0)
    for _ in range(2):
        await begun(as_manager)

    answer = await as_manager.post("/uploads", **TUS, Upload_Length="5")

    assert_refused(answer, 429, "too_many_uploads")


async def test_one_request_at_a_time_adds_to_an_upload(as_manager, app):
    path = await begun(as_manager)
    upload_id = (await as_manager.get(path)).json["id"]
    async with partial.opened(app.extensions[EXTENSION].media, uploads.UUID(upload_id)):
        answer = await send(as_manager, path, PICTURE, 0)

    assert_refused(answer, 423, "upload_locked")
    assert answer.headers["Retry-After"] == "1"
    assert "Upload-Content" in (await send(as_manager, path, PICTURE, 0)).headers
