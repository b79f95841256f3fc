"""Lists of expected screens as CSV: the store's code, the screen's name, and its groups.

A header line names the columns, in any order; ``groups`` may be missing. Commas, semicolons and
tabs separate columns, as spreadsheets write them; ``|`` separates the groups of one screen.
"""

import csv
import io

import msgspec

from signage.errors import Invalid
from signage.expected_screens import SCREENS_MAX, ExpectedScreen

CSV_MAX_CHARS = 200_000

COLUMNS = ("store_code", "screen_name", "groups")
OTHER_NAMES = {"store": "store_code", "name": "screen_name", "screen": "screen_name"}

SAMPLE = "\r\n".join(
    (
        ",".join(COLUMNS),
        "LIS-01,Window 1,Food counters",
        "LIS-01,Till 4,Food counters|Tills",
        "OPO-01,Entrance,",
        "",
    )
)
"""What people download to begin with: one group, two groups, none."""


class Line(msgspec.Struct, frozen=True):
    """One screen and the number of its line, counted from 1, the header being the first."""

    line: int
    screen: ExpectedScreen


def read(text: str) -> list[Line]:
    """Return the screens of the text. Invalid for ``/csv`` where it cannot be read as a list."""
    if len(text) > CSV_MAX_CHARS:
        raise _unreadable(f"At most {CSV_MAX_CHARS:,} characters. Split the file.")
    text = text.removeprefix("\N{BYTE ORDER MARK}").replace("\x00", "")
    header = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise _unreadable(f"Line {reader.line_num} cannot be read: {error}.") from error
    if len(lines) < 2:
        raise _unreadable("There is no screen in it. The first line names the columns.")
    if len(lines) > SCREENS_MAX + 1:
        raise _unreadable(f"At most {SCREENS_MAX:,} screens at a time. Split the file.")
    columns = _columns(lines[0][1])
    return [Line(number, _screen(columns, cells)) for number, cells in lines[1:]]


def decode(data: bytes) -> str:
    """Return the text of a file: UTF-8, or what spreadsheets on Windows write."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _columns(header: list[str]) -> list[str]:
    written = [cell.strip().lower().replace(" ", "_") for cell in header]
    columns = [OTHER_NAMES.get(name, name) for name in written]
    for name in ("store_code", "screen_name"):
        if columns.count(name) != 1:
            raise _unreadable(f"The first line has no column {name}, or has it twice.")
    unknown = [name for name in columns if name and name not in COLUMNS]
    if unknown:
        known = ", ".join(COLUMNS)
        raise _unreadable(f"{unknown[0][:40]} is no column of this list. There are: {known}.")
    return columns


def _screen(columns: list[str], cells: list[str]) -> ExpectedScreen:
    values = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
    groups = [group.strip() for group in values.get("groups", "").split("|")]
    return ExpectedScreen(
        store_code=values.get("store_code", ""),
        name=values.get("screen_name", ""),
        groups=[group for group in groups if group],
    )


def _unreadable(detail: str) -> Invalid:
    return Invalid.field("/csv", "unreadable", detail)
