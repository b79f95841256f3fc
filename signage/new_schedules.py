"""What makes a schedule, and what may be changed of one: the values, and what is wrong with them.

The rules are those of ``signage.planning``; here every wrong value is named by its field.
"""

from datetime import date, time
from typing import Annotated, Any
from uuid import UUID

import msgspec

from signage import planning
from signage.errors import FieldError, Invalid
from signage.targets import Target
from signage.values import SmallInteger, is_timezone

NAME_MAX_CHARS = 200
PRIORITY_MAX = 100

WallClock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
"""A time of day as ``HH:MM`` or ``HH:MM:SS``."""


class NewSchedule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What makes a schedule. Without ``timezone`` its times are each device's own store's."""

    name: str
    playlist_id: UUID
    target: Target
    starts_on: date
    ends_on: date | None = None
    start_time: WallClock | None = None
    end_time: WallClock | None = None
    all_day: bool = False
    rrule: str | None = None
    exdates: list[date] = []
    rdates: list[date] = []
    timezone: str | None = None
    priority: SmallInteger = 50
    takeover: bool = False
    only_when_open: bool = False
    enabled: bool = True

    @property
    def pattern(self) -> planning.Pattern:
        """When it plays, in wall-clock terms."""
        return planning.Pattern(
            self.starts_on,
            time.fromisoformat(self.start_time) if self.start_time else None,
            time.fromisoformat(self.end_time) if self.end_time else None,
            self.all_day,
            self.ends_on,
            self.rrule,
            tuple(self.exdates),
            tuple(self.rdates),
        )

    def at(self, pattern: planning.Pattern) -> "NewSchedule":
        """Return the same on the dates of another pattern; its times stay."""
        return msgspec.structs.replace(
            self,
            starts_on=pattern.starts_on,
            ends_on=pattern.ends_on,
            rrule=pattern.rrule,
            exdates=list(pattern.exdates),
            rdates=list(pattern.rdates),
        )


class Changes(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What may be changed of a schedule; what is left out stays as it is, null takes it away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    playlist_id: UUID | msgspec.UnsetType = msgspec.UNSET
    target: Target | msgspec.UnsetType = msgspec.UNSET
    starts_on: date | msgspec.UnsetType = msgspec.UNSET
    ends_on: date | msgspec.UnsetType | None = msgspec.UNSET
    start_time: WallClock | msgspec.UnsetType | None = msgspec.UNSET
    end_time: WallClock | msgspec.UnsetType | None = msgspec.UNSET
    all_day: bool | msgspec.UnsetType = msgspec.UNSET
    rrule: str | msgspec.UnsetType | None = msgspec.UNSET
    exdates: list[date] | msgspec.UnsetType = msgspec.UNSET
    rdates: list[date] | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType | None = msgspec.UNSET
    priority: SmallInteger | msgspec.UnsetType = msgspec.UNSET
    takeover: bool | msgspec.UnsetType = msgspec.UNSET
    only_when_open: bool | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET

    def given(self) -> dict[str, Any]:
        """Return the fields that are not left out."""
        return {
            field: value
            for field, value in ((name, getattr(self, name)) for name in self.__struct_fields__)
            if value is not msgspec.UNSET
        }


def check(new: NewSchedule) -> None:
    """Raise Invalid that names every wrong value; whether rows exist is not asked here."""
    errors = _check_pattern(new)
    if not 1 <= len(new.name.strip()) <= NAME_MAX_CHARS:
        detail = f"A schedule's name has 1 to {NAME_MAX_CHARS} characters."
        errors.append(FieldError("/name", "invalid_name", detail))
    if not 0 <= new.priority <= PRIORITY_MAX:
        errors.append(FieldError("/priority", "invalid_priority", "A priority is from 0 to 100."))
    if new.timezone is not None and not is_timezone(new.timezone):
        detail = f"{new.timezone} is no IANA time zone. Leave it out for each store's own time."
        errors.append(FieldError("/timezone", "unknown_timezone", detail))
    if errors:
        raise Invalid(errors)


def columns(new: NewSchedule) -> list[Any]:
    """Return the values of the columns that people decide, in the order of the table."""
    pattern = new.pattern
    return [
        new.name.strip(),
        new.playlist_id,
        new.target.kind,
        *new.target.columns(),
        new.starts_on,
        new.ends_on,
        pattern.start_time,
        pattern.end_time,
        new.all_day,
        new.rrule,
        new.exdates,
        new.rdates,
        new.timezone,
        new.priority,
        new.takeover,
        new.only_when_open,
        new.enabled,
    ]


def refusal(error: planning.RuleError) -> Invalid:
    """Return what a door is told of a refusal by the rules."""
    return Invalid.field(f"/{error.field}", error.code, error.detail)


def _check_pattern(new: NewSchedule) -> list[FieldError]:
    try:
        planning.check(new.pattern)
    except planning.RuleError as error:
        return refusal(error).errors
    return []
