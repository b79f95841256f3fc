"""Uploading by a plain form, as a browser without scripts does it."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.callers import Answer, Caller
from tests.unit.portal.conftest import Visitor
from tests.unit.signage.media import files
from web.services import EXTENSION

BOUNDARY = "a-boundary-of-the-tests"
PICTURE = files.picture("PNG")


async def send(visitor: Visitor, *sent: tuple[str, bytes], **fields: str) -> Answer:
    """Send the form of the library's page with these files."""
    page = await visitor.get("/content")
    token = page.form("/content")["csrf_token"] if page.status == 200 else ""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in ({"csrf_token": token} | fields).items()
    ]
    for file_name, data in sent:
        head = f'Content-Disposition: form-data; name="file"; filename="{file_name}"'
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + data + b"\r\n")
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return await visitor.caller("POST", "/content", body, Content_Type=content_type)


async def library(caller: Caller) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await caller.get("/content")).json["items"]
    return items


@pytest.fixture
async def bruno(enter, manager) -> Visitor:
    return await enter(manager)


@pytest.fixture
def incoming(app) -> Path:
    """Where files wait, without those of other tests."""
    found: Path = app.extensions[EXTENSION].media.incoming
    for left in found.iterdir():
        left.unlink()
    return found


async def test_several_files_become_contents(bruno, as_manager, incoming):
    other = files.picture("PNG", (64, 64))
    answer = await send(
        bruno, ("a.png", PICTURE), ("b.png", other), folder="Windows", tags="4k, autumn"
    )

    assert (answer.status, answer.headers["Location"]) == (302, "/content")
    shown = await library(as_manager)
    assert [one["name"] for one in shown] == ["b.png", "a.png"]
    assert {one["folder"] for one in shown} == {"Windows"}
    assert all(one["tags"] == ["4k", "autumn"] for one in shown)
    assert list(incoming.iterdir()) == []
    assert "a.png" in (await bruno.get("/content")).soup.get_text()


async def test_a_refused_file_is_named_with_its_reason(bruno, as_manager, incoming):
    answer = await send(bruno, ("film.mp4", b"These are words."))

    assert answer.status == 422
    assert b"film.mp4: This file is named .mp4 but holds text." in answer.body
    assert await library(as_manager) == []
    assert list(incoming.iterdir()) == []


async def test_what_came_before_a_refused_file_is_kept(bruno, as_manager):
    answer = await send(bruno, ("a.png", PICTURE), ("b.png", b"words"))

    assert answer.status == 422
    assert [one["name"] for one in await library(as_manager)] == ["a.png"]


async def test_a_form_without_a_file_is_refused(bruno):
    answer = await send(bruno)

    assert answer.status == 422
    assert b"Choose a file." in answer.body


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.png", "C:\\\\fakepath\\\\a.png", "\u202egnp.exe"]
)
async def test_a_hostile_name_becomes_a_harmless_one(bruno, as_manager, name):
    assert (await send(bruno, (name, PICTURE))).status == 302

    [shown] = await library(as_manager)
    assert not set(shown["name"]) & {"/", "\\", "\u202e"}


async def test_wrong_details_keep_nothing(bruno, as_manager, incoming):
    answer = await send(bruno, ("a.png", PICTURE), folder="x" * 501)

    assert answer.status == 422
    assert await library(as_manager) == []
    assert list(incoming.iterdir()) == []


async def test_whoever_is_not_signed_in_uploads_nothing(visitor, as_manager, incoming):
    assert (await send(visitor, ("a.png", PICTURE))).status in (302, 401, 403)
    assert await library(as_manager) == []
    assert list(incoming.iterdir()) == []


@pytest.mark.parametrize("who", ["installer", "analyst", "advertiser"])
async def test_other_roles_upload_nothing(request, enter, as_manager, incoming, who):
    visitor = await enter(request.getfixturevalue(who))

    assert (await send(visitor, ("a.png", PICTURE))).status == 403
    assert await library(as_manager) == []
    assert list(incoming.iterdir()) == []


async def test_the_page_says_the_limits_and_works_without_a_script(bruno):
    page = await bruno.get("/content")
    form = page.soup.select_one('#upload form[action="/content"]')

    assert form["enctype"] == "multipart/form-data"
    assert form.select_one("input[type=file][multiple]") is not None
    assert form.select_one("[role=status]") is not None
    assert "up to 2.1 GB each" in form.get_text()
