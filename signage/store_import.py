"""Store import: many stores from one CSV, with a report by line of what was taken and what not.

The columns are those of the sample and of the list's export, in any order; ``code``, ``name`` and
``timezone`` have to be there. Commas, semicolons and tabs separate, as spreadsheets write them.
"""

import csv
import io
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

import asyncpg
import msgspec

from signage import audit, opening_hours, report_csv, stores
from signage.actors import Actor
from signage.errors import FieldError, Invalid
from signage.ids import new_id
from signage.opening_hours import Hours, Weekday, WrittenWrong
from signage.stores import NewStore

IMPORT_MAX_BYTES = 400_000
LINES_MAX = 2_000
CELL_MAX_CHARS = 20_000

WEEKDAYS = get_args(Weekday)
REQUIRED = ("code", "name", "timezone")
COLUMNS = (*REQUIRED, "region", "address", *WEEKDAYS, "closures", "special_days")
EXPORTED_ONLY = frozenset({"screens", "online", "late", "offline", "never"})
"""What an export says beyond a store's own values; an import leaves it aside."""

SAMPLE = "\r\n".join(
    (
        ",".join(COLUMNS),
        "LIS-11,Lisboa Norte,Europe/Lisbon,South,Rua Nova 4 Lisboa,08:00-21:00,08:00-21:00,"
        '08:00-21:00,08:00-21:00,08:00-22:00,"09:00-13:00, 15:00-22:00",closed,'
        "2026-12-25 2027-01-01,2026-12-24 08:00-17:00",
        "OPO-07,Porto Estádio,Europe/Lisbon,North,Largo do Campo 9 Porto,all day,all day,all day,"
        "all day,18:00-02:00,18:00-02:00,closed,,",
        "MAD-05,Madrid Aeropuerto,Europe/Madrid,Spain,Terminal 2 Madrid,,,,,,,,,",
        "",
    )
)
"""What people download to begin with: breaks, a night, a store that never closes."""


class Line(msgspec.Struct, frozen=True):
    """What became of one line, counted from 1 as a spreadsheet does, the header being the first.

    ``held`` is a line that is right, of an import that took none because another was refused.
    """

    line: int
    code: str
    name: str
    outcome: Literal["taken", "refused", "held"]
    store_id: UUID | None
    errors: list[FieldError]


class Report(msgspec.Struct, frozen=True):
    """What became of an import. A dry run says what would become of it and takes nothing."""

    dry_run: bool
    taken: int
    refused: int
    held: int
    lines: list[Line]


async def run(
    conn: asyncpg.Connection,
    actor: Actor,
    text: str,
    *,
    all_or_nothing: bool = True,
    dry_run: bool = False,
    now: datetime,
) -> Report:
    """Open the stores of a CSV. Invalid for ``/csv`` where it cannot be read as one at all."""
    actor.require("administer")
    read = _rows(text)
    async with conn.transaction():
        rows = await _refuse_known(conn, read)
        right = {row.id: row.new for row in rows if row.new is not None and not row.errors}
        if all_or_nothing and len(right) < len(rows):
            return _report(rows, set(), dry_run, held=set(right))
        if dry_run:
            return _report(rows, set(right), dry_run)
        made = await stores.insert(conn, right, now=now)
        for store_id in made:
            await audit.record(
                conn,
                actor,
                action="stores.create",
                entity="store",
                entity_id=store_id,
                after=right[store_id],
                now=now,
            )
    return _report(rows, made, dry_run)


class _Row(msgspec.Struct):
    id: UUID
    line: int
    code: str
    name: str
    new: NewStore | None
    errors: list[FieldError]


