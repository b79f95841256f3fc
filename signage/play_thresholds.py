"""Thresholds in force: the settings by which plays count, and the version that rows store.

A version is a set of thresholds that was in force once; setting them back gives its number again.
"""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from signage.play_rules import RULES, Rules

HOUR_MS = 3_600_000

SETTINGS = {
    "play_counted_min_ms": ("counted_min_ms", 1),
    "play_tolerance_ms": ("tolerance_ms", 1),
    "play_tolerance_percent": ("tolerance_percent", 1),
    "play_duration_max_h": ("duration_max_ms", HOUR_MS),
    "play_late_after_h": ("late_after_ms", HOUR_MS),
}
"""The setting, the threshold that it is, and how many of its units make one of the setting's."""


async def in_force(conn: asyncpg.Connection, *, now: datetime) -> Rules:
    """Return the rules as they are set; a set that is new gets the next version."""
    rows = await conn.fetch(
        "/* play_thresholds.settings */ SELECT key, value FROM settings WHERE key = ANY ($1)",
        list(SETTINGS),
    )
    if not rows:
        return RULES
    thresholds = {name: getattr(RULES, name) for name, _ in SETTINGS.values()}
    for row in rows:
        name, times = SETTINGS[row["key"]]
        thresholds[name] = row["value"] * times
    version = await _version(conn, thresholds, now)
    return msgspec.structs.replace(RULES, version=version, **thresholds)


async def _version(conn: asyncpg.Connection, thresholds: dict[str, Any], now: datetime) -> int:
    known: int | None = await conn.fetchval(
        "/* play_thresholds.known */ SELECT version FROM play_rule_versions WHERE thresholds = $1",
        thresholds,
    )
    if known is not None:
        return known
    # Of two who find it new one gets the number; the other runs into a key and comes again.
    version: int = await conn.fetchval(
        """
        /* play_thresholds.new_version */
        INSERT INTO play_rule_versions (version, thresholds, first_used_at)
        SELECT max(version) + 1, $1, $2 FROM play_rule_versions
        RETURNING version
        """,
        thresholds,
        now,
    )
    return version
