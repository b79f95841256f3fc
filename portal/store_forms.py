"""The form of a store: hours as people write them, a day to a field, so that it needs no script."""

from collections.abc import Callable
from functools import cache
from typing import Any, get_args
from zoneinfo import available_timezones

from wtforms import Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from signage import opening_hours, store_changes, stores
from signage.errors import FieldError, Invalid
from signage.opening_hours import Weekday, WrittenWrong

WEEKDAYS = get_args(Weekday)
DAYS_MAX_CHARS = 60_000


def _hours_field(label: str) -> StringField:
    return StringField(label, [Length(max=200)])


class StoreForm(Form):
    """What makes a store. Seven empty days mean that it is always open."""

    name = StringField(
        "Name", [InputRequired("A store needs a name."), Length(max=stores.NAME_MAX_CHARS)]
    )
    code = StringField("Code", [InputRequired("A store needs a code."), Length(max=32)])
    timezone = SelectField("Time zone")
    region = StringField("Region", [Length(max=stores.REGION_MAX_CHARS)])
    address = StringField("Address", [Length(max=stores.ADDRESS_MAX_CHARS)])
    mon = _hours_field("Monday")
    tue = _hours_field("Tuesday")
    wed = _hours_field("Wednesday")
    thu = _hours_field("Thursday")
    fri = _hours_field("Friday")
    sat = _hours_field("Saturday")
    sun = _hours_field("Sunday")
    closures = TextAreaField("Closures", [Length(max=DAYS_MAX_CHARS)])
    special_days = TextAreaField("Special days", [Length(max=DAYS_MAX_CHARS)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timezone.choices = [("", "Choose one"), *((name, name) for name in timezones())]


@cache
def timezones() -> list[str]:
    """Return the names people choose from: places and UTC, without historic abbreviations."""
    places = (name for name in available_timezones() if "/" in name and name[0].isupper())
    return ["UTC", *sorted(name for name in places if not name.startswith("Etc/"))]


def keep_chain_fields(form: StoreForm, store: stores.Store, *, all_of_them: bool) -> None:
    """Let the zone it has be chosen; where all are kept, whatever was sent for them is nothing."""
    if (store.timezone, store.timezone) not in form.timezone.choices:
        form.timezone.choices.append((store.timezone, store.timezone))
    if all_of_them:
        for name in store_changes.CHAIN_FIELDS:
            form[name].data = getattr(store, name)
            form[name].raw_data = [getattr(store, name)]


def fill(form: StoreForm, store: stores.Store) -> None:
    """Show a store in its form."""
    for name in ("name", "code", "timezone", "region", "address"):
        form[name].data = getattr(store, name)
    for day in WEEKDAYS:
        week = store.opening_hours
        form[day].data = "" if week is None else opening_hours.write(week.get(day, []))
    form.closures.data = "\n".join(day.isoformat() for day in sorted(store.closures))
    form.special_days.data = "\n".join(
        f"{day.isoformat()} {opening_hours.write(hours)}"
        for day, hours in sorted(store.special_days.items())
    )


def values(form: StoreForm) -> dict[str, Any]:
    """Return what the form says, as the domain takes it. Invalid names each wrong field."""
    errors: list[FieldError] = []
    week = {
        day: _read(f"/{day}", form[day].data or "closed", opening_hours.read, errors) or []
        for day in WEEKDAYS
    }
    always = not any((form[day].data or "").strip() for day in WEEKDAYS)
    closures = _lines(form, "closures", opening_hours.read_day, errors)
    special = _lines(form, "special_days", opening_hours.read_special_day, errors)
    if errors:
        raise Invalid(errors)
    texts = ("name", "code", "timezone", "region", "address")
    return {
        **{name: (form[name].data or "").strip() for name in texts},
        "opening_hours": None if always else week,
        "closures": closures,
        "special_days": dict(special),
    }


def new_store(form: StoreForm) -> stores.NewStore:
    """Return the store that the form describes."""
    return stores.NewStore(**values(form))


def changes(form: StoreForm, *, whole: bool) -> store_changes.Changes:
    """Return the changes that the form makes; not whole are those that a manager may make."""
    given = values(form)
    if not whole:
        chain = store_changes.CHAIN_FIELDS
        given = {name: value for name, value in given.items() if name not in chain}
    return store_changes.Changes(**given)


def at_fields(error: Invalid) -> Invalid:
    """Return the refusal with pointers to the fields of this form."""
    return Invalid(
        [
            FieldError(wrong.pointer.removeprefix("/opening_hours"), wrong.code, wrong.detail)
            for wrong in error.errors
        ]
    )


def _lines(
    form: StoreForm, name: str, read: Callable[[str], Any], errors: list[FieldError]
) -> list[Any]:
    lines = [line for line in (form[name].data or "").splitlines() if line.strip()]
    return [_read(f"/{name}", line, read, errors) for line in lines]


def _read(pointer: str, text: str, read: Callable[[str], Any], errors: list[FieldError]) -> Any:
    try:
        return read(text)
    except WrittenWrong as error:
        errors.append(FieldError(pointer, "invalid_hours", str(error)))
        return None
