"""Content over HTTP: whole or in ranges, to the screens whose plan holds it, and to no other."""

import hashlib

import pytest

from signage import assignments, content, playlists
from signage.actors import SYSTEM
from signage.media import intake, storage
from signage.media.facts import Probe
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.callers import Caller, assert_refused
from web.services import EXTENSION

POSTER = bytes(range(256)) * 40
SIZE = len(POSTER)
SHA256 = hashlib.sha256(POSTER).hexdigest()
PATH = f"/content/{SHA256}"


@pytest.fixture
async def poster(app, conn, now) -> content.Content:
    """An image in the store; what its bytes are is not looked at again."""
    kept = await storage.keep_bytes(app.extensions[EXTENSION].media, POSTER)
    assert kept == SHA256
    probe = Probe("image", "image/png", 1920, 1080, None, None, None, b"", [])
    accepted = intake.Accepted(SHA256, SIZE, SHA256, "poster.png", probe)
    return await content.create_from_file(
        conn, SYSTEM, content.Details(name="Poster"), accepted, now=now
    )


@pytest.fixture
async def planned(conn, poster, lisbon, window_2, now) -> playlists.Playlist:
    """A playlist with the poster, assigned to Lisbon."""
    items = [NewItem(content_id=poster.id)]
    made = await playlists.create(conn, SYSTEM, name="Posters", items=items, now=now)
    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), made.id, now=now)
    return made


@pytest.fixture
async def fetched(screen, planned) -> str:
    """The address of the poster as the plan of Window 2 names it."""
    [found] = (await screen.get("/plan")).json["content"].values()
    assert (found["sha256"], found["bytes"], found["mime"]) == (SHA256, SIZE, "image/png")
    return str(found["url"]).removeprefix("/v1/device")


async def test_the_bytes_are_those_that_the_plan_promised(screen, fetched):
    answer = await screen.get(fetched)

    assert answer.status == 200
    assert hashlib.sha256(answer.body).hexdigest() == SHA256
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["ETag"] == f'"{SHA256}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("field", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, SIZE),
        ("bytes=100-199", 100, 200),
        ("bytes=100-", 100, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=5-{SIZE * 9}", 5, SIZE),
        ("bytes=-1", SIZE - 1, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        (f"bytes=-{SIZE * 9}", 0, SIZE),
    ],
)
async def test_a_range_is_206(screen, fetched, field, start, end):
    answer = await screen.get(fetched, Range=field)

    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.body == POSTER[start:end]


@pytest.mark.parametrize("field", [f"bytes={SIZE}-", "bytes=-0", "bytes=99999999-"])
async def test_a_range_outside_is_416_and_names_the_size(screen, fetched, field):
    answer = await screen.get(fetched, Range=field)

    assert (answer.status, answer.body) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "field",
    [
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=9-5",
        "bytes=0-1,5-6",
        "items=0-5",
        "0-5",
        "bytes=" + "9" * 5000 + "-",
        "bytes=0-²",
    ],
)
async def test_a_range_that_is_none_is_ignored(screen, fetched, field):
    answer = await screen.get(fetched, Range=field)

    assert answer.status == 200
    assert "Content-Range" not in answer.headers
    assert answer.body == POSTER


async def test_a_download_goes_on_only_with_the_same_bytes(screen, fetched):
    same = await screen.get(fetched, Range="bytes=100-", If_Range=f'"{SHA256}"')
    other = await screen.get(fetched, Range="bytes=100-", If_Range='"another version"')

    assert (same.status, same.body) == (206, POSTER[100:])
    assert (other.status, other.body) == (200, POSTER)


async def test_what_is_held_is_304(screen, fetched):
    answer = await screen.get(fetched, If_None_Match=f'"{SHA256}"')

    assert (answer.status, answer.body) == (304, b"")


async def test_a_head_has_the_tag_and_no_body(screen, fetched):
    answer = await screen("HEAD", fetched)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["ETag"] == f'"{SHA256}"'


async def test_another_screen_finds_nothing(app, fetched, pair, madrid):
    paired = await pair(madrid, "Entrance")
    entrance = Caller(app, "/v1/device", Authorization=f"Bearer {paired.tokens.device_token}")
    await entrance.get("/plan")

    assert_refused(await entrance.get(fetched), 404, "not_found")
    held = await entrance.get(fetched, If_None_Match="*")
    assert_refused(held, 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/content/" + "0" * 64, "/content/x", "/content/..%2f..%2fsecret.key"]
)
async def test_what_is_in_no_plan_is_absent(screen, planned, path):
    assert_refused(await screen.get(path), 404, "not_found")


@pytest.mark.parametrize(("days", "status"), [(7, 200), (7.01, 404)])
async def test_what_left_the_plan_stays_for_a_week(
    screen, conn, fetched, planned, clock, days, status
):
    await playlists.change(conn, SYSTEM, planned.id, items=[], now=clock.pass_(minutes=1))
    await playlists.publish(conn, SYSTEM, planned.id, now=clock.now)
    assert (await screen.get("/plan")).json["content"] == {}

    clock.pass_(days=days)
    await conn.execute("UPDATE devices SET token_expires_at = $1", clock.now.replace(year=2030))

    assert (await screen.get(fetched)).status == status


async def test_recalled_content_is_gone_at_once(screen, conn, fetched, poster, now):
    await conn.execute("UPDATE content SET recalled_at = $1 WHERE id = $2", now, poster.id)

    assert_refused(await screen.get(fetched), 404, "not_found")
