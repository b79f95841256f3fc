"""What forms share: parsing a request into one, and showing the domain's refusals at its fields."""

from collections.abc import Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from quart import request
from werkzeug.datastructures import MultiDict
from wtforms import Form

from signage.errors import Conflict, Invalid, PlaybillError, TooMany

AnyForm = TypeVar("AnyForm", bound=Form)


class Named(Protocol):
    """Whatever people choose from a list."""

    @property
    def id(self) -> UUID:
        """What is sent."""

    @property
    def name(self) -> str:
        """What is read."""


async def submitted(form: type[AnyForm]) -> AnyForm:
    """Return the form as the request filled it in."""
    filled: AnyForm = form(await request.form)
    return filled


def refuse(form: Form, error: PlaybillError) -> None:
    """Put a refusal beside the field it points at, or above the form where it has none."""
    if not isinstance(error, Invalid):
        form.form_errors.append(error.detail)
        return
    for wrong in error.errors:
        field = form._fields.get(wrong.pointer.strip("/").split("/")[0])
        if field is None:
            form.form_errors.append(wrong.detail)
        else:
            field.errors = [*field.errors, wrong.detail]


def status(form: Form, refusal: PlaybillError | None = None) -> int:
    """Return the status of a page that shows a form again: 409 for a conflict, 422 for errors."""
    if isinstance(refusal, Conflict):
        return 409
    return 422 if form.errors or form.form_errors else 200


def headers(refusal: PlaybillError | None) -> dict[str, str]:
    """Return the headers of a page that shows a form again: when to try again."""
    return {"Retry-After": str(refusal.retry_after_s)} if isinstance(refusal, TooMany) else {}


def choices(rows: Iterable[Named]) -> list[tuple[str, str]]:
    """Return the choices of a field; ids as text, as the form sends them."""
    return [(str(row.id), row.name) for row in rows]


def one_or_choose(rows: Iterable[Named], what: str) -> list[tuple[str, str]]:
    """Return the choices of a field that must be chosen: the only one, or none chosen at first."""
    offered = choices(rows)
    return offered if len(offered) == 1 else [("", f"Choose {what}"), *offered]


def chosen_id(value: object) -> UUID | None:
    """Return the id of a choice, None for the empty one; what is no id is refused by the field."""
    return UUID(str(value)) if value else None


def revision(values: MultiDict[str, str]) -> int | None:
    """Return the revision that the form was filled in for, None where it carries none."""
    return whole_number(values, "revision")


def uuid(values: MultiDict[str, str], name: str) -> UUID | None:
    """Return an id that was chosen, None for the empty choice; Invalid where it is no id."""
    text = values.get(name, "")
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid.field(f"/{name}", "invalid_id", "Choose one from the list.") from error


def whole_number(values: MultiDict[str, str], name: str) -> int | None:
    """Return a number that was typed, None where the field is empty or holds something else."""
    text = values.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
