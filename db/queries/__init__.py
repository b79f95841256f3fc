"""Statements that are the point, or too long for a function: ``<module>.<function>.sql``."""

from functools import cache
from pathlib import Path

DIRECTORY = Path(__file__).parent


@cache
def load(name: str) -> str:
    """Return the text of ``<name>.sql``; FileNotFoundError if there is none."""
    return (DIRECTORY / f"{name}.sql").read_text(encoding="utf-8")
