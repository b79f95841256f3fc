"""Roles and reach in forms: what a role allows in words, and the stores and campaigns with it."""

from uuid import UUID

import asyncpg
from wtforms import Form, SelectField, SelectMultipleField

from portal import forms
from signage import campaigns, stores
from signage.actors import Actor, Role

CAMPAIGNS_OFFERED_MAX = 500

ROLES: dict[Role, tuple[str, str]] = {
    "admin": (
        "Administrator",
        "Everything, in every store: people, API keys and settings too.",
    ),
    "manager": (
        "Manager",
        "Screens, playlists, schedules and reports of the stores chosen.",
    ),
    "installer": (
        "Installer",
        "Pairs screens in the stores chosen and looks after them.",
    ),
    "analyst": (
        "Analyst",
        "Reads the reports of the stores chosen, and nothing else.",
    ),
    "advertiser": (
        "Advertiser",
        "From outside: reads the proof of play of the campaigns chosen, and nothing else.",
    ),
}


class ReachForm(Form):
    """A role, and how far it reaches."""

    role = SelectField("Role", default="manager")
    store_ids = SelectMultipleField("Stores", coerce=UUID)
    campaign_ids = SelectMultipleField("Campaigns", coerce=UUID)

    @property
    def own_campaigns(self) -> list[UUID]:
        """The campaigns chosen; a role that has none drops what is still ticked."""
        return (self.campaign_ids.data or []) if self.role.data == "advertiser" else []


async def offer(conn: asyncpg.Connection, actor: Actor, form: ReachForm) -> None:
    """Fill in which roles, stores and campaigns there are to choose."""
    form.role.choices = [(role, label(role)) for role in ROLES]
    form.store_ids.choices = forms.choices(await stores.list_for(conn, actor))
    booked = await campaigns.list_page(conn, limit=CAMPAIGNS_OFFERED_MAX)
    form.campaign_ids.choices = forms.choices(booked.items)


def label(role: Role) -> str:
    """Return what people call a role."""
    return ROLES[role][0]


def sentence(role: Role, store_ids: list[UUID] | None, campaign_ids: list[UUID]) -> str:
    """Return how far somebody reaches, in a few words."""
    if role == "advertiser":
        return _counted(len(campaign_ids), "campaign")
    if store_ids is None or (not store_ids and role in ("admin", "analyst")):
        return "Every store"
    return _counted(len(store_ids), "store")


def _counted(count: int, noun: str) -> str:
    return f"No {noun}" if not count else f"{count} {noun}{'s' if count > 1 else ''}"
