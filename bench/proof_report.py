"""What a campaign says: of its progress, of what it saw, and that something did not hold."""

from collections.abc import Callable

import msgspec

Say = Callable[[str], None]


class Report(msgspec.Struct, frozen=True):
    """What was done in words, and what was seen, as it goes into docs/proof."""

    title: str
    how: str
    seen: dict[str, str]


class Broken(Exception):
    """What must hold did not; ``str()`` says what was found instead."""


def must(holds: bool, otherwise: str) -> None:
    """Raise Broken unless it holds."""
    if not holds:
        raise Broken(otherwise)
