"""The picture of what a screen shows: decided by decoding, limited, the latest is kept."""

import io

import pytest
from PIL import Image

from tests.unit.callers import assert_refused
from web.services import EXTENSION

LIMIT_BYTES = 5 * 1024 * 1024


def picture(kind: str = "JPEG", size: tuple[int, int] = (192, 108), pad_to: int = 0) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind)
    return made.getvalue() + bytes(max(0, pad_to - made.tell()))


async def test_a_picture_is_kept_with_its_time(screen, as_manager, window_2, clock):
    came_at = clock.pass_(minutes=3)
    sent = picture()

    answer = await screen.put("/screenshot", sent, Content_Type="image/jpeg")

    assert answer.status == 200
    assert set(answer.json) == {"server_time"}
    kept = (await as_manager.get(f"/devices/{window_2.id}/screenshot")).json
    assert kept["taken_at"] == came_at.isoformat().replace("+00:00", "Z")
    assert (kept["mime"], kept["width"], kept["height"]) == ("image/jpeg", 192, 108)
    assert kept["bytes"] == len(sent)
    image = await as_manager.get(f"/devices/{window_2.id}/screenshot/image")
    assert image.body == sent
    assert image.headers["Content-Type"] == "image/jpeg"
    assert image.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in image.headers["Content-Security-Policy"]


async def test_the_bytes_are_not_sent_again_to_who_holds_them(screen, as_manager, window_2):
    await screen.put("/screenshot", picture())
    here = f"/devices/{window_2.id}/screenshot/image"
    tag = (await as_manager.get(here)).headers["ETag"]

    assert (await as_manager.get(here, If_None_Match=tag)).status == 304


async def test_the_latest_takes_the_place_of_the_former(screen, as_manager, window_2, conn, clock):
    await screen.put("/screenshot", picture(size=(100, 50)))
    clock.pass_(minutes=1)
    await screen.put("/screenshot", picture("PNG", size=(50, 100)))

    kept = (await as_manager.get(f"/devices/{window_2.id}/screenshot")).json

    assert (kept["mime"], kept["width"], kept["height"]) == ("image/png", 50, 100)
    assert await conn.fetchval("SELECT count(*) FROM device_screenshots") == 1


async def test_one_that_arrives_late_does_not_replace_a_later_one(
    screen, as_manager, window_2, clock
):
    clock.pass_(minutes=1)
    await screen.put("/screenshot", picture(size=(50, 100)))
    clock.pass_(minutes=-1)
    await screen.put("/screenshot", picture(size=(100, 50)))

    kept = (await as_manager.get(f"/devices/{window_2.id}/screenshot")).json

    assert (kept["width"], kept["height"]) == (50, 100)


async def test_what_it_decodes_to_counts_and_not_what_it_is_called(screen, as_manager, window_2):
    await screen.put("/screenshot", picture("PNG"), Content_Type="text/html")

    kept = await as_manager.get(f"/devices/{window_2.id}/screenshot/image")

    assert kept.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_media"),
        (picture()[:200], "damaged"),
        (picture("BMP"), "unsupported_type"),
    ],
)
async def test_what_is_no_picture_is_refused_and_the_former_stays(
    screen, as_manager, window_2, sent, reason
):
    await screen.put("/screenshot", picture())

    answer = await screen.put("/screenshot", sent, Content_Type="image/jpeg")

    assert_refused(answer, 422, "invalid")
    assert answer.json["errors"][0]["code"] == reason
    assert (await as_manager.get(f"/devices/{window_2.id}/screenshot")).json["width"] == 192


async def test_a_picture_at_the_limit_is_kept_and_one_byte_more_is_not(screen, app):
    assert app.extensions[EXTENSION].limits.screenshot_max_bytes == LIMIT_BYTES

    at_the_limit = await screen.put("/screenshot", picture(pad_to=LIMIT_BYTES))
    past_it = await screen.put("/screenshot", picture(pad_to=LIMIT_BYTES + 1))

    assert at_the_limit.status == 200
    assert_refused(past_it, 413, "too_large")


async def test_before_the_first_there_is_none(as_manager, window_2):
    for path in ("", "/image"):
        answer = await as_manager.get(f"/devices/{window_2.id}/screenshot{path}")
        assert_refused(answer, 404, "not_found")


async def test_another_stores_screenshot_is_absent(screen, as_madrid_manager, window_2):
    await screen.put("/screenshot", picture())
    for path in ("", "/image"):
        answer = await as_madrid_manager.get(f"/devices/{window_2.id}/screenshot{path}")
        assert_refused(answer, 404, "not_found")
