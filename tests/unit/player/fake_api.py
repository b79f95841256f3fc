"""A device API for the player to talk to: it answers as docs/device-protocol.md says, and obeys.

The real one has tests of its own. This one can be told to stop, to refuse, and to lose replies, so
that the player is seen to do the right thing.
"""

import asyncio
import contextlib
import hashlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, Response, jsonify, request

import player

USER_CODE = "BCDF-GHJK"
CONSOLE_CODE = "BCDF-GHJK-LMNP"
DEVICE_ID = "0193559e-1f6c-7000-8000-000000000001"
QR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path fill="#fff" d="M0 0h4v4H0z"/>'
    '<path d="M0 0h1v1H0zM2 1h2v1H2zM1 2h1v2H1z"/></svg>'
)
SIGNED = ("/heartbeat", "/plan", "/content/", "/events", "/commands/", "/screenshot")
ALWAYS = "1970-01-01T00:00:00Z"


class FakeApi:
    """What the server knows, and what it was told."""

    def __init__(self) -> None:
        self.approved = self.denied = False
        self.plan: dict[str, Any] | None = None
        self.media: dict[str, bytes] = {}
        self.tokens = 0
        self.revoked: set[str] = set()
        self.claims: list[dict[str, Any]] = []
        self.polls: list[dict[str, Any]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.batches: list[list[dict[str, Any]]] = []
        self.downloads: list[tuple[str, str | None]] = []
        self.commands: list[dict[str, Any]] = []
        self.results: dict[str, dict[str, Any]] = {}
        self.screenshots: list[bytes] = []
        self.refusals: dict[str, list[tuple[int, str]]] = {}
        self.batch_max = 1000
        self.unreadable: set[str] = set()
        self.dropped_after: int | None = None
        self.interval_s = 1
        self.expires_in = 600

    @property
    def plays(self) -> list[dict[str, Any]]:
        """Every event that was accepted, in the order of their arrival."""
        return [event for batch in self.batches for event in batch]

    @property
    def etag(self) -> str:
        return hashlib.sha256(repr(self.plan).encode()).hexdigest()[:32]

    def refuse(self, path: str, *answers: tuple[int, str]) -> None:
        """Answer the next calls of this path with these problems, then as usual."""
        self.refusals.setdefault(path, []).extend(answers)

    def add_media(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.media[sha256] = data
        return sha256


class Server:
    """The fake API on a port that stays the same while it stops and starts."""

    def __init__(self, api: FakeApi) -> None:
        self.app = _app(api)
        self.socket = _bind(0)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._serving: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    async def start(self) -> None:
        if self.socket.fileno() < 0:
            self.socket = _bind(self.port)
        self._stop = asyncio.Event()
        config = Config()
        config.bind = [f"fd://{self.socket.fileno()}"]
        config.graceful_timeout = 0.1
        config.accesslog = config.errorlog = None
        self._serving = asyncio.create_task(
            serve(self.app, config, shutdown_trigger=self._stop.wait)
        )

    async def stop(self) -> None:
        self._stop.set()
        if self._serving:
            await self._serving
        with contextlib.suppress(OSError):
            self.socket.close()


@contextlib.asynccontextmanager
async def serving(api: FakeApi) -> AsyncIterator[Server]:
    """Run the fake API until the block ends."""
    server = Server(api)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def make_plan(*playlists: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a plan that plays the first list always; other keys replace the plan's own.

    An item is ``{"name", "ms", "kind", "url" or "data", ...}``.
    """
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    content: dict[str, Any] = {}
    lists = {}
    for number, items in enumerate(playlists, 1):
        lists[f"p{number}"] = {
            "playlist_id": f"list-{number}",
            "items": [_item(item, content) for item in items],
        }
    until = iso(start + timedelta(days=4))
    window = {"from": iso(start), "until": until, "anchor": ALWAYS, "playlist": "p1"}
    return {
        "version": 1,
        "from": iso(start),
        "until": until,
        "timezone": "Europe/Lisbon",
        "windows": [window | {"schedule_id": None, "layer": "store", "takeover": False}],
        "playlists": lists,
        "content": content,
    } | more


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _item(item: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    data: bytes = item.get("data", b"")
    sha256 = item.get("sha256", hashlib.sha256(data).hexdigest() if data else None)
    content[item["name"]] = {
        "content_id": f"content-{item['name']}",
        "version": 1,
        "kind": item.get("kind", "image"),
        "url": item.get("url", f"/v1/device/content/{sha256}"),
        "sha256": sha256,
        "bytes": len(data),
        "mime": item.get("mime", "image/png"),
        "duration_ms": None,
        "width": 320,
        "height": 180,
    }
    return {
        "item_id": f"item-{item['name']}",
        "content": item["name"],
        "duration_ms": item["ms"],
        "not_before": item.get("not_before"),
        "not_after": item.get("not_after"),
    }


def _bind(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    bound.listen(100)
    bound.setblocking(False)
    return bound


def _app(api: FakeApi) -> Quart:
    app = Quart(__name__, static_folder=None)
    app.register_blueprint(player.blueprint)

    @app.before_request
    async def refuse() -> Response | None:
        path = request.path.removeprefix("/v1/device")
        answers = api.refusals.get(path)
        if answers:
            return _problem(*answers.pop(0))
        return _unauthenticated(api) if path.startswith(SIGNED) else None

    @app.get("/blank")
    async def blank() -> Response:
        return Response("<!doctype html><title>A page to try modules on</title>")

    _add_pairing(app, api)
    _add_playing(app, api)
    _add_content(app, api)
    _add_commands(app, api)
    return app


def _add_pairing(app: Quart, api: FakeApi) -> None:
    @app.post("/v1/device/pairing/create-claim")
    async def create_claim() -> tuple[dict[str, Any], int]:
        api.claims.append(await request.get_json())
        link = f"http://{request.host}/pair"
        number = len(api.claims)
        return {
            "claim_code": f"dpc_{number}",
            "user_code": USER_CODE if number == 1 else f"BCDF-GHJ{'KLMNPQRSTVWXZ'[number]}",
            "verification_uri": link,
            "verification_uri_complete": f"{link}?code={USER_CODE}",
            "qr_svg": QR,
            "expires_in": api.expires_in,
            "interval": api.interval_s,
            "server_time": iso(datetime.now(UTC)),
        }, 201

    @app.post("/v1/device/pairing/claim")
    async def claim() -> Response:
        body = await request.get_json()
        api.polls.append(body)
        typed = not body["claim_code"].startswith("dpc_")
        if typed and body["claim_code"] != CONSOLE_CODE:
            return _problem(400, "invalid_claim_code")
        if api.denied:
            api.denied = False
            return _problem(403, "access_denied")
        if not (api.approved or typed):
            return _problem(400, "authorization_pending")
        return _tokens(api, device_id=DEVICE_ID, name="Window 2", store_name="Lisbon Centro")

    @app.post("/v1/device/token/refresh")
    async def refresh() -> Response:
        body = await request.get_json()
        if body["refresh_token"] != f"refresh-{api.tokens}":
            return _problem(401, "invalid_refresh_token")
        return _tokens(api)


def _add_playing(app: Quart, api: FakeApi) -> None:
    @app.post("/v1/device/heartbeat")
    async def heartbeat() -> Response:
        api.heartbeats.append(await request.get_json())
        return _timed(
            plan_etag=api.etag,
            heartbeat_interval_s=api.interval_s,
            plan_poll_s=60,
            commands=[c for c in api.commands if c["command_id"] not in api.results],
        )

    @app.get("/v1/device/plan")
    async def plan() -> Response:
        tag = f'"{api.etag}"'
        if request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers={"ETag": tag})
        body = api.plan or make_plan(windows=[])
        answer = jsonify(body)
        answer.headers["ETag"] = f'"{api.etag}-gzip"'
        return answer

    @app.post("/v1/device/events")
    async def events() -> Response:
        batch = (await request.get_json())["events"]
        if len(batch) > api.batch_max:
            return _problem(413, "too_large")
        if api.unreadable & {event.get("item_id") for event in batch}:
            return _problem(422, "invalid")
        api.batches.append(batch)
        return _timed(accepted=len(batch), rejected=0, duplicates=0, results=[])


def _add_content(app: Quart, api: FakeApi) -> None:
    @app.get("/v1/device/content/<sha256>")
    async def content(sha256: str) -> Response:
        field = request.headers.get("Range")
        api.downloads.append((sha256, field))
        if sha256 not in api.media:
            return _problem(404, "not_found")
        return _bytes(api, api.media[sha256], field)


def _add_commands(app: Quart, api: FakeApi) -> None:
    @app.post("/v1/device/commands/<command_id>/result")
    async def result(command_id: str) -> Response:
        api.results[command_id] = await request.get_json()
        return _timed()

    @app.put("/v1/device/screenshot")
    async def screenshot() -> Response:
        api.screenshots.append(await request.get_data(as_text=False))
        return _timed()


def _unauthenticated(api: FakeApi) -> Response | None:
    token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
    if token in api.revoked or not token:
        return _problem(401, "token_revoked")
    return None if token == f"token-{api.tokens}" else _problem(401, "token_expired")


def _bytes(api: FakeApi, data: bytes, field: str | None) -> Response:
    start = int(field.removeprefix("bytes=").rstrip("-")) if field else 0
    rest = data[start:]
    if api.dropped_after is not None:
        keep, api.dropped_after = api.dropped_after, None
        return Response(_broken(rest[:keep]), headers={"Content-Length": str(len(rest))})
    headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if field else {}
    return Response(rest, status=206 if field else 200, headers=headers)


async def _broken(part: bytes) -> AsyncIterator[bytes]:
    yield part
    await asyncio.sleep(0.2)
    raise ConnectionAbortedError("The fake server hangs up in the middle of a file.")


def _tokens(api: FakeApi, **more: Any) -> Response:
    api.tokens += 1
    pace = {"heartbeat_interval_s": api.interval_s, "plan_poll_s": 60, "token_expires_in": 86_400}
    tokens = {"device_token": f"token-{api.tokens}", "refresh_token": f"refresh-{api.tokens}"}
    return _timed(**tokens, **pace, **more)


def _timed(**fields: Any) -> Response:
    return jsonify(fields | {"server_time": iso(datetime.now(UTC))})


def _problem(status: int, code: str) -> Response:
    answer = jsonify({"status": status, "code": code, "detail": f"Refused: {code}."})
    answer.status_code = status
    return answer
