"""Passwords: argon2id, at least twelve characters, and not one that everybody uses."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from signage.errors import Invalid

PASSWORD_MIN_CHARS = 12
PASSWORD_MAX_CHARS = 200

_hasher = PasswordHasher()
_NOBODYS_HASH = _hasher.hash("nobody has this password")

# Long enough to pass the rule on length, yet on every published list.
COMMON_PASSWORDS = frozenset(
    {
        "123456789012", "1234567890123", "12345678901234", "123456123456", "1q2w3e4r5t6y",
        "1qaz2wsx3edc", "abcdefghijkl", "administrator", "changemenow1", "iloveyou1234",
        "letmeinletmein", "passwordpassword", "password1234", "password12345", "password123456",
        "qwertyuiop12", "qwertyuiop123", "qwertyuiopas", "q1w2e3r4t5y6", "qwerty123456",
        "welcome12345", "aaaaaaaaaaaa", "111111111111", "000000000000",
    }
)  # fmt: skip


def hashed(password: str) -> str:
    """Return the argon2id hash to store; Invalid for a password that must not be used."""
    if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
        detail = f"A password has {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters."
        raise Invalid.field("/password", "password_length", detail)
    if password.lower() in COMMON_PASSWORDS or len(set(password)) < 3:
        detail = "Everybody uses this password. Choose one that only you know."
        raise Invalid.field("/password", "password_common", detail)
    return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Return whether it is the password; without a hash it takes the same time and is wrong."""
    try:
        return _hasher.verify(password_hash or _NOBODYS_HASH, password[:PASSWORD_MAX_CHARS])
    except (VerificationError, InvalidHashError):
        return False
