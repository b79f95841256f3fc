"""A player's words about its machine are shown as text, whatever it says."""

import pytest

from portal import hardware


def test_what_a_player_tells_is_shown() -> None:
    told = hardware.describe(
        {
            "model": "Panel 55",
            "serial": "PB-1",
            "os": "Linux",
            "player_version": "1.4.2",
            "screens": [{"width": 1920, "height": 1080}],
        }
    )
    assert (told.model, told.serial, told.os, told.player) == ("Panel 55", "PB-1", "Linux", "1.4.2")
    assert told.screen == "1920 × 1080, landscape"  # noqa: RUF001 - it is the sign for sizes


def test_a_screen_that_is_higher_than_wide_is_portrait() -> None:
    told = hardware.describe({"screens": [{"width": 1080, "height": 1920}]})
    assert told.screen.endswith(", portrait")


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"model": "  ", "screens": []},
        {"model": 5, "serial": None, "os": ["Linux"], "screens": 7},
        {"screens": ["wide"]},
        {"screens": [{"width": "1920", "height": None}]},
    ],
)
def test_what_makes_no_sense_is_not_told(info: dict[str, object]) -> None:
    told = hardware.describe(info)
    assert {told.model, told.serial, told.os, told.player, told.screen} == {hardware.NOT_TOLD}
