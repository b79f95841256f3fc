"""The application: doors mounted on one Quart app, over one pool, one media store and one clock."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

import asyncpg
from quart import Quart, Response
from quart.wrappers.response import FileBody
from quart_auth import QuartAuth

import admin_api
import device_api
import player
import portal
from playbill import duties, faults, health, logs, metrics, static_files, upkeep
from playbill.config import Config
from portal import frame, ui
from signage.media.storage import open_store
from web.services import EXTENSION, Services, utc_now
from web.streams import StreamedConnection, StreamedRequest, discard_arrivals

UPLOAD_MAX_BYTES = 4 * 1024**3
FILE_CHUNK_BYTES = 256 * 1024

PAGES_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def create_app(
    config: Config, *, pool: asyncpg.Pool | None = None, clock: Callable[[], datetime] = utc_now
) -> Quart:
    """Return the application. Without ``pool`` it opens one of its own while it serves, and takes
    part in the background duties."""
    logs.configure()
    app = Quart("playbill", static_folder=None)
    app.request_class = StreamedRequest
    app.asgi_http_class = StreamedConnection
    app.teardown_request(discard_arrivals)
    app.config["MAX_CONTENT_LENGTH"] = UPLOAD_MAX_BYTES
    app.config["BODY_TIMEOUT"] = 3600
    app.config["RESPONSE_TIMEOUT"] = None
    app.secret_key = config.secret.hex()
    FileBody.buffer_size = FILE_CHUNK_BYTES
    _add_sign_in(app, config)
    _add_templates(app)
    _add_services(app, config, pool, clock)
    for door in (portal, device_api, admin_api, player):
        app.register_blueprint(door.blueprint)
    health.register(app)
    metrics.register(app, config.metrics_token)
    static_files.register(app)
    faults.register(app)
    app.after_request(_secure)
    return app


def _add_services(
    app: Quart, config: Config, pool: asyncpg.Pool | None, clock: Callable[[], datetime]
) -> None:
    media = open_store(config.data_dir, config.media_url, config.media_options)

    def lend(opened: asyncpg.Pool) -> Services:
        lent = Services(
            pool=opened,
            media=media,
            secret=config.secret,
            public_url=config.public_url,
            trusted_proxies=config.trusted_proxies,
            clock=clock,
            pace=config.pace,
            gallery=config.gallery,
            limits=config.limits,
            mailer=config.mailer,
        )
        app.extensions[EXTENSION] = lent
        return lent

    @app.while_serving
    async def serve() -> AsyncGenerator[None, None]:
        if pool is not None:
            async with aclosing(lend(pool).gathering):
                yield
            return
        dsn, role = await config.open_database()
        async with (
            await config.open_pool() as opened,
            duties.running(dsn, role, lent := lend(opened), upkeep.DUTIES),
            aclosing(lent.gathering),
        ):
            yield


def _add_sign_in(app: Quart, config: Config) -> None:
    secure = (config.public_url or "").startswith("https://")
    QuartAuth(
        app,
        cookie_name="__Host-playbill" if secure else "playbill",
        cookie_secure=secure,
        cookie_http_only=True,
        cookie_samesite="Lax",
        duration=7 * 24 * 3600,
        salt="playbill sign-in",
    )


def _add_templates(app: Quart) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(ui.FILTERS)
    app.jinja_env.globals.update(ui.GLOBALS)
    app.jinja_env.globals.update(static_url=static_files.static_url, csrf_token=frame.csrf_token)


async def _secure(answer: Response) -> Response:
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", PAGES_CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if answer.mimetype == "text/html":
        headers.setdefault("Cache-Control", "no-store")
    return answer
