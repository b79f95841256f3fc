"""The player's page and files as a server sends them."""

import re
from collections.abc import AsyncIterator

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

import player
from player.pages import POLICY, STATIC, build, files

BUDGET_BYTES = 320 * 1024


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = Quart(__name__, static_folder=None)
    app.register_blueprint(player.blueprint)
    yield app.test_client()


async def test_the_page_may_run_only_its_own_scripts(client: Client) -> None:
    answer = await client.get("/player")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_page_holds_no_inline_script_style_or_handler(
    client: Client,
) -> None:
    page = (await (await client.get("/player")).get_data(as_text=True)).lower()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


async def test_files_under_their_builds_address_are_kept_for_ever(
    client: Client,
) -> None:
    answer = await client.get(f"/player/static/{build()}/main.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type == "text/javascript; charset=utf-8"


async def test_files_under_another_builds_address_are_asked_for_every_time(
    client: Client,
) -> None:
    answer = await client.get("/player/static/0123456789abcdef/main.js")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["../pages.py", "..%2Fpages.py", "vendor/vendor.toml", "no.js"])
async def test_nothing_but_the_players_files_is_sent(client: Client, name: str) -> None:
    assert (await client.get(f"/player/static/{build()}/{name}")).status_code == 404


async def test_the_service_worker_may_answer_for_the_page_itself(
    client: Client,
) -> None:
    answer = await client.get("/player/sw.js")
    assert answer.headers["Service-Worker-Allowed"] == "/player"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_shell_names_every_file_and_each_can_be_had(
    client: Client,
) -> None:
    shell = await (await client.get("/player/shell.json")).get_json()
    assert shell["build"] == build()
    named = {address.removeprefix(f"/player/static/{build()}/") for address in shell["files"]}
    assert named == set(files())
    for address in shell["files"]:
        assert (await client.get(address)).status_code == 200, address


def test_the_player_stays_small() -> None:
    assert sum((STATIC / name).stat().st_size for name in files()) <= BUDGET_BYTES
