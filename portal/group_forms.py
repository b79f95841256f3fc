"""The form of a group: its name, and whether people or a rule choose its screens."""

from collections.abc import Iterable
from typing import Any

import asyncpg
from wtforms import Form, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from signage import groups, stores
from signage.actors import Actor
from signage.errors import FieldError, Invalid, NotFound
from signage.group_rules import Rule

BY_HAND, BY_RULE = "hand", "rule"


class GroupForm(Form):
    """What makes a group. The parts of a rule are lists, separated by commas."""

    name = StringField(
        "Name", [InputRequired("A group needs a name."), Length(max=groups.NAME_MAX_CHARS)]
    )
    chosen = RadioField("Its screens", default=BY_HAND)
    tags = StringField("Tags", [Length(max=6000)])
    match_tags = SelectField("Of these tags", default="all")
    stores = StringField("Stores", [Length(max=8000)])
    models = StringField("Models", [Length(max=40_000)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen.choices = [(BY_HAND, "Are put in by hand"), (BY_RULE, "Follow a rule")]
        self.match_tags.choices = [("all", "Every one"), ("any", "At least one")]


async def fill(
    conn: asyncpg.Connection, actor: Actor, form: GroupForm, group: groups.Group
) -> None:
    """Show a group in its form."""
    form.name.data = group.name
    form.chosen.data = BY_RULE if group.rule else BY_HAND
    if group.rule:
        named = await stores.names_of(conn, actor, group.rule.store_ids)
        form.tags.data = ", ".join(group.rule.tags)
        form.match_tags.data = group.rule.match_tags
        form.stores.data = ", ".join(code for code, _ in named)
        form.models.data = ", ".join(group.rule.models)


async def rule(conn: asyncpg.Connection, actor: Actor, form: GroupForm) -> Rule | None:
    """Return the rule that the form describes, None for a group by hand.

    Invalid for the code of a store that is not there.
    """
    if form.chosen.data != BY_RULE:
        return None
    try:
        store_ids = await stores.ids_of(conn, _words(form.stores.data), actor)
    except NotFound as error:
        raise Invalid.field("/stores", "unknown_store", error.detail) from error
    return Rule(
        tags=_words(form.tags.data),
        match_tags=form.match_tags.data,
        store_ids=store_ids,
        models=_words(form.models.data),
    )


def at_fields(error: Invalid) -> Invalid:
    """Return the refusal with pointers to the fields of this form."""
    names = {"/rule": "/tags", "/rule/store_ids": "/stores"}
    return Invalid(
        [
            FieldError(
                names.get(wrong.pointer, wrong.pointer.replace("/rule/", "/")),
                wrong.code,
                wrong.detail,
            )
            for wrong in error.errors
        ]
    )


def in_words(rule: Rule, named: Iterable[tuple[str, str]]) -> str:
    """Return the rule as a sentence; stores out of sight are counted."""
    parts = []
    if rule.tags:
        joint = " or " if rule.match_tags == "any" else " and "
        parts.append(f"tagged {joint.join(rule.tags)}")
    if rule.models:
        parts.append(f"of the model {' or '.join(rule.models)}")
    if rule.store_ids:
        shown = [name for _, name in named]
        hidden = len(rule.store_ids) - len(shown)
        if hidden:
            shown.append(f"{hidden} other {'store' if hidden == 1 else 'stores'}")
        parts.append(f"in {' or '.join(shown)}")
    return f"Every screen {', '.join(parts)}"


def _words(text: str | None) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in (text or "").split(",") if word.strip()))
