"""JSON in and out: bounded, decoded and validated in one pass, errors with pointers (RFC 6901)."""

import re
import zlib
from typing import Any, TypeVar

import msgspec
from quart import Response, request

from signage.errors import FieldError, Invalid, Refused
from web.services import now, services

Shape = TypeVar("Shape")


async def decode(shape: type[Shape]) -> Shape:
    """Return the body as ``shape``.

    Refused ``not_json`` (400), ``too_large`` (413), ``unsupported_media_type`` (415), or Invalid
    (422) with a pointer to the first wrong value.
    """
    return decode_bytes(await read(), shape)


def decode_bytes(body: bytes, shape: type[Shape]) -> Shape:
    """Return JSON text as ``shape``; the errors of decode."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Invalid([field_error(str(error))]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"The body is not JSON: {error}.", code="not_json") from error


async def read() -> bytes:
    """Return the body, decompressed where it came gzipped, within both limits."""
    if request.mimetype not in ("application/json", ""):
        detail = f"Send application/json, not {request.mimetype[:100]}."
        raise Refused(detail, code="unsupported_media_type")
    body, most = bytearray(), services().limits.body_max_bytes
    async for chunk in request.body:
        body += chunk
        if len(body) > most:
            raise Refused(f"At most {most} bytes.", code="too_large")
    match request.headers.get("Content-Encoding", "identity").lower():
        case "identity":
            return bytes(body)
        case "gzip":
            return _decompressed(bytes(body))
        case other:
            detail = f"The content encoding {other[:50]} is not supported."
            raise Refused(detail, code="unsupported_content_encoding")


def reply(body: object, status: int = 200, **headers: str) -> Response:
    """Return a JSON answer that no cache keeps."""
    answer = Response(msgspec.json.encode(body), status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    return answer


def timed(body: object, **more: Any) -> dict[str, Any]:
    """Return the fields of a Struct and ``server_time``, as every reply to a device has it."""
    fields: dict[str, Any] = msgspec.to_builtins(body)
    return {**fields, **more, "server_time": now()}


def field_error(message: str) -> FieldError:
    """Return what msgspec says of a value, with its path as a JSON Pointer."""
    # msgspec says "Expected `int`, got `str` - at `$.items[0].duration_ms`".
    text, _, path = message.partition(" - at `")
    parts = re.findall(r"\.([^.\[\]`]+)|\[(\d+|\.\.\.)\]", path)
    pointer = "".join(f"/{name or index}" for name, index in parts)
    named = re.search(r"(?:unknown|missing required) field `([^`]+)`", text)
    if named:
        pointer += f"/{named.group(1)}"
    code = "unknown_field" if "unknown field" in text else "invalid_value"
    if "missing required" in text:
        code = "missing_field"
    return FieldError(pointer, code, f"{text}.")


def _decompressed(body: bytes) -> bytes:
    most = services().limits.decompressed_max_bytes
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        inflated = inflater.decompress(body, most + 1)
    except zlib.error as error:
        raise Refused("The body is not gzip.", code="not_gzip") from error
    if len(inflated) > most:
        raise Refused(f"At most {most} bytes of JSON.", code="too_large")
    if not inflater.eof:
        raise Refused("The gzip body ends too early.", code="not_gzip")
    return inflated
