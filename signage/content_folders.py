"""Content folders: paths such as ``Autumn/Posters``. A folder is there while content is in it."""

from datetime import datetime

import asyncpg
import msgspec

from signage import audit, paging
from signage.actors import Actor
from signage.errors import FieldError, Invalid, NotFound

PATH_MAX_CHARS = 500
DEPTH_MAX = 10
FOLDERS_MAX = 2000


class Folder(msgspec.Struct, frozen=True):
    """One folder. ``items`` are those right in it, ``total`` with all that is beneath it."""

    path: str
    name: str
    depth: int
    items: int
    total: int


async def list_all(conn: asyncpg.Connection) -> list[Folder]:
    """Return the tree, each folder before what is beneath it; at most FOLDERS_MAX with content."""
    rows = await conn.fetch(
        """
        /* content_folders.list_all */
        SELECT folder, count(*) AS items FROM content
        WHERE archived_at IS NULL AND folder <> ''
        GROUP BY folder ORDER BY folder LIMIT $1
        """,
        FOLDERS_MAX,
    )
    return tree({row["folder"]: row["items"] for row in rows})


def tree(items: dict[str, int]) -> list[Folder]:
    """Return the folders of these paths and all above them, with what each holds."""
    totals: dict[tuple[str, ...], int] = {}
    for path, held in items.items():
        parts = tuple(path.split("/"))
        for depth in range(1, len(parts) + 1):
            totals[parts[:depth]] = totals.get(parts[:depth], 0) + held
    return [
        Folder("/".join(parts), parts[-1], len(parts) - 1, items.get("/".join(parts), 0), total)
        for parts, total in sorted(totals.items())
    ]


async def rename(
    conn: asyncpg.Connection, actor: Actor, path: str, *, to: str, now: datetime
) -> int:
    """Give a folder, with all beneath it, another path; return how many contents moved.

    Moving it beneath another folder is giving it a path there. NotFound where nothing is in it,
    Invalid for a path beneath itself. An existing folder takes in what comes.
    """
    actor.require("program")
    source, target = tidied(path), tidied(to)
    _check_move(source, target)
    async with conn.transaction():
        moved: int = await conn.fetchval(
            """
            /* content_folders.rename */
            WITH moved AS (
                UPDATE content
                SET folder = trim(LEADING '/' FROM $3 || substr(folder, length($1) + 1)),
                    revision = revision + 1, updated_at = $4
                WHERE archived_at IS NULL AND (folder = $1 OR folder LIKE $2)
                RETURNING id
            )
            SELECT count(*) FROM moved
            """,
            source,
            f"{paging.like(source)}/%",
            target,
            now,
        )
        if not moved:
            raise NotFound("There is no such folder.")
        await audit.record(
            conn,
            actor,
            action="content.rename_folder",
            entity="content_folder",
            entity_id=source,
            before={"path": source},
            after={"path": target, "moved": moved},
            now=now,
        )
    return moved


def tidied(path: str) -> str:
    """Return the path without empty parts and spaces round its names."""
    return "/".join(part.strip() for part in path.split("/") if part.strip())


def errors_in(path: str) -> list[FieldError]:
    """Return what is wrong with a path: too long, too deep, or a name that cannot be read."""
    if len(path) > PATH_MAX_CHARS:
        detail = f"A folder has at most {PATH_MAX_CHARS} characters."
        return [FieldError("/folder", "invalid_folder", detail)]
    if path.count("/") >= DEPTH_MAX or not path.isprintable():
        detail = f"A folder is at most {DEPTH_MAX} names deep, with / between them."
        return [FieldError("/folder", "invalid_folder", detail)]
    return []


def _check_move(source: str, target: str) -> None:
    errors = [FieldError("/to", error.code, error.detail) for error in errors_in(target)]
    if f"{target}/".startswith(f"{source}/"):
        detail = "A folder cannot move into itself."
        errors.append(FieldError("/to", "invalid_folder", detail))
    if errors:
        raise Invalid(errors)
