"""The demo's people: one for each role that works with it, with passwords made for them now."""

import secrets
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from signage import users
from signage.actors import SYSTEM, Role
from signage.demo.diary import Diary

PASSWORD_BYTES = 12
"""Sixteen characters in base64: enough for a password, short enough to type from a screen."""


class SignIn(msgspec.Struct, frozen=True):
    """A person of the demo and the password made for this installation."""

    role: Role
    email: str
    password: str


class _Person(NamedTuple):
    role: Role
    email: str
    name: str
    shops: tuple[str, ...] = ()


PEOPLE = (
    _Person("admin", "admin@demo.example", "Demo administrator"),
    _Person("manager", "manager@demo.example", "Demo manager", ("LIS-01", "FAO-01", "LIS-02")),
    _Person(
        "installer", "installer@demo.example", "Demo installer", ("LIS-01", "FAO-01", "BRG-01")
    ),
    _Person("analyst", "analyst@demo.example", "Demo analyst"),
)


async def add(conn: asyncpg.Connection, store_ids: dict[str, UUID], diary: Diary) -> list[SignIn]:
    """Add the people; their passwords are in the answer and nowhere else."""
    made = []
    for person in PEOPLE:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        await users.add(
            conn,
            SYSTEM,
            email=person.email,
            name=person.name,
            role=person.role,
            password=password,
            store_ids=[store_ids[code] for code in person.shops if code in store_ids],
            now=diary.next(),
        )
        made.append(SignIn(person.role, person.email, password))
    return made
