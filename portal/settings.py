"""Settings: what holds for the whole installation, by section, each with who changed it when.

A new setting needs one field in one of the sections below, named as in ``settings.Settings``.
"""

from typing import Any, ClassVar, get_args, get_type_hints

import msgspec
from quart import Blueprint, flash, redirect, render_template, request
from quart.typing import ResponseReturnValue
from wtforms import BooleanField, Form, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from portal import forms
from signage import settings, users
from signage.errors import Invalid
from signage.ids import NIL_ID
from web import identity, people
from web.services import connection, now, services

routes = Blueprint("settings", __name__)

NUMBER = [InputRequired("Type a number.")]


class General(Form):
    """What the house is called, and which clock new stores begin with."""

    title: ClassVar = "General"
    organisation_name = StringField(
        "Organisation name", [Length(max=200)], description="Stands in mails and invitations"
    )
    default_timezone = StringField(
        "Default time zone",
        [InputRequired("Type a time zone.")],
        description="Of new stores, such as Europe/Lisbon",
    )


class Approval(Form):
    """Who looks at content before it plays."""

    title: ClassVar = "Approval"
    approval_required = BooleanField(
        "New content waits for approval", description="Until then it plays nowhere"
    )
    own_approval_allowed = BooleanField("People may approve what they uploaded themselves")


class Security(Form):
    """How people prove who they are, and where the program may call."""

    title: ClassVar = "Security"
    two_factor_required_for_admins = BooleanField(
        "Administrators need two-factor",
        description="Who has none is led to set it up, and can do nothing else before",
    )
    outgoing_private_allowed = BooleanField(
        "Webhooks may call addresses inside this network",
        description="Leave it off unless you run the receiver yourself",
    )


class Tokens(Form):
    """How long screens stay signed in, and how many may ask to be paired at once."""

    title: ClassVar = "Tokens and pairing"
    access_token_life_h = IntegerField("Access tokens of screens live (hours)", NUMBER)
    refresh_token_idle_life_days = IntegerField(
        "A screen that is switched off stays paired (days)", NUMBER
    )
    pending_claims_per_address_max = IntegerField("Open pairing codes for one address", NUMBER)
    pending_claims_per_install_max = IntegerField("Open pairing codes for one screen", NUMBER)
    pending_claims_total_max = IntegerField("Open pairing codes in all", NUMBER)
    wrong_codes_per_address_max = IntegerField(
        "Wrong pairing codes from one address in 15 minutes", NUMBER
    )
    wrong_codes_total_max = IntegerField("Wrong pairing codes in all in 15 minutes", NUMBER)


class Plays(Form):
    """What counts as a play, and how long each is kept."""

    title: ClassVar = "Proof of play"
    play_tolerance_percent = IntegerField(
        "A play counts when at most this much is missing (percent)",
        NUMBER,
        description="Of what was planned, or the milliseconds below, whichever is more",
    )
    play_tolerance_ms = IntegerField("or at most this much (milliseconds)", NUMBER)
    play_counted_min_ms = IntegerField("Never less than this was on screen (milliseconds)", NUMBER)
    play_duration_max_h = IntegerField("A longer play counts as this long (hours)", NUMBER)
    play_late_after_h = IntegerField("A play is late after (hours)", NUMBER)
    events_kept_months = IntegerField(
        "Single plays are kept (months)", NUMBER, description="The daily sums are kept for good"
    )


class Monitoring(Form):
    """When something is wrong with a screen or a store, and how bad it is."""

    title: ClassVar = "Monitoring"
    offline_after_min = IntegerField("A screen is offline after (minutes)", NUMBER)
    offline_only_when_open = BooleanField(
        "Screens may be off while their store is closed",
        description="Then nobody is told of it outside the opening hours",
    )
    never_online_after_min = IntegerField("It never came online after (minutes)", NUMBER)
    plan_late_after_min = IntegerField("Its plan is out of date after (minutes)", NUMBER)
    nothing_playing_after_min = IntegerField("It plays nothing after (minutes)", NUMBER)
    silent_after_min = IntegerField("Its plays are missed after (minutes)", NUMBER)
    content_missing_after_min = IntegerField("Its content is missed after (minutes)", NUMBER)
    playback_errors_percent = IntegerField("Too many of its plays fail from (percent)", NUMBER)
    disk_full_percent = IntegerField("Its disk is nearly full from (percent)", NUMBER)
    restarts_per_hour_max = IntegerField("Restarts in an hour that are no trouble", NUMBER)
    outage_screens_min = IntegerField("A whole store is out from (screens offline)", NUMBER)
    outage_percent = IntegerField("and this share of its screens (percent)", NUMBER)
    critical_plays_per_hour = IntegerField("Critical from (plays lost an hour)", NUMBER)
    incident_reopens_within_min = IntegerField(
        "Comes back as the same incident within (minutes)", NUMBER
    )


