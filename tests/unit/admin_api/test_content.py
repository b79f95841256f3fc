"""Content over HTTP: files that are looked into, web pages, and what is refused."""

from typing import Any

import pytest

from tests.unit.callers import Answer, Caller, assert_refused
from tests.unit.signage.media import files

BOUNDARY = "a-boundary-of-the-tests"


async def upload(
    caller: Caller, data: bytes | None, *, file_name: str = "poster.png", **fields: str
) -> Answer:
    """Send a form as a browser does, with the file last."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if data is not None:
        head = f'Content-Disposition: form-data; name="file"; filename="{file_name}"'
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + data + b"\r\n")
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return await caller.post("/content", body, Content_Type=content_type)


async def library(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await caller.get(f"/content{query}")).json["items"]
    return items


async def test_an_image_is_live_when_the_answer_comes(as_manager):
    made = await upload(
        as_manager,
        files.picture("PNG"),
        name="Poster",
        tags="4k, autumn,",
        valid_from="2026-11-01T00:00:00Z",
    )

    assert made.status == 201, made.body
    shown = made.json
    assert made.headers["Location"] == f"/v1/admin/content/{shown['id']}"
    assert (shown["name"], shown["kind"], shown["mime"]) == ("Poster", "image", "image/png")
    assert (shown["width"], shown["height"]) == (320, 240)
    assert (shown["live_version"], shown["version"]) == (1, 1)
    assert (shown["tags"], shown["valid_from"]) == (["4k", "autumn"], "2026-11-01T00:00:00Z")
    assert len(shown["sha256"]) == 64
    assert (await as_manager.get(f"/content/{shown['id']}")).json == shown


async def test_without_a_name_it_has_the_files(as_manager):
    made = await upload(as_manager, files.picture("PNG"), file_name="../../posters/herbst.png")

    assert made.json["file_name"] == "herbst.png"
    assert "herbst.png" in made.json["name"]


async def test_what_a_file_is_called_decides_nothing(as_manager):
    named = await upload(as_manager, files.picture("PNG"), file_name="poster.mp4")
    page = await upload(as_manager, b"<svg xmlns='http://www.w3.org/2000/svg'/>")

    assert (named.status, named.json["kind"]) == (201, "image")
    assert page.status == 422
    assert [item["id"] for item in await library(as_manager)] == [named.json["id"]]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": "x" * 301}, "/name"),
        ({"campaign_id": "x"}, "/campaign_id"),
        ({"campaign_id": "00000000-0000-0000-0000-000000000001"}, "/campaign_id"),
        ({"folder": "x" * 501}, "/folder"),
        ({"tags": "x" * 101}, "/tags"),
        ({"valid_from": "soon"}, "/valid_from"),
        ({"valid_from": "2026-11-01T00:00:00"}, "/valid_from"),
        (
            {"valid_from": "2026-11-02T00:00:00Z", "valid_until": "2026-11-01T00:00:00Z"},
            "/valid_until",
        ),
    ],
)
async def test_wrong_details_are_named_and_nothing_is_kept(as_manager, fields, pointer):
    answer = await upload(as_manager, files.picture("PNG"), **fields)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]
    assert await library(as_manager) == []


async def test_a_form_without_a_file_is_refused(as_manager):
    answer = await upload(as_manager, None, name="Poster")

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/file"]


async def test_a_web_page_is_content_too(as_manager):
    body = {"kind": "url", "url": "https://menus.example.com/today", "tags": ["menu"]}

    made = await as_manager.post("/content", body)

    shown = made.json
    assert (made.status, shown["kind"], shown["url"]) == (201, "url", body["url"])
    assert (shown["sha256"], shown["bytes"], shown["name"]) == (None, 0, body["url"])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://menus.example.com",
        "ftp://menus.example.com",
        "javascript:alert(1)",
        "https://",
        "https://[",
        "https://menus.example.com/\n",
        "https://menus.example.com/" + "x" * 2000,
        "//menus.example.com",
    ],
)
async def test_a_web_page_has_an_https_address(as_manager, url):
    answer = await as_manager.post("/content", {"kind": "url", "url": url})

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/url"]


async def test_a_file_does_not_come_as_json(as_manager):
    answer = await as_manager.post("/content", {"kind": "image", "url": "https://example.com/a"})

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/kind"]


async def test_the_library_is_filtered(as_manager, menu):
    made = await as_manager.post(
        "/content", {"kind": "url", "url": "https://example.com", "name": "Soup", "tags": ["hot"]}
    )

    assert [item["name"] for item in await library(as_manager, "?q=sou")] == ["Soup"]
    assert [item["id"] for item in await library(as_manager, "?tag=hot")] == [made.json["id"]]
    assert await library(as_manager, "?kind=video") == []
    assert len(await library(as_manager, "?kind=url")) == 2


async def test_content_is_put_away_once(as_manager, menu):
    path = f"/content/{menu.id}"

    assert (await as_manager.delete(path)).status == 204
    assert_refused(await as_manager.delete(path), 404, "not_found")
    assert_refused(await as_manager.get(path), 404, "not_found")
    assert await library(as_manager) == []
