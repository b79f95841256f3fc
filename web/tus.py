"""The words of tus 1.0.0 (https://tus.io/protocols/resumable-upload), its headers.

Every request but OPTIONS names the version; every answer does.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from quart import Response, request

from signage.errors import Refused
from signage.media.facts import UPLOAD_LIMIT_BYTES
from signage.media.partial import Checksum

VERSION = "1.0.0"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "termination",
    "checksum",
)
CHECKSUM_ALGORITHMS = ("sha1", "sha256")
CONTENT_TYPE = "application/offset+octet-stream"
METADATA_MAX_CHARS = 8000

_NUMBER = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,100}")


def require_version() -> None:
    """Raise Refused 412 unless the request speaks this version."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused(f"Send Tus-Resumable: {VERSION}.", code="tus_version")


def require_bytes() -> None:
    """Raise Refused 415 unless the body is what tus sends bytes as."""
    if request.mimetype != CONTENT_TYPE:
        raise Refused(f"Send the bytes as {CONTENT_TYPE}.", code="unsupported_media_type")


def number(name: str) -> int | None:
    """Return a header that counts bytes, None without it; Refused where it is no number."""
    text = request.headers.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise Refused(f"{name} is a number of bytes.", code="invalid_header")
    return int(text)


def length() -> int | None:
    """Return Upload-Length, None where it is deferred; Refused without either, or with both."""
    known = number("Upload-Length")
    deferred = request.headers.get("Upload-Defer-Length")
    if (known is None) == (deferred is None) or deferred not in (None, "1"):
        detail = "Send Upload-Length, or Upload-Defer-Length: 1."
        raise Refused(detail, code="invalid_header")
    return known


def checksum() -> Checksum | None:
    """Return what Upload-Checksum demands; Refused for an algorithm that OPTIONS does not name."""
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise Refused("Use sha1 or sha256.", code="unsupported_checksum")
    digest = _decoded(encoded.strip(), "Upload-Checksum")
    if len(digest) != hashlib.new(algorithm).digest_size:
        raise Refused(f"This is no {algorithm} checksum.", code="invalid_header")
    return Checksum(algorithm, digest)


def metadata() -> dict[str, str]:
    """Return Upload-Metadata decoded: keys, and values in UTF-8."""
    text = request.headers.get("Upload-Metadata", "")
    if len(text) > METADATA_MAX_CHARS:
        detail = f"Upload-Metadata has at most {METADATA_MAX_CHARS:,} characters."
        raise Refused(detail, code="invalid_metadata")
    pairs = list(_pairs(text)) if text.strip() else []
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Refused("Upload-Metadata names a key twice.", code="invalid_metadata")
    return values


def announce(answer: Response) -> Response:
    """Add what every answer says, and to a refused version which one there is."""
    answer.headers["Tus-Resumable"] = VERSION
    answer.headers["Cache-Control"] = "no-store"
    if answer.status_code == 412:
        answer.headers["Tus-Version"] = VERSION
    return answer


def options() -> Response:
    """Return what the server can do."""
    answer = Response(b"", status=204)
    answer.headers["Tus-Version"] = VERSION
    answer.headers["Tus-Extension"] = ",".join(EXTENSIONS)
    answer.headers["Tus-Max-Size"] = str(UPLOAD_LIMIT_BYTES)
    answer.headers["Tus-Checksum-Algorithm"] = ",".join(CHECKSUM_ALGORITHMS)
    return answer


def date(instant: datetime) -> str:
    """Return an instant as Upload-Expires has it (RFC 9110 section 5.6.7)."""
    return format_datetime(instant, usegmt=True)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        key, _, encoded = part.strip().partition(" ")
        if not _KEY.fullmatch(key):
            raise Refused("Upload-Metadata has a key that is none.", code="invalid_metadata")
        try:
            yield key, _decoded(encoded.strip(), "Upload-Metadata").decode()
        except UnicodeDecodeError as error:
            detail = f"The value of {key} is not UTF-8."
            raise Refused(detail, code="invalid_metadata") from error


def _decoded(encoded: str, name: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{name} holds what is not base64.", code="invalid_metadata") from error