SECTIONS: tuple[type[Form], ...] = (General, Approval, Security, Tokens, Plays, Monitoring)


@routes.route("/settings", methods=["GET", "POST"])
async def index() -> ResponseReturnValue:
    """Show the settings, or save those that were changed.

    A form that is shown again keeps the version it was filled in for.
    """
    actor = await identity.require("administer")
    given = await request.form
    async with connection() as conn:
        current = msgspec.structs.asdict(await settings.load(conn))
        version = given.get("version") or await settings.version(conn)
        sections = [_section(kind, given, current) for kind in SECTIONS]
        posted = request.method == "POST"
        right = [posted and _is_right(section) for section in sections]
        if all(right):
            try:
                await settings.change(
                    conn, actor, _changes(sections, current), expected=version, now=now()
                )
            except Invalid as error:
                _refuse(sections, error)
            else:
                await flash("The settings were saved.", "ok")
                return redirect("/settings")
        origins = await settings.origins(conn)
        me = await users.find(conn, actor.id or NIL_ID)
    page = await render_template(
        "settings/index.html",
        sections=sections,
        version=version,
        origins=origins,
        mailer=services().mailer,
        me=me,
    )
    return page, max(forms.status(section) for section in sections)


@routes.post("/settings/test-mail")
async def send_test() -> ResponseReturnValue:
    """Send a test to whoever asks for it."""
    actor = await identity.require("administer")
    async with connection() as conn:
        me = await users.find(conn, actor.id or NIL_ID)
    match await people.mail_trial(me.email):
        case True:
            await flash(f"A test is on its way to {me.email}.", "ok")
        case False:
            await flash("The mail server refused it. The reason is in the log.", "crit")
        case None:
            await flash("No mail server is set. Set PLAYBILL_SMTP_URL and restart.", "warn")
    return redirect("/settings")


def _limits() -> dict[str, list[NumberRange]]:
    """Return the least and most of each number, as the JSON door has them."""
    limits = {}
    for name, kind in get_type_hints(settings.Changes, include_extras=True).items():
        metas = [meta for part in get_args(kind) for meta in getattr(part, "__metadata__", ())]
        ranges = [NumberRange(m.ge, m.le) for m in metas if m.ge is not None]
        if ranges:
            limits[name] = ranges
    return limits


LIMITS = _limits()


def _section(kind: type[Form], given: Any, current: dict[str, Any]) -> Form:
    section = kind(given) if request.method == "POST" else kind(data=current)
    for field in section:
        for limit in LIMITS.get(field.name, ()):
            field.description = field.description or f"From {limit.min:,} to {limit.max:,}"
    return section


def _is_right(section: Form) -> bool:
    own = {field.name for field in section}
    limits = {name: limit for name, limit in LIMITS.items() if name in own}
    return bool(section.validate(extra_validators=limits))


def _changes(sections: list[Form], current: dict[str, Any]) -> settings.Changes:
    """What stayed as it is is not written, so that later defaults still reach it."""
    typed = {name: value for section in sections for name, value in section.data.items()}
    changed = {name: value for name, value in typed.items() if value != current[name]}
    return msgspec.convert(changed, settings.Changes)


def _refuse(sections: list[Form], error: Invalid) -> None:
    for section in sections:
        own = [wrong for wrong in error.errors if wrong.pointer.strip("/") in section.data]
        if own:
            forms.refuse(section, Invalid(own))
