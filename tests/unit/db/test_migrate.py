"""Migrations: once each, in order, whole or not at all, and never behind somebody's back."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from db.migrate import MIGRATIONS, migrate, pending
from db.pool import connect
from db.problems import DatabaseProblem, EditedMigration, NewerSchema, Unreachable


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with the released migrations, to which a test adds its own."""
    for released in MIGRATIONS.glob("*.sql"):
        (tmp_path / released.name).write_text(released.read_text())
    return tmp_path


async def test_everything_is_applied_in_order_and_once(database: str, files: Path) -> None:
    (files / "902_second.sql").write_text("INSERT INTO made VALUES (2);")
    (files / "901_first.sql").write_text("CREATE TABLE made (n integer);")
    assert (await migrate(database, directory=files)).applied == ["901_first.sql", "902_second.sql"]
    assert (await migrate(database, directory=files)).applied == []
    assert await _ask(database, "SELECT count(*) FROM made") == 1


async def test_all_objects_are_in_the_schema_playbill(database: str) -> None:
    elsewhere = """
        SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public'
    """
    assert await _ask(database, elsewhere) == 0


async def test_many_at_once_apply_each_file_once(database: str, files: Path) -> None:
    (files / "901_slow.sql").write_text("CREATE TABLE made (); SELECT pg_sleep(0.2);")
    done = await asyncio.gather(*(migrate(database, directory=files) for _ in range(5)))
    assert sorted(len(each.applied) for each in done) == [0, 0, 0, 0, 1]


async def test_a_file_that_fails_leaves_nothing_and_those_before_it_stay(
    database: str, files: Path
) -> None:
    (files / "901_good.sql").write_text("CREATE TABLE good ();")
    (files / "902_bad.sql").write_text("CREATE TABLE half (); SELECT 1/0;")
    with pytest.raises(DatabaseProblem, match=r"902_bad.sql failed and was undone: division"):
        await migrate(database, directory=files)
    assert await _ask(database, "SELECT to_regclass('good')::text") == "good"
    assert await _ask(database, "SELECT to_regclass('half')::text") is None
    (files / "902_bad.sql").write_text("CREATE TABLE whole ();")
    assert (await migrate(database, directory=files)).applied == ["902_bad.sql"]


async def test_an_edited_file_is_refused_by_name(database: str, files: Path) -> None:
    first = files / "001_init.sql"
    first.write_text(first.read_text() + "\n-- edited")
    with pytest.raises(EditedMigration, match=r"001_init.sql was edited"):
        await migrate(database, directory=files)


async def test_a_file_numbered_below_an_applied_one_is_refused(database: str, files: Path) -> None:
    (files / "901_later.sql").write_text("CREATE TABLE later ();")
    await migrate(database, directory=files)
    (files / "900_earlier.sql").write_text("CREATE TABLE earlier ();")
    with pytest.raises(EditedMigration, match=r"900_earlier.sql is older"):
        await migrate(database, directory=files)


async def test_a_schema_newer_than_the_program_is_refused_with_advice(
    database: str, files: Path
) -> None:
    (files / "999_from_the_future.sql").write_text("CREATE TABLE future ();")
    await migrate(database, directory=files)
    with pytest.raises(NewerSchema, match=r"999_from_the_future.*newer version.*backup"):
        await migrate(database)


async def test_tables_of_a_later_migration_are_the_applications_too(
    database: str, files: Path
) -> None:
    (files / "901_table.sql").write_text("CREATE TABLE later (n integer);")
    role = (await migrate(database, directory=files)).application_role
    application = await connect(database, role=role)
    try:
        await application.execute("INSERT INTO later VALUES (1)")
    finally:
        await application.close()


async def test_what_is_pending_can_be_asked_without_changing_anything(
    database: str, files: Path
) -> None:
    (files / "901_table.sql").write_text("CREATE TABLE later ();")
    conn = await connect(database)
    try:
        assert await pending(conn, directory=files) == ["901_table.sql"]
        assert await pending(conn, directory=files) == ["901_table.sql"]
    finally:
        await conn.close()


async def test_no_server_is_told_without_its_address_and_password() -> None:
    with pytest.raises(Unreachable, match="DATABASE_URL") as told:
        await migrate("postgresql://somebody:open-sesame@127.0.0.1:1/nothing")
    assert "open-sesame" not in str(told.value)


async def _ask(dsn: str, statement: str) -> object:
    conn: asyncpg.Connection = await connect(dsn)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()
