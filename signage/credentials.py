"""Secrets made, hashed and compared: device tokens, codes, links, keys.

Nothing here is stored in clear: long random secrets by SHA-256, short ones by HMAC-SHA-256 under
the server's secret, which is not in the database.
"""

import hashlib
import hmac
import secrets
import zlib
from uuid import UUID

USER_CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""RFC 8628 section 6.1: twenty consonants, so that no word and no 0/O or 1/I appears."""
CODE_GROUP_LETTERS = 4


def sha256(text: str) -> bytes:
    """Return the SHA-256 of a long random secret."""
    return hashlib.sha256(text.encode()).digest()


def keyed(secret: bytes, purpose: str, *parts: str) -> bytes:
    """Return the HMAC-SHA-256 of the parts for one purpose."""
    message = "\x1f".join((purpose, *parts)).encode("utf-8", "surrogatepass")
    return hmac.digest(secret, message, "sha256")


def same(left: bytes | None, right: bytes) -> bool:
    """Compare in time that does not depend on where they differ."""
    return left is not None and hmac.compare_digest(left, right)


def random_secret(prefix: str) -> str:
    """Return ``prefix`` followed by 256 random bits in hexadecimal."""
    return prefix + secrets.token_hex(32)


def random_code(letters: int) -> str:
    """Return a code for people, grouped by dashes, such as ``BCDF-GHJK``."""
    code = "".join(secrets.choice(USER_CODE_ALPHABET) for _ in range(letters))
    return grouped(code)


def grouped(code: str) -> str:
    """Return the letters of a code in groups of four."""
    starts = range(0, len(code), CODE_GROUP_LETTERS)
    return "-".join(code[start : start + CODE_GROUP_LETTERS] for start in starts)


def plain_code(typed: str) -> str:
    """Return what somebody typed without case, spaces and dashes."""
    return "".join(letter for letter in typed if not letter.isspace() and letter != "-").upper()


def device_token(kind: str, device_id: UUID, secret: bytes) -> str:
    """Return ``<kind>_<device id>_<secret>_<checksum>``, easy to find for secret scanners."""
    body = f"{kind}_{device_id.hex}_{secret.hex()}"
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def device_of_token(kind: str, token: str) -> UUID | None:
    """Return the device a token names, or None where it is no token of this kind."""
    body, _, checksum = token.rpartition("_")
    parts = body.split("_")
    if not token.isascii() or len(parts) != 3 or parts[0] != kind:
        return None
    if checksum != f"{zlib.crc32(body.encode()):08x}":
        return None
    try:
        return UUID(hex=parts[1])
    except ValueError:
        return None
