"""Proof of play: a batch of what was shown, answered only after it is committed."""

import json
from datetime import datetime
from typing import Annotated, Any, NoReturn

import msgspec
from quart import Blueprint, Response

from device_api.caller import device
from signage import plays
from signage.errors import Invalid, Refused
from web import bodies
from web.services import now, services

routes = Blueprint("events", __name__)


class Events(msgspec.Struct, kw_only=True):
    """At least one event; each is looked at on its own, so a bad one never fails the batch."""

    events: Annotated[list[Any], msgspec.Meta(min_length=1)]
    sent_at: datetime | None = None


@routes.post("/events")
async def events() -> Response:
    """Take in a batch; whatever is uncertain is 503, and sending it again is always safe."""
    caller = await device()
    sent = await bodies.read()
    body = _decode(sent)
    most = services().limits.events_per_batch_max
    if len(body.events) > most:
        detail = f"A batch has at most {most:,} events. Send the rest in another."
        raise Invalid.field("/events", "too_many_events", detail)
    batch = plays.Batch(caller.id, body.events, body.sent_at, now())
    result = await services().gathering.ingest(batch, size_bytes=len(sent))
    return bodies.reply(bodies.timed(result))


def _decode(body: bytes) -> Events:
    try:
        return bodies.decode_bytes(body, Events)
    except (Invalid, Refused) as error:
        # The fast decoder refuses a whole body for a lone surrogate or 1e400 in one event; json
        # takes them as they come.
        try:
            loose = json.loads(body, parse_constant=_refuse_constant)
            return msgspec.convert(loose, Events)
        except msgspec.ValidationError as wrong:
            raise Invalid([bodies.field_error(str(wrong))]) from wrong
        except (ValueError, RecursionError):
            raise error from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
