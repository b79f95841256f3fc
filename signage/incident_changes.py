"""Incident changes: what detectors found against what is open, settled in a few statements.

Something open that is found again is renewed, and resolved where it is not. What is found anew
opens, unless somebody resolved it by hand or works there; if it was resolved a short while ago it
opens again instead of once more, so that what flaps is one incident.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db import queries
from signage import incident_notes, maintenance
from signage.ids import new_id
from signage.incidents import Severity
from signage.settings import Settings

COUNTED_BACK_MAX = timedelta(hours=1)

About = tuple[str, UUID | None, UUID | None]
"""A kind with its screen, or with its store where it is about no screen."""


class Finding(msgspec.Struct, frozen=True):
    """Something wrong with a screen, or with a store where ``device_id`` is None.

    It has to be so for ``grace_min`` before it counts. ``severity`` is set where it stops no plays;
    elsewhere the plays lost an hour decide. ``folds`` are screens whose own incidents this one is.
    """

    kind: str
    store_id: UUID
    device_id: UUID | None
    summary: str
    evidence: dict[str, Any]
    since: datetime
    grace_min: int = 0
    lost_per_hour: int = 0
    severity: Severity | None = None
    folds: tuple[UUID, ...] = ()

    @property
    def about(self) -> About:
        """What one incident can be open for."""
        return self.kind, self.device_id, None if self.device_id else self.store_id


async def settle(
    conn: asyncpg.Connection,
    findings: list[Finding],
    kinds: list[str],
    *,
    limits: Settings,
    now: datetime,
) -> int:
    """Open, renew and resolve incidents of these kinds; return how many opened or ended."""
    rows = await conn.fetch(queries.load("incident_changes.unresolved"), kinds)
    is_open = {(row["kind"], row["device_id"], row["about_store"]): row for row in rows}
    found = {one.about: one for one in findings}
    renewed = [(is_open[about], one) for about, one in found.items() if about in is_open]
    await _renew(conn, renewed, limits, now)
    new = [one for about, one in found.items() if about not in is_open]
    opened = await _open(conn, await maintenance.outside(conn, new, now=now), limits, now)
    gone = [row["id"] for about, row in is_open.items() if about not in found]
    folded = await _fold(conn, findings, now) if any(one.folds for one in findings) else []
    over = list(set(gone) - set(folded))
    await conn.execute(queries.load("incident_changes.resolve"), over, now)
    await incident_notes.add(conn, "resolved", over, ["It ended by itself."] * len(over), now=now)
    return opened + len(gone)


def severity(finding: Finding, limits: Settings) -> Severity:
    """Return how bad it is, by the plays that are lost an hour."""
    if finding.severity:
        return finding.severity
    return "critical" if finding.lost_per_hour >= limits.critical_plays_per_hour else "warning"


async def _renew(
    conn: asyncpg.Connection,
    pairs: list[tuple[asyncpg.Record, Finding]],
    limits: Settings,
    now: datetime,
) -> None:
    """Write what is another than before, and nothing where all is as it was."""
    other = [(row, one) for row, one in pairs if _is_news(row, one, limits)]
    if not other:
        return
    ids = [row["id"] for row, _ in other]
    await conn.execute(
        queries.load("incident_changes.renew"),
        ids,
        *_columns([one for _, one in other], limits),
        now,
    )
    turned = [(row["id"], severity(one, limits)) for row, one in other]
    turned = [
        (one, bad)
        for (one, bad), (row, _) in zip(turned, other, strict=True)
        if row["severity"] != bad
    ]
    texts = [f"It is {bad} now." for _, bad in turned]
    await incident_notes.add(conn, "severity", [one for one, _ in turned], texts, now=now)


def _is_news(row: asyncpg.Record, one: Finding, limits: Settings) -> bool:
    before = (row["summary"], row["evidence"], row["lost_per_hour"], row["severity"])
    after = (one.summary, one.evidence, one.lost_per_hour, severity(one, limits))
    return bool(before != after or row["store_id"] != one.store_id)


async def _open(
    conn: asyncpg.Connection, new: list[Finding], limits: Settings, now: datetime
) -> int:
    if not new:
        return 0
    rows = await conn.fetch(
        queries.load("incident_changes.resolved_lately"),
        list({one.kind for one in new}),
        [one.device_id for one in new if one.device_id],
        [one.store_id for one in new if one.device_id is None],
        now - timedelta(minutes=limits.incident_reopens_within_min),
    )
    lately = {(row["kind"], row["device_id"], row["about_store"]): row for row in rows}
    again = [one for one in new if one.about in lately]
    again = [one for one in again if lately[one.about]["resolved_by"] is None]
    fresh = [one for one in new if one.about not in lately]
    await _reopen(conn, [lately[one.about]["id"] for one in again], again, limits, now)
    await _insert(conn, fresh, limits, now)
    return len(again) + len(fresh)


async def _reopen(
    conn: asyncpg.Connection,
    ids: list[UUID],
    again: list[Finding],
    limits: Settings,
    now: datetime,
) -> None:
    if ids:
        await conn.execute(
            queries.load("incident_changes.reopen"), ids, *_columns(again, limits), now
        )
        await incident_notes.add(conn, "reopened", ids, [one.summary for one in again], now=now)


async def _insert(
    conn: asyncpg.Connection, fresh: list[Finding], limits: Settings, now: datetime
) -> None:
    if fresh:
        ids = [new_id() for _ in fresh]
        made = await conn.fetch(
            queries.load("incident_changes.open"),
            ids,
            *_columns(fresh, limits),
            now,
            [one.kind for one in fresh],
            [one.device_id for one in fresh],
            [_counted_back_s(one, now) for one in fresh],
        )
        told = {one: each.summary for one, each in zip(ids, fresh, strict=True)}
        opened = [row["id"] for row in made]
        await incident_notes.add(conn, "opened", opened, [told[one] for one in opened], now=now)


async def _fold(conn: asyncpg.Connection, findings: Iterable[Finding], now: datetime) -> list[UUID]:
    """Resolve the screens' own incidents that a store's incident stands for."""
    whole = [one for one in findings if one.folds]
    rows = await conn.fetch(
        queries.load("incident_changes.fold"),
        list({one.kind for one in whole}),
        [screen for one in whole for screen in one.folds],
        now,
    )
    folded = [row["id"] for row in rows]
    text = "The whole store is out: its incident stands for this one."
    await incident_notes.add(conn, "folded", folded, [text] * len(folded), now=now)
    return folded


def _counted_back_s(finding: Finding, now: datetime) -> float:
    """What it lost before it was told is reckoned at today's rate, so not for longer than this."""
    return min(max(now - finding.since, timedelta(0)), COUNTED_BACK_MAX).total_seconds()


def _columns(findings: list[Finding], limits: Settings) -> tuple[list[Any], ...]:
    return (
        [one.store_id for one in findings],
        [severity(one, limits) for one in findings],
        [one.summary for one in findings],
        [msgspec.json.encode(one.evidence).decode() for one in findings],
        [one.lost_per_hour for one in findings],
    )
