"""What is asked of the proof-of-play report: days, filters, grouping, order and page."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

from signage import paging
from signage.errors import FieldError, Invalid
from signage.play_rules import Result

Key = Literal["day", "week", "month", "campaign", "store", "device", "content", "hour"]
Measure = Literal[
    "plays",
    "partial",
    "failed",
    "skipped",
    "duration_ms",
    "partial_ms",
    "screens",
    "first_played_at",
    "last_played_at",
    "late",
]

KEYS: tuple[Key, ...] = get_args(Key)
MEASURES: tuple[Measure, ...] = get_args(Measure)
"""The columns after those of the keys, in their order."""

RANGE_MAX_DAYS = 3660
EVENTS_RANGE_MAX_DAYS = 92
FILTER_VALUES_MAX = 1000
FIRST_YEAR, LAST_YEAR = 2000, 2999


class ReportQuery(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A question. Both days are included and are local days of the stores; an empty filter lets
    everything through. ``sort`` is a key of ``group_by`` or a measure, ``-`` before it descends.
    """

    from_: date
    to: date
    group_by: list[Key] = []
    campaign_id: list[UUID] = []
    store_id: list[UUID] = []
    group_id: list[UUID] = []
    device_id: list[UUID] = []
    content_id: list[UUID] = []
    result: list[Result] = []
    sort: str | None = None
    limit: int = paging.DEFAULT_LIMIT
    cursor: str | None = None

    @property
    def days(self) -> int:
        """How many days are asked for."""
        return (self.to - self.from_).days + 1

    @property
    def reads_events(self) -> bool:
        """Whether the daily sums cannot answer it: they know no hours."""
        return "hour" in self.group_by


LISTS = frozenset(
    {"group_by", "campaign_id", "store_id", "group_id", "device_id", "content_id"}
) | {"result"}


def read(pairs: Iterable[tuple[str, str]]) -> ReportQuery:
    """Return the question in the names and values of a query string, or raise Invalid.

    A list is given by repeating its name, by commas or both; an empty value counts as absent.
    """
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        parts = value.split(",") if name in LISTS else [value]
        given.setdefault(name, []).extend(part for part in parts if part)
    fields = {field.encode_name: field for field in msgspec.structs.fields(ReportQuery)}
    errors = [_unknown(name) for name in given if name not in fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        try:
            values |= _value(name, field, given.get(name, []))
        except (msgspec.ValidationError, ValueError):
            errors.append(_wrong(name))
    if errors:
        raise Invalid(errors)
    query = ReportQuery(**values)
    check(query)
    return query


def check(query: ReportQuery) -> None:
    """Raise Invalid unless the question can be answered."""
    errors = [*_range_errors(query), *_size_errors(query)]
    if len(set(query.group_by)) < len(query.group_by):
        errors.append(FieldError("/group_by", "repeated_key", "Group by each key once."))
    if query.sort is not None and sort_key(query) not in (*query.group_by, *MEASURES):
        names = ", ".join((*query.group_by, *MEASURES))
        errors.append(FieldError("/sort", "invalid_sort", f"Sort by one of {names}."))
    if errors:
        raise Invalid(errors)


def sort_key(query: ReportQuery) -> str | None:
    """Return the name that is sorted by first, None for the order of the keys."""
    return None if query.sort is None else query.sort.removeprefix("-")


def _value(name: str, field: Any, given: list[str]) -> dict[str, Any]:
    if not given:
        if field.required:
            raise ValueError(name)
        return {}
    if name not in LISTS and len(given) > 1:
        raise ValueError(name)
    value: Any = given if name in LISTS else given[0]
    return {field.name: msgspec.convert(value, field.type, strict=False)}


def _unknown(name: str) -> FieldError:
    shown = name.encode("ascii", "replace").decode()[:50]
    return FieldError(f"/{shown}", "unknown_parameter", "The report has no such parameter.")


def _wrong(name: str) -> FieldError:
    match name:
        case "from" | "to":
            detail = f"{name} is a day such as 2026-11-23."
        case "group_by":
            detail = f"Group by any of {', '.join(KEYS)}."
        case "result":
            detail = f"A result is one of {', '.join(get_args(Result))}."
        case "limit":
            detail = f"A limit is from 1 to {paging.MAX_LIMIT}."
        case "sort" | "cursor":
            detail = f"Give one {name}."
        case _:
            detail = f"{name} is the id of a {name.removesuffix('_id')}."
    return FieldError(f"/{name}", f"invalid_{name}", detail)


def _range_errors(query: ReportQuery) -> Iterable[FieldError]:
    if not (query.from_.year >= FIRST_YEAR and query.to.year <= LAST_YEAR):
        detail = f"Days are from the years {FIRST_YEAR} to {LAST_YEAR}."
        yield FieldError("/from", "invalid_from", detail)
    elif query.days < 1:
        yield FieldError("/to", "invalid_to", "The last day is not before the first.")
    elif query.days > RANGE_MAX_DAYS:
        detail = f"A report covers at most {RANGE_MAX_DAYS} days."
        yield FieldError("/to", "range_too_long", detail)
    elif query.reads_events and query.days > EVENTS_RANGE_MAX_DAYS:
        detail = f"By hour, a report covers at most {EVENTS_RANGE_MAX_DAYS} days."
        yield FieldError("/to", "range_too_long", detail)


def _size_errors(query: ReportQuery) -> Iterable[FieldError]:
    if not 1 <= query.limit <= paging.MAX_LIMIT:
        yield _wrong("limit")
    for name in sorted(LISTS):
        if len(getattr(query, name)) > FILTER_VALUES_MAX:
            detail = f"A filter has at most {FILTER_VALUES_MAX} values."
            yield FieldError(f"/{name}", "too_many_values", detail)
