"""Repetitions as a form says them, and as rules (RFC 5545 RRULE) say them; a rule that no form can
say is kept as it is written.
"""

from datetime import date

import msgspec

from signage import planning
from signage.planning.rules import Rule

DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}

KINDS = [
    ("none", "Does not repeat"),
    ("daily", "By the day"),
    ("weekly", "By the week, on weekdays"),
    ("monthly", "By the month, on this date"),
    ("monthly_nth", "By the month, on this weekday of it"),
    ("monthly_last", "By the month, on its last such weekday"),
    ("yearly", "By the year"),
    ("custom", "By a rule of your own"),
]
UNITS = {"daily": "day", "weekly": "week", "yearly": "year"}
FREQS = {"daily": "DAILY", "weekly": "WEEKLY", "yearly": "YEARLY"}


class Repeat(msgspec.Struct, frozen=True):
    """How it comes round. ``weekdays`` are two letters each; ``rule`` is that of kind custom."""

    kind: str = "none"
    every: int = 1
    weekdays: tuple[str, ...] = ()
    count: int | None = None
    rule: str = ""


def write(repeat: Repeat, starts_on: date) -> str | None:
    """Return the rule, None for what does not repeat."""
    if repeat.kind == "none":
        return None
    if repeat.kind == "custom":
        return repeat.rule.strip()
    parts = [f"FREQ={FREQS.get(repeat.kind, 'MONTHLY')}"]
    if repeat.every != 1:
        parts.append(f"INTERVAL={repeat.every}")
    days = [code for code in DAY_CODES if code in repeat.weekdays]
    match repeat.kind:
        case "weekly":
            parts += [f"BYDAY={','.join(days)}"] if days else []
        case "monthly_nth":
            parts.append(f"BYDAY={_ordinal(starts_on)}{DAY_CODES[starts_on.weekday()]}")
        case "monthly_last":
            parts.append(f"BYDAY=-1{DAY_CODES[starts_on.weekday()]}")
    if repeat.count is not None:
        parts.append(f"COUNT={repeat.count}")
    return ";".join(parts)


def read(rrule: str | None, starts_on: date) -> Repeat:
    """Return the repetition that the form shows for a rule."""
    if rrule is None:
        return Repeat()
    rule = planning.parse(rrule)
    kind = _kind(rule, starts_on)
    if kind == "custom":
        return Repeat(kind, rule=rrule)
    days = tuple(DAY_CODES[weekday] for _, weekday in rule.byday) if kind == "weekly" else ()
    return Repeat(kind, rule.interval, days, rule.count)


def words(rrule: str | None, starts_on: date) -> str:
    """Return the repetition as a sentence: Every 2 weeks on Monday and Friday, 10 times."""
    repeat = read(rrule, starts_on)
    if repeat.kind == "none":
        return "Once"
    if repeat.kind == "custom":
        return f"By the rule {rrule}"
    unit = UNITS.get(repeat.kind, "month")
    said = f"Every {unit}" if repeat.every == 1 else f"Every {repeat.every} {unit}s"
    said += _on(repeat, starts_on)
    return said + (f", {repeat.count} times" if repeat.count else "")


def _on(repeat: Repeat, starts_on: date) -> str:
    weekday = WEEKDAYS[starts_on.weekday()]
    match repeat.kind:
        case "weekly":
            days = repeat.weekdays or (DAY_CODES[starts_on.weekday()],)
            return " on " + listed([WEEKDAYS[DAY_CODES.index(day)] for day in days])
        case "monthly":
            return f" on day {starts_on.day}"
        case "monthly_nth":
            return f" on the {ORDINALS[_ordinal(starts_on)]} {weekday}"
        case "monthly_last":
            return f" on the last {weekday}"
        case "yearly":
            return f" on {starts_on.day} {starts_on:%B}"
        case _:
            return ""


def listed(names: list[str]) -> str:
    """Return names as people list them: Monday, Tuesday and Friday."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[:-1] else names)


def _kind(rule: Rule, starts_on: date) -> str:
    if rule.until or rule.bysetpos or rule.bymonth or (rule.wkst and rule.interval > 1):
        return "custom"
    plain = not rule.byday and not rule.bymonthday
    match rule.freq:
        case "DAILY" if plain:
            return "daily"
        case "WEEKLY" if not rule.bymonthday:
            return "weekly"
        case "YEARLY" if plain:
            return "yearly"
        case "MONTHLY":
            return _monthly(rule, starts_on)
        case _:
            return "custom"


def _monthly(rule: Rule, starts_on: date) -> str:
    if not rule.byday:
        return "monthly" if rule.bymonthday in ((), (starts_on.day,)) else "custom"
    if rule.bymonthday:
        return "custom"
    if rule.byday == ((-1, starts_on.weekday()),):
        return "monthly_last"
    nth = ((_ordinal(starts_on), starts_on.weekday()),)
    return "monthly_nth" if rule.byday == nth else "custom"


def _ordinal(day: date) -> int:
    return (day.day - 1) // 7 + 1
