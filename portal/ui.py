"""What templates may call: how figures, times and words are written for people.

Pure functions, gathered in FILTERS and GLOBALS for the template environment. Times are aware;
durations are milliseconds; sizes are bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from portal import words

NOTHING = "\N{EN DASH}"
"""Stands where there is no figure."""

SECOND_S = 1
MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S
RECENT_S = 5
"""Below this many seconds an instant is simply "just now"."""

BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
LARGEST_SHOWN = 999.5
"""From here on a size would print 1,000 of its unit, so the next unit takes over."""
ONE_DECIMAL_BELOW = 10
MS_PER_S = 1000
WHOLE_PERCENT = 100
MINOR_PER_MAJOR = 100
CURRENCY_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


def number(value: float | Decimal | None) -> str:
    """Thousands set apart by commas; nothing becomes an en dash."""
    if value is None:
        return NOTHING
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share of one, as a percentage; short of the whole it never rounds up to 100%."""
    if share is None:
        return NOTHING
    exact = share * WHOLE_PERCENT
    rounded = round(exact, digits)
    if rounded >= WHOLE_PERCENT > exact:
        rounded = WHOLE_PERCENT - 10**-digits
    return f"{rounded:.{digits}f}".removesuffix("." + "0" * digits) + "%"


def money(minor: int | None, currency: str = "EUR") -> str:
    """An amount in minor units (cents), with the sign or the code of its currency."""
    if minor is None:
        return NOTHING
    amount = f"{abs(minor) // MINOR_PER_MAJOR:,}.{abs(minor) % MINOR_PER_MAJOR:02d}"
    minus = "\N{MINUS SIGN}" if minor < 0 else ""
    sign = CURRENCY_SIGNS.get(currency)
    return f"{minus}{sign}{amount}" if sign else f"{minus}{amount} {currency}"


def size(count: int | None) -> str:
    """Bytes in decimal units, as disks and networks are sold: 3.1 GB."""
    if count is None:
        return NOTHING
    value, unit = float(count), 0
    while value >= LARGEST_SHOWN and unit < len(BYTE_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or value >= ONE_DECIMAL_BELOW else 1
    return f"{value:.{digits}f} {BYTE_UNITS[unit]}"


def duration(ms: int | None) -> str:
    """A length of time in its two largest units: 1 h 12 min; under a second in milliseconds."""
    if ms is None:
        return NOTHING
    if 0 < abs(ms) < MS_PER_S:
        return f"{ms} ms"
    minus = "\N{MINUS SIGN}" if ms < 0 else ""
    return minus + _two_units(abs(ms) // MS_PER_S)


def ago(at: datetime | None, now: datetime, none: str = "Never") -> str:
    """How long ago, or how soon, in one unit (two for hours): 6 s ago, in 3 h, 12 d ago."""
    if at is None:
        return none
    seconds = round((now - at).total_seconds())
    if abs(seconds) < RECENT_S:
        return "just now"
    text = _two_units(abs(seconds)) if abs(seconds) < DAY_S else _one_unit(abs(seconds))
    return f"{text} ago" if seconds > 0 else f"in {text}"


def local(at: datetime | None, tz: tzinfo | None = None, none: str = NOTHING) -> str:
    """The instant on the clock of a zone, which is always named: Mon 23 Nov 2026, 08:41 WET."""
    if at is None:
        return none
    there = at.astimezone(tz or UTC)
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M} {zone_name(there)}"


def clock(at: datetime | None, tz: tzinfo | None = None, none: str = NOTHING) -> str:
    """The time of day on the clock of a zone: 08:41."""
    return none if at is None else f"{at.astimezone(tz or UTC):%H:%M}"


def day(at: datetime | None, tz: tzinfo | None = None, none: str = NOTHING) -> str:
    """The date in a zone: Mon 23 Nov."""
    if at is None:
        return none
    there = at.astimezone(tz or UTC)
    return f"{there:%a} {there.day} {there:%b}"


def machine_time(at: datetime) -> str:
    """The instant for `<time datetime>`: RFC 3339, UTC, whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def zone_name(at: datetime) -> str:
    """WET where the zone has letters of its own, UTC-03:00 where its name is only an offset."""
    name = at.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    minutes = int((at.utcoffset() or timedelta()).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def plural(count: int, noun: str, many: str = "") -> str:
    """A count with its noun: 1 screen, 214 screens; give `many` where an s is not enough."""
    return f"{number(count)} {noun if count == 1 else many or noun + 's'}"


def first_error(errors: Sequence[Any] | Mapping[str, Any]) -> str:
    """The first message of a field's errors, however deep a list of forms has nested them."""
    values = list(errors.values()) if isinstance(errors, Mapping) else list(errors)
    for value in values:
        text = str(value) if not isinstance(value, list | tuple | Mapping) else first_error(value)
        if text:
            return text
    return ""


def listed_errors(form: Iterable[Any]) -> list[str | tuple[str, str]]:
    """What is wrong with the form as a whole, then each wrong field's id, label and message."""
    return [
        *(str(text) for text in getattr(form, "form_errors", ())),
        *(
            (field.id, f"{field.label.text}: {first_error(field.errors)}")
            for field in form
            if field.errors
        ),
    ]


def without(attrs: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The attributes but for one, which the macro writes itself."""
    return {name: value for name, value in attrs.items() if name != key}


def _two_units(seconds: int) -> str:
    if seconds < MINUTE_S:
        return f"{seconds} s"
    larger, smaller = _units_for(seconds)
    whole, rest = divmod(seconds, larger[0])
    part = rest // smaller[0]
    return f"{whole} {larger[1]} {part} {smaller[1]}" if part else f"{whole} {larger[1]}"


def _units_for(seconds: int) -> tuple[tuple[int, str], tuple[int, str]]:
    if seconds >= DAY_S:
        return (DAY_S, "d"), (HOUR_S, "h")
    if seconds >= HOUR_S:
        return (HOUR_S, "h"), (MINUTE_S, "min")
    return (MINUTE_S, "min"), (SECOND_S, "s")


def _one_unit(seconds: int) -> str:
    return f"{seconds // DAY_S} d" if seconds < 8 * WEEK_S else f"{seconds // WEEK_S} weeks"


FILTERS: dict[str, Callable[..., Any]] = {
    "ago": ago,
    "bytes": size,
    "clock": clock,
    "day": day,
    "duration": duration,
    "first_error": first_error,
    "listed_errors": listed_errors,
    "local": local,
    "machine_time": machine_time,
    "money": money,
    "number": number,
    "percent": percent,
    "plural": plural,
    "tone": words.tone,
    "without": without,
    "words": words.sentence,
}

GLOBALS: dict[str, Any] = {"TONES": words.TONES}
