"""CSV as RFC 4180 has it: lines end in CRLF, UTF-8 without a mark, a header line first.

A text that a spreadsheet would take for a formula gets a leading ``'`` (OWASP, CSV injection).
Numbers are written as they are.
"""

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

PIECE_ROWS = 1000
FORMULA_STARTS = frozenset("=+-@") | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


async def pieces(names: Sequence[str], rows: AsyncIterable[Iterable[Any]]) -> AsyncIterator[bytes]:
    """Yield the header and the rows in pieces of a thousand lines."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(names)
    count = 0
    async for row in rows:
        writer.writerow([_cell(value) for value in row])
        count += 1
        if count % PIECE_ROWS == 0:
            yield lines.getvalue().encode()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value[:1] in FORMULA_STARTS else value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value
