"""Settings: ``/v1/admin/settings``, one object for the whole installation."""

import msgspec
from quart import Blueprint, Response, request

from admin_api import answers
from admin_api.caller import caller
from signage import settings, users
from web import bodies, etags, people
from web.services import connection, now

routes = Blueprint("settings", __name__)


class TestMail(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to send a test to."""

    to: str


@routes.get("/settings")
async def show() -> Response:
    """Show every setting, and who changed which."""
    actor = await caller()
    actor.require("administer")
    return await _shown()


@routes.patch("/settings")
async def change() -> Response:
    """Change what is given; null returns to the default."""
    actor = await caller()
    actor.require("administer")
    changes = await bodies.decode(settings.Changes)
    async with connection() as conn:
        wanted = request.headers.get("If-Match")
        current = await settings.version(conn)
        # A tag that is not the current one is no version, so the change is refused as stale.
        fits = wanted is None or etags.matches(wanted, {current})
        await settings.change(
            conn, actor, changes, expected=current if fits else "stale", now=now()
        )
    return await _shown()


@routes.post("/settings/test-mail")
async def send_test() -> Response:
    """Send a test; ``mailed`` is null where no mail server is set, false where it refused."""
    actor = await caller()
    actor.require("administer")
    test = await bodies.decode(TestMail)
    users.check_identity(test.to)
    return bodies.reply({"mailed": await people.mail_trial(test.to)})


async def _shown() -> Response:
    async with connection() as conn:
        values = await settings.load(conn)
        origins = await settings.origins(conn)
        version = await settings.version(conn)
    answer = answers.one({**msgspec.structs.asdict(values), "changed": origins})
    answer.headers["ETag"] = f'"{version}"'
    return answer
