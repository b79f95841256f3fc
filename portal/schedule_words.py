"""Schedules in words: dates and priorities as people say them."""

from datetime import date

from signage.targets import Target

PRIORITIES = ((20, "a filler"), (40, "low"), (61, "normal"), (81, "high"), (101, "first of all"))
"""Below which priority which word holds."""

TARGETS = {"fleet": "the fleet", "group": "a group", "store": "a store", "device": "a screen"}


def day(on: date) -> str:
    """Return a date with its weekday: Mon 23 Nov 2026."""
    return f"{on:%a} {on.day} {on:%b %Y}"


def priority(value: int) -> str:
    """Return what a priority from 0 to 100 means: 50, normal."""
    word = next(word for below, word in PRIORITIES if value < below)
    return f"{value}, {word}"


def layer(target: Target) -> str:
    """Return what kind of target it is put on."""
    return TARGETS[target.kind]
