"""The domain's own errors: one small vocabulary that each door turns into its kind of answer.

Every error has a ``code`` for programs and a ``detail`` for people: what happened, what to do.
"""

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one value: ``pointer`` is a JSON Pointer (RFC 6901) into what was sent."""

    pointer: str
    code: str
    detail: str


class PlaybillError(Exception):
    """The base of everything the domain refuses."""

    code = "error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code


class Unauthenticated(PlaybillError):
    """Nobody, or nobody any more: credentials are absent, wrong, expired or revoked."""

    code = "unauthenticated"


class Forbidden(PlaybillError):
    """Somebody, but the role has no such right. Rows out of scope are NotFound, not this."""

    code = "forbidden"


class NotFound(PlaybillError):
    """No such row, or none within the actor's scope."""

    code = "not_found"


class Conflict(PlaybillError):
    """It clashes with the state of things; doing it again as it is will not help."""

    code = "conflict"


class Stale(PlaybillError):
    """Somebody else changed it since the caller read it.

    ``entity`` and ``entity_id`` are its names in the audit log, where it is told what was changed;
    ``missed`` is how many changes the caller has not seen.
    """

    code = "stale"

    def __init__(
        self, detail: str, *, entity: str = "", entity_id: object = "", missed: int = 1
    ) -> None:
        super().__init__(detail)
        self.entity = entity
        self.entity_id = str(entity_id)
        self.missed = missed


class Invalid(PlaybillError):
    """Some values are wrong; ``errors`` names each."""

    code = "invalid"

    def __init__(self, errors: list[FieldError], *, detail: str | None = None) -> None:
        super().__init__(detail or " ".join(error.detail for error in errors))
        self.errors = errors

    @classmethod
    def field(cls, pointer: str, code: str, detail: str) -> "Invalid":
        """Return the error for one wrong value."""
        return cls([FieldError(pointer, code, detail)])


class Refused(PlaybillError):
    """The protocol says no, with a code of its own (pairing's ``authorization_pending``).

    ``retry_after_s`` is set where asking again later may give another answer.
    """

    code = "refused"

    def __init__(self, detail: str, *, code: str, retry_after_s: int | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class TooMany(PlaybillError):
    """Over a limit; worth trying again after ``retry_after_s`` seconds."""

    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after_s: int, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class Unavailable(PlaybillError):
    """The server cannot say now whether it was done; a retry after ``retry_after_s`` is safe."""

    code = "unavailable"

    def __init__(self, detail: str, *, retry_after_s: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
