"""Importing stores: what is taken, what is refused, and why, line by line."""

import pytest

from signage import store_import, store_lists, stores
from signage.errors import Forbidden, Invalid
from signage.store_import import LINES_MAX, SAMPLE

HEADER = "code,name,timezone"


async def outcomes(conn, actor, text, now, **more):
    report = await store_import.run(conn, actor, text, now=now, **more)
    return [(line.line, line.outcome) for line in report.lines]


async def codes(conn, actor, now):
    return [store.code for store in (await store_lists.list_page(conn, actor, now=now)).items]


async def test_the_sample_is_taken_whole(conn, admin, now):
    report = await store_import.run(conn, admin, SAMPLE, now=now)

    assert (report.taken, report.refused, report.held) == (3, 0, 0)
    first = await stores.find(conn, admin, report.lines[0].store_id)
    assert first.opening_hours["sat"] == [("09:00", "13:00"), ("15:00", "22:00")]
    assert first.opening_hours["sun"] == []
    assert len(first.closures) == 2
    last = await stores.find(conn, admin, report.lines[2].store_id)
    assert last.opening_hours is None
    assert await conn.fetchval("SELECT count(*) FROM audit_log WHERE action = 'stores.create'") == 3


async def test_a_dry_run_says_the_same_and_opens_nothing(conn, admin, now):
    report = await store_import.run(conn, admin, SAMPLE, dry_run=True, now=now)

    assert (report.dry_run, report.taken) == (True, 3)
    assert all(line.store_id is None for line in report.lines)
    assert await codes(conn, admin, now) == []


MIXED = f"{HEADER},mon\r\nA-1,One,Europe/Lisbon,8-20\r\nA-2,Two,Nowhere,\r\nA-1,Three,UTC,\r\n"


async def test_all_or_nothing_holds_the_right_lines_back(conn, admin, now):
    found = await outcomes(conn, admin, MIXED, now)

    assert found == [(2, "held"), (3, "refused"), (4, "refused")]
    assert await codes(conn, admin, now) == []


async def test_otherwise_the_right_lines_are_taken(conn, admin, now):
    found = await outcomes(conn, admin, MIXED, now, all_or_nothing=False)

    assert found == [(2, "taken"), (3, "refused"), (4, "refused")]
    assert await codes(conn, admin, now) == ["A-1"]


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        ("LIS-01,Again,UTC,,,", "/code"),
        ("A B,Name,UTC,,,", "/code"),
        ("A-1,,UTC,,,", "/name"),
        ("A-1,Name,Lisbon,,,", "/timezone"),
        ("A-1,Name,UTC,half past,,", "/mon"),
        ("A-1,Name,UTC,,25.12.2026,", "/closures"),
        ("A-1,Name,UTC,,,2026-12-24 noon", "/special_days"),
        ("A-1,Name,UTC,08:00-12:00,14:00-20:00,,", "/closures"),
        ("A-1,Name,UTC,,,,too many", ""),
    ],
)
async def test_a_refused_line_says_which_value_is_wrong(conn, admin, lisbon, now, line, pointer):
    text = f"{HEADER},mon,closures,special_days\n{line}\n"
    report = await store_import.run(conn, admin, text, dry_run=True, now=now)

    assert report.refused == 1
    assert report.lines[0].errors[0].pointer == pointer
    assert report.lines[0].errors[0].detail.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEADER,
        "name,timezone\nx,UTC\n",
        f"{HEADER},colour\nA-1,x,UTC,red\n",
        f"{HEADER},code\nA-1,x,UTC,A-2\n",
        f'{HEADER}\n"A-1,x,UTC\n' + "x" * 140_000,
        f"{HEADER}\n" + "A-1,x,UTC\n" * (LINES_MAX + 1),
        f"{HEADER}\n" + "x" * store_import.IMPORT_MAX_BYTES,
    ],
)
async def test_what_is_no_list_of_stores_is_refused_whole(conn, admin, now, text):
    with pytest.raises(Invalid) as refusal:
        await store_import.run(conn, admin, text, now=now)
    assert refusal.value.errors[0].pointer == "/csv"


@pytest.mark.parametrize("separator", [";", "\t"])
async def test_spreadsheets_separate_in_their_own_way(conn, admin, now, separator):
    text = "\N{BYTE ORDER MARK}" + separator.join(["Code", "Name", "Timezone"])
    text += "\r\n" + separator.join(["A-1", "One, two", "UTC"])
    assert await outcomes(conn, admin, text, now) == [(2, "taken")]


async def test_an_export_can_be_imported_elsewhere(conn, admin, now):
    await store_import.run(conn, admin, SAMPLE.replace("Rua Nova", "=Rua Nova"), now=now)
    exported = b"".join([piece async for piece in store_lists.export_csv(conn, admin, now=now)])
    before = (await store_lists.list_page(conn, admin, now=now)).items
    assert b"'=Rua Nova" in exported
    await conn.execute("UPDATE stores SET archived_at = $1", now)

    await store_import.run(conn, admin, exported.decode(), now=now)

    after = (await store_lists.list_page(conn, admin, now=now)).items
    kept = ("code", "name", "timezone", "address", "region", "opening_hours", "special_days")
    assert [[getattr(store, field) for field in kept] for store in after] == [
        [getattr(store, field) for field in kept] for store in before
    ]


async def test_only_administrators_import(conn, manager, now):
    with pytest.raises(Forbidden):
        await store_import.run(conn, manager, SAMPLE, now=now)
