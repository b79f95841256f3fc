"""Faults: every door says that something broke and its number, and nothing of what it was."""

import re

import pytest

from signage import devices, tokens
from tests.unit.callers import Caller
from tests.unit.matrix import NOBODY

INNER = "the database said: password authentication failed for /var/lib/playbill"


@pytest.fixture(autouse=True)
def broken(monkeypatch):
    """Break the look at a screen and at its token."""

    async def fail(*args, **kwargs):
        raise RuntimeError(INNER)

    monkeypatch.setattr(devices, "find", fail)
    monkeypatch.setattr(tokens, "authenticate", fail)


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
async def test_a_page_shows_no_trace(ana, htmx, capsys):
    headers = {"HX_Request": "true"} if htmx else {}

    answer = await ana.get(f"/devices/{NOBODY}", **headers)

    assert_silent(answer, capsys.readouterr().out)
    assert ("<html" in answer.body.decode()) is not htmx


async def test_the_admin_api_shows_no_trace(as_admin, capsys):
    answer = await as_admin.get(f"/devices/{NOBODY}")

    assert_silent(answer, capsys.readouterr().out)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_the_device_api_shows_no_trace(screen, capsys):
    answer = await screen.get("/plan")

    assert_silent(answer, capsys.readouterr().out)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/v1/admin/nothing", "/static/x/y"])
async def test_what_is_not_there_is_404_and_no_more(app, path):
    answer = await Caller(app, "").get(path)

    assert answer.status == 404
    assert "Traceback" not in answer.body.decode()


def assert_silent(answer, log) -> None:
    body = answer.body.decode()
    [number] = re.findall(r"number in the log is ([0-9a-f]{32})", body)
    assert answer.status == 500
    assert number in log
    assert INNER in log
    for word in ("RuntimeError", "Traceback", "password", ".py", "signage"):
        assert word not in body
