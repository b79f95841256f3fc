"""The log: nothing a caller sends can forge an event or command a terminal, no secret is in it."""

import pytest

from playbill import logs
from signage import devices, tokens
from tests.unit.matrix import NOBODY


class Broken(Exception):
    """A fault that repeats what it was given."""


@pytest.fixture
def fault(monkeypatch):
    """Make every look at a screen a fault that knows a secret and says what was asked."""

    async def find(*args, **kwargs):
        token = " ".join(["a token", "in a variable"])
        raise Broken(f"no\n2026-11-23T12:00:00Z [info     ] all is well\x1b[2J {len(token)}")

    monkeypatch.setattr(devices, "find", find)


async def test_a_fault_is_one_event_whatever_was_asked_for(ana, fault, capsys):
    answer = await ana.get(f"/devices/{NOBODY}?x=%0a")

    lines = capsys.readouterr().out.splitlines()
    assert answer.status == 500
    assert "fault" in lines[0]
    assert all(line.startswith(logs.SET_OFF) for line in lines[1:])
    assert any("Broken: no" in line for line in lines)
    assert not any("\x1b[2J" in line for line in lines)


async def test_no_variable_is_in_a_trace(ana, fault, capsys):
    await ana.get(f"/devices/{NOBODY}")

    cookie = next(iter(ana.client.cookie_jar)).value
    log = capsys.readouterr().out
    assert "Broken" in log
    assert "a token in a variable" not in log
    assert cookie not in log


async def test_a_path_cannot_break_the_line(screen, monkeypatch, capsys):
    async def broken(*args, **kwargs):
        raise Broken

    monkeypatch.setattr(tokens, "authenticate", broken)
    answer = await screen.get("/content/a%0A2026-11-23%20%5Binfo%5D%20forged%1B%5B2Jz")

    first, *rest = capsys.readouterr().out.splitlines()
    assert answer.status == 500
    assert "n2026-11-23 [info] forged" in first
    assert "\x1b" not in first
    assert all(line.startswith(logs.SET_OFF) for line in rest)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Olá ☃", "Olá ☃"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u2028\u202e", "\\u2028\\u202e"),
        ("\x00\x7f\x85", "\\x00\\x7f\\x85"),
    ],
)
def test_what_is_not_printable_is_escaped(text, shown):
    assert logs.escaped(text) == shown
