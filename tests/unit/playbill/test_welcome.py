"""What is printed once Playbill answers: where it is, how to get in, how a phone reaches it."""

from pathlib import Path

import pytest

from playbill import welcome
from playbill.config import Config
from playbill.first_start import FirstStart, SignIn


@pytest.fixture(autouse=True)
def on_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has the address 192.0.2.7 in its network."""
    monkeypatch.setattr(welcome, "_lan_address", lambda: "192.0.2.7")


def test_on_loopback_it_says_how_to_let_a_phone_in() -> None:
    said = _said(_config(host="127.0.0.1"))
    assert "Playbill is ready: http://127.0.0.1:8000" in said
    assert "--host 0.0.0.0" in said
    assert "http://192.0.2.7:8000" in said


def test_on_every_address_it_gives_the_one_for_a_phone() -> None:
    said = _said(_config(host="0.0.0.0"))
    assert "Playbill is ready: http://127.0.0.1:8000" in said
    assert "From a phone on the same network: http://192.0.2.7:8000" in said


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert welcome.local_address(_config(host="::")) == "http://[::1]:8000"


def test_a_public_address_is_what_people_are_told() -> None:
    said = _said(_config(host="0.0.0.0", public_url="https://screens.example.com"))
    assert "Playbill is ready: https://screens.example.com" in said
    assert "From a phone on the same network: https://screens.example.com" in said


def test_without_users_there_is_a_set_up_link() -> None:
    said = _said(_config(), FirstStart(setup_token="abc"))
    assert "  http://127.0.0.1:8000/set-up/abc" in said


def test_the_demos_people_are_shown_with_their_passwords() -> None:
    person = SignIn("admin", "ana@example.com", "four words of it")
    said = _said(_config(), FirstStart(demo_users=[person]))
    assert "ana@example.com  four words of it" in said
    assert "/set-up/" not in said


def test_later_starts_say_how_to_add_somebody() -> None:
    assert "playbill user add EMAIL --role admin" in _said(_config())


def _said(config: Config, first: FirstStart | None = None) -> str:
    return "\n".join(welcome.lines(config, first or FirstStart()))


def _config(host: str = "127.0.0.1", public_url: str | None = None) -> Config:
    return Config(host=host, public_url=public_url, data_dir=Path("/data"), secret=b"")
