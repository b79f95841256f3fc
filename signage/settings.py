"""Settings: what an administrator decides for the whole installation, each with its default.

A setting that nobody has changed has no row, so a better default reaches every installation.
"""

from datetime import datetime
from typing import Annotated, Any

import asyncpg
import msgspec

from signage import audit
from signage.actors import Actor
from signage.errors import Invalid, Stale
from signage.values import is_timezone

_Name = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Hours = Annotated[int, msgspec.Meta(ge=1, le=30 * 24)]
_Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
_Ms = Annotated[int, msgspec.Meta(ge=0, le=3_600_000)]
_Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
_PlayHours = Annotated[int, msgspec.Meta(ge=1, le=168)]
# An event that is sent again is looked for in the last 70 days.
_KeptMonths = Annotated[int, msgspec.Meta(ge=3, le=120)]
_Minutes = Annotated[int, msgspec.Meta(ge=3, le=7 * 24 * 60)]
_Share = Annotated[int, msgspec.Meta(ge=1, le=100)]
_Few = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
_Many = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
# A whole roll-out sits behind one address.
_RollOut = Annotated[int, msgspec.Meta(ge=300, le=1_000_000)]


class Settings(msgspec.Struct, frozen=True):
    """Every setting. Units stand in the names; limits are those of ``Changes``."""

    organisation_name: str = ""
    default_timezone: str = "UTC"
    two_factor_required_for_admins: bool = False
    approval_required: bool = False
    own_approval_allowed: bool = False
    outgoing_private_allowed: bool = False
    access_token_life_h: int = 24
    refresh_token_idle_life_days: int = 90
    pending_claims_per_address_max: int = 500
    pending_claims_per_install_max: int = 20
    pending_claims_total_max: int = 20_000
    wrong_codes_per_address_max: int = 100
    wrong_codes_total_max: int = 10_000
    play_counted_min_ms: int = 1_000
    play_tolerance_ms: int = 500
    play_tolerance_percent: int = 5
    play_duration_max_h: int = 24
    play_late_after_h: int = 24
    events_kept_months: int = 13
    offline_after_min: int = 15
    offline_only_when_open: bool = False
    never_online_after_min: int = 60
    plan_late_after_min: int = 10
    nothing_playing_after_min: int = 5
    silent_after_min: int = 30
    content_missing_after_min: int = 30
    playback_errors_percent: int = 20
    disk_full_percent: int = 90
    restarts_per_hour_max: int = 3
    outage_screens_min: int = 3
    outage_percent: int = 80
    critical_plays_per_hour: int = 500
    incident_reopens_within_min: int = 30


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed; what is left out stays as it is, null returns to the default."""

    organisation_name: _Name | msgspec.UnsetType | None = msgspec.UNSET
    default_timezone: str | msgspec.UnsetType | None = msgspec.UNSET
    two_factor_required_for_admins: bool | msgspec.UnsetType | None = msgspec.UNSET
    approval_required: bool | msgspec.UnsetType | None = msgspec.UNSET
    own_approval_allowed: bool | msgspec.UnsetType | None = msgspec.UNSET
    outgoing_private_allowed: bool | msgspec.UnsetType | None = msgspec.UNSET
    access_token_life_h: _Hours | msgspec.UnsetType | None = msgspec.UNSET
    refresh_token_idle_life_days: _Days | msgspec.UnsetType | None = msgspec.UNSET
    pending_claims_per_address_max: _RollOut | msgspec.UnsetType | None = msgspec.UNSET
    pending_claims_per_install_max: _Many | msgspec.UnsetType | None = msgspec.UNSET
    pending_claims_total_max: _RollOut | msgspec.UnsetType | None = msgspec.UNSET
    wrong_codes_per_address_max: _Many | msgspec.UnsetType | None = msgspec.UNSET
    wrong_codes_total_max: _Many | msgspec.UnsetType | None = msgspec.UNSET
    play_counted_min_ms: _Ms | msgspec.UnsetType | None = msgspec.UNSET
    play_tolerance_ms: _Ms | msgspec.UnsetType | None = msgspec.UNSET
    play_tolerance_percent: _Percent | msgspec.UnsetType | None = msgspec.UNSET
    play_duration_max_h: _PlayHours | msgspec.UnsetType | None = msgspec.UNSET
    play_late_after_h: _Hours | msgspec.UnsetType | None = msgspec.UNSET
    events_kept_months: _KeptMonths | msgspec.UnsetType | None = msgspec.UNSET
    offline_after_min: _Minutes | msgspec.UnsetType | None = msgspec.UNSET
    offline_only_when_open: bool | msgspec.UnsetType | None = msgspec.UNSET
    never_online_after_min: _Minutes | msgspec.UnsetType | None = msgspec.UNSET
    plan_late_after_min: _Minutes | msgspec.UnsetType | None = msgspec.UNSET
    nothing_playing_after_min: _Minutes | msgspec.UnsetType | None = msgspec.UNSET
    silent_after_min: _Minutes | msgspec.UnsetType | None = msgspec.UNSET
    content_missing_after_min: _Minutes | msgspec.UnsetType | None = msgspec.UNSET
    playback_errors_percent: _Share | msgspec.UnsetType | None = msgspec.UNSET
    disk_full_percent: _Share | msgspec.UnsetType | None = msgspec.UNSET
    restarts_per_hour_max: _Few | msgspec.UnsetType | None = msgspec.UNSET
    outage_screens_min: _Few | msgspec.UnsetType | None = msgspec.UNSET
    outage_percent: _Share | msgspec.UnsetType | None = msgspec.UNSET
    critical_plays_per_hour: _Many | msgspec.UnsetType | None = msgspec.UNSET
    incident_reopens_within_min: _Minutes | msgspec.UnsetType | None = msgspec.UNSET


class Origin(msgspec.Struct, frozen=True):
    """Who changed a setting, empty where it was the program, and when."""

    by: str
    at: datetime


async def load(conn: asyncpg.Connection) -> Settings:
    """Return the settings as they stand."""
    rows = await conn.fetch("/* settings.load */ SELECT key, value FROM settings")
    known = set(Settings.__struct_fields__)
    return msgspec.convert(
        {row["key"]: row["value"] for row in rows if row["key"] in known}, Settings
    )


async def origins(conn: asyncpg.Connection) -> dict[str, Origin]:
    """Return who changed which setting when; what has its default is absent."""
    rows = await conn.fetch(
        """
        /* settings.origins */
        SELECT s.key, coalesce(u.name, k.name, '') AS name, s.changed_at
        FROM settings s
        LEFT JOIN users u ON u.id = s.changed_by
        LEFT JOIN api_keys k ON k.id = s.changed_by
        """
    )
    return {row["key"]: Origin(row["name"], row["changed_at"]) for row in rows}


async def version(conn: asyncpg.Connection) -> str:
    """Return what tells one state of all settings from another, for forms and If-Match."""
    found: str = await conn.fetchval(
        """
        /* settings.version */
        SELECT coalesce(md5(string_agg(concat_ws(' ', key, value, changed_at), ',' ORDER BY key)),
                        '0')
        FROM settings
        """
    )
    return found


async def change(
    conn: asyncpg.Connection,
    actor: Actor,
    changes: Changes,
    *,
    expected: str | None = None,
    now: datetime,
) -> Settings:
    """Change what is given and return the whole.

    Forbidden, Invalid, or Stale where ``expected`` is no longer the version.
    """
    actor.require_everywhere("administer")
    _check(changes)
    given: dict[str, Any] = {
        key: value
        for key, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    async with conn.transaction():
        await conn.execute("/* settings.lock */ LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE")
        if expected not in (None, await version(conn)):
            detail = "Somebody else changed the settings meanwhile. Load them again."
            raise Stale(detail, entity="settings", entity_id="settings")
        before = await load(conn)
        await _write(conn, actor, given, now)
        after = await load(conn)
        await audit.record(
            conn,
            actor,
            action="settings.change",
            entity="settings",
            entity_id="settings",
            before={key: getattr(before, key) for key in given},
            after={key: getattr(after, key) for key in given},
            now=now,
        )
    return after


def _check(changes: Changes) -> None:
    zone = changes.default_timezone
    if isinstance(zone, str) and not is_timezone(zone):
        detail = f"{zone[:100]!r} is no time zone such as Europe/Lisbon."
        raise Invalid.field("/default_timezone", "unknown_timezone", detail)


async def _write(
    conn: asyncpg.Connection, actor: Actor, given: dict[str, Any], now: datetime
) -> None:
    back = [key for key, value in given.items() if value is None]
    await conn.execute("/* settings.forget */ DELETE FROM settings WHERE key = ANY ($1)", back)
    await conn.executemany(
        """
        /* settings.write */
        INSERT INTO settings (key, value, changed_by, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (key) DO UPDATE
        SET value = EXCLUDED.value, changed_by = EXCLUDED.changed_by,
            changed_at = EXCLUDED.changed_at
        """,
        [(key, value, actor.id, now) for key, value in given.items() if value is not None],
    )