def _rows(text: str) -> list[_Row]:
    if len(text.encode("utf-8", "replace")) > IMPORT_MAX_BYTES:
        raise _unreadable(f"At most {IMPORT_MAX_BYTES // 1000} kB. Split the file.")
    text = text.removeprefix("\N{BYTE ORDER MARK}").replace("\x00", "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except csv.Error as error:
        raise _unreadable(f"Line {reader.line_num} cannot be read: {error}.") from error
    if len(lines) < 2:
        raise _unreadable("There is no store in it. The first line names the columns.")
    if len(lines) > LINES_MAX + 1:
        raise _unreadable(f"At most {LINES_MAX:,} stores at a time. Split the file.")
    columns = _columns(lines[0][1])
    return [_row(number, columns, cells) for number, cells in lines[1:]]


def _delimiter(text: str) -> str:
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(",;\t", key=header.count)


def _columns(header: list[str]) -> list[str]:
    columns = [cell.strip().lower().replace(" ", "_") for cell in header]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise _unreadable(f"The first line has no column {missing[0]}.")
    unknown = [name for name in columns if name not in {*COLUMNS, *EXPORTED_ONLY, ""}]
    if unknown:
        raise _unreadable(f"{unknown[0][:40]} is no column of a store: {', '.join(COLUMNS)}.")
    if len({*columns}) < len(columns) - columns.count("") + ("" in columns):
        raise _unreadable("A column stands there twice.")
    return columns


def _row(line: int, columns: list[str], cells: list[str]) -> _Row:
    values = dict.fromkeys(COLUMNS, "") | {
        name: _plain(cell) for name, cell in zip(columns, cells, strict=False) if name in COLUMNS
    }
    errors: list[FieldError] = []
    if any(len(cell) > CELL_MAX_CHARS for cell in cells):
        errors.append(FieldError("", "too_long", f"At most {CELL_MAX_CHARS:,} characters a cell."))
    new = NewStore(
        **{name: values[name] for name in (*REQUIRED, "region", "address")},
        opening_hours=_week(values, errors),
        closures=_closures(values["closures"], errors),
        special_days=_special_days(values["special_days"], errors),
    )
    if not errors:
        errors = stores.errors_in(new)
    row = _Row(new_id(), line, values["code"][:32], values["name"][:200], new, errors)
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        detail = "This line has more cells than the first. Quote hours that have commas."
        row.errors.append(FieldError("", "too_many_cells", detail))
    return row


def _plain(cell: str) -> str:
    """Return a cell without the mark that an export sets before what looks like a formula."""
    marked = cell[:1] == "'" and cell[1:2] in report_csv.FORMULA_STARTS
    return cell[1:].strip() if marked else cell.strip()


def _week(values: dict[str, str], errors: list[FieldError]) -> dict[Weekday, Hours] | None:
    if not any(values[day] for day in WEEKDAYS):
        return None
    week: dict[Weekday, Hours] = {}
    for day in WEEKDAYS:
        try:
            week[day] = opening_hours.read(values[day] or "closed")
        except WrittenWrong as error:
            errors.append(FieldError(f"/{day}", "invalid_hours", str(error)))
    return week


def _closures(text: str, errors: list[FieldError]) -> list[date]:
    try:
        return [opening_hours.read_day(day) for day in text.replace(";", " ").split()]
    except WrittenWrong as error:
        errors.append(FieldError("/closures", "invalid_day", str(error)))
        return []


def _special_days(text: str, errors: list[FieldError]) -> dict[date, Hours]:
    try:
        return dict(opening_hours.read_special_day(day) for day in text.split(";") if day.strip())
    except WrittenWrong as error:
        errors.append(FieldError("/special_days", "invalid_hours", str(error)))
        return {}


async def _refuse_known(conn: asyncpg.Connection, rows: list[_Row]) -> list[_Row]:
    known = await conn.fetch(
        """
        /* store_import.known_codes */
        SELECT code FROM stores WHERE code = ANY ($1) AND archived_at IS NULL
        """,
        [row.code for row in rows],
    )
    taken = {row["code"]: "Another store has the code {code}." for row in known}
    for row in rows:
        if row.code in taken:
            detail = taken[row.code].format(code=row.code)
            row.errors.append(FieldError("/code", "store_code_taken", detail))
        elif not row.errors:
            taken[row.code] = f"Line {row.line} has the code {{code}} already."
    return rows


def _report(
    rows: list[_Row], taken: set[UUID], dry_run: bool, held: set[UUID] | None = None
) -> Report:
    lines = [_line(row, taken, held or set(), dry_run) for row in rows]
    counts = dict.fromkeys(("taken", "refused", "held"), 0)
    for line in lines:
        counts[line.outcome] += 1
    return Report(dry_run=dry_run, lines=lines, **counts)


def _line(row: _Row, taken: set[UUID], held: set[UUID], dry_run: bool) -> Line:
    outcome: Literal["taken", "refused", "held"] = "refused"
    errors = row.errors
    if row.id in taken:
        outcome = "taken"
    elif row.id in held:
        outcome = "held"
    elif not errors:
        # Somebody opened a store with this code between the check and the insertion.
        refusal = stores.code_taken(row.code)
        errors = [FieldError("/code", refusal.code, refusal.detail)]
    made = outcome == "taken" and not dry_run
    return Line(row.line, row.code, row.name, outcome, row.id if made else None, errors)


def _unreadable(detail: str) -> Invalid:
    return Invalid.field("/csv", "invalid_csv", detail)
