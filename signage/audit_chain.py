"""The chain of the audit log, checked: every entry's hash covers the entry and the hash before it.

The hashes are computed here from the rows, without the database's own function, so that whoever
changed that function too is found out. What the chain cannot show by itself is that its last rows
are missing: for that a head is kept elsewhere and compared.
"""

import hashlib
import re
from datetime import UTC

import asyncpg
import msgspec

from signage.errors import Invalid

FIRST_HASH = hashlib.sha256(b"playbill").digest()
PIECE_ROWS = 2000
WRONG_MAX = 20


class Head(msgspec.Struct, frozen=True):
    """How many entries there are and the hash of the last one: what is published of the chain."""

    entries: int
    hash: bytes

    def __str__(self) -> str:
        """Return it as it is written down: ``41882:9f3a...``."""
        return f"{self.entries}:{self.hash.hex()}"


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong, at the entry with this number."""

    seq: int
    detail: str


class Verdict(msgspec.Struct, frozen=True):
    """The head as it was found, and what is wrong with the chain: at most twenty places."""

    head: Head
    wrong: list[Wrong]


async def head(conn: asyncpg.Connection) -> Head:
    """Return the head as the log says it is."""
    row = await conn.fetchrow(
        "/* audit_chain.head */ SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1"
    )
    return Head(row["seq"], row["hash"]) if row else Head(0, FIRST_HASH)


def read_head(text: str) -> Head:
    """Return a head that was written down. Invalid where it is none."""
    if not re.fullmatch(r"[0-9]{1,18}:[0-9a-f]{64}", text.strip().lower()):
        detail = "A head is the number of entries, a colon and a hash, such as 41882:9f3a..."
        raise Invalid.field("/head", "invalid_head", detail)
    entries, _, hash_ = text.strip().lower().partition(":")
    return Head(int(entries), bytes.fromhex(hash_))


async def verify(conn: asyncpg.Connection, known: Head | None = None) -> Verdict:
    """Recompute every hash and link. ``known`` is a head from earlier that must still be there."""
    found, wrong = Head(0, FIRST_HASH), list[Wrong]()
    met = known is None or known == found
    async with conn.transaction():
        rows = await conn.cursor(_ROWS)
        while piece := await rows.fetch(PIECE_ROWS):
            for row in piece:
                if len(wrong) < WRONG_MAX:
                    wrong += _judge(row, found)
                found = Head(row["seq"], row["hash"])
                met = met or found == known
    if known is not None and not met:
        wrong.append(_unmet(known, found))
    return Verdict(found, wrong[:WRONG_MAX])


def digest(row: asyncpg.Record) -> bytes:
    """Return the hash that the entry must have, by the form it was written in."""
    at = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    fields = (str(row["seq"]), at, *row[_FIRST_TEXT:_PAST_TEXT])
    text = "\n".join(_first_form(fields) if row["form"] == 1 else _second_form(fields))
    return hashlib.sha256(row["previous_hash"] + text.encode()).digest()


_FIRST_TEXT, _PAST_TEXT = 2, 11
_ROWS = """
/* audit_chain.rows */
SELECT seq, at, actor_kind, actor_id::text, action, entity, entity_id, before::text, after::text,
       encode(address_hmac, 'hex') AS address, request_id, form, previous_hash, hash
FROM audit_log ORDER BY seq"""


def _first_form(fields: tuple[str | None, ...]) -> list[str]:
    return ["-" if field is None else field for field in fields]


def _second_form(fields: tuple[str | None, ...]) -> list[str]:
    return ["-" if field is None else f"{len(field.encode())}:{field}" for field in fields]


def _judge(row: asyncpg.Record, before: Head) -> list[Wrong]:
    seq, wrong = row["seq"], []
    if seq != before.entries + 1:
        missing = seq - before.entries - 1
        span = f"{before.entries + 1} to {seq - 1}" if missing > 1 else f"{seq - 1}"
        wrong.append(Wrong(seq, f"{missing} missing before it: {span}"))
    elif row["previous_hash"] != before.hash:
        wrong.append(
            Wrong(
                seq,
                "it does not follow the one before it: something was put in,"
                " taken out or changed here",
            )
        )
    if digest(row) != row["hash"]:
        wrong.append(Wrong(seq, "its hash does not fit what it says: it was changed"))
    elif row["form"] == 1 and any(field and "\n" in field for field in row[_FIRST_TEXT:_PAST_TEXT]):
        wrong.append(Wrong(seq, "a line break in a field of the first form can be read two ways"))
    return wrong


def _unmet(known: Head, found: Head) -> Wrong:
    if found.entries < known.entries:
        missing = known.entries - found.entries
        last = "one is" if missing == 1 else f"{missing} are"
        detail = f"the last {last} missing: {known.entries} were known"
        return Wrong(found.entries, detail)
    return Wrong(known.entries, "it is not the one that was known by this number")
