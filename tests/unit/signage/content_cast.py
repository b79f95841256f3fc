"""Content for tests of its life: files that count as accepted, and what plans make of them."""

import hashlib
from datetime import datetime
from typing import Any

import asyncpg

from signage import assignments, content, plans, playlists, settings
from signage.actors import SYSTEM, Actor
from signage.media.facts import Kind, Probe
from signage.media.intake import Accepted
from signage.playlist_items import NewItem
from signage.targets import Target


def file(words: str, kind: Kind = "image") -> Accepted:
    """A file that was accepted; other words are other bytes."""
    sha256 = hashlib.sha256(words.encode()).hexdigest()
    mime = "image/png" if kind == "image" else "video/mp4"
    duration_ms = 8_000 if kind == "video" else None
    probe = Probe(kind, mime, 1080, 1920, duration_ms, None, None, b"", [])
    return Accepted(sha256, len(words), sha256, f"{words}.png", probe)


async def add(
    conn: asyncpg.Connection, name: str, now: datetime, *, actor: Actor = SYSTEM, **more: Any
) -> content.Content:
    """Add a picture of this name to the library."""
    about = {key: more.pop(key) for key in list(more) if key in content.Details.__struct_fields__}
    details = content.Details(name=name, **about)
    return await content.create_from_file(conn, actor, details, file(name), now=now, **more)


async def show(
    conn: asyncpg.Connection, target: Target, now: datetime, *items: NewItem
) -> playlists.Playlist:
    """Publish a playlist of these items and give it to the target."""
    made = await playlists.create(conn, SYSTEM, name="Posters", items=list(items), now=now)
    await assignments.put(conn, SYSTEM, target, made.id, now=now)
    return made


async def planned(
    conn: asyncpg.Connection, device_id: Any, now: datetime
) -> list[tuple[int, str | None, str | None]]:
    """What the device's plan plays: version, from when and until when."""
    plan = (await plans.current(conn, device_id, now=now)).document()
    return [
        (plan["content"][item["content"]]["version"], item["not_before"], item["not_after"])
        for playlist in plan["playlists"].values()
        for item in playlist["items"]
    ]


async def require_approval(conn: asyncpg.Connection, now: datetime, **more: bool) -> None:
    """Let the settings ask for approval."""
    changes = settings.Changes(approval_required=True, **more)
    await settings.change(conn, SYSTEM, changes, now=now)


async def actions(conn: asyncpg.Connection, content_id: Any) -> list[str]:
    """What the audit log says was done to a content, in order."""
    rows = await conn.fetch(
        "SELECT action FROM audit_log WHERE entity = 'content' AND entity_id = $1 ORDER BY seq",
        str(content_id),
    )
    return [row["action"] for row in rows]
