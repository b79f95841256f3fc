"""CSV files: nothing that somebody typed becomes a formula in a spreadsheet."""

import csv
import io

import pytest

from signage import audit
from signage.actors import SYSTEM
from signage.report_csv import FORMULA_STARTS

FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("formula", FORMULAS, ids=ascii)
async def test_no_cell_of_any_file_is_a_formula(conn, ana, things, readings, formula, now):
    for table in ("stores", "devices", "device_groups", "playlists", "content", "campaigns"):
        await conn.execute(f"UPDATE {table} SET name = $1", formula)
    await audit.record(
        conn, SYSTEM, action="stores.create", entity="store", entity_id=things["store_id"], now=now
    )
    files = [route for route in readings if route.rule.endswith(".csv")]
    for route in files:
        path = route.path(things)
        ana.prefix = ""
        answer = await ana.get(f"{path}?from=2026-11-01&to=2026-11-30")

        assert answer.status == 200, path
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8", path
        assert answer.headers["Content-Disposition"].startswith("attachment"), path
        for row in csv.reader(io.StringIO(answer.body.decode(), newline="")):
            loud = [cell for cell in row if cell[:1] in FORMULA_STARTS and not _is_number(cell)]
            assert not loud, path
    assert len(files) >= 4


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
