"""``playbill serve``: the port, the database, the first start, then workers until told to stop."""

import asyncio
import errno
import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

import msgspec
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from playbill import database, metrics, welcome
from playbill.config import Config, hand_over
from playbill.first_start import FirstStart, prepare

# The workers of a killed Playbill let go of the port within a quarter of a second.
PORT_WAIT_S = 3.0
STOP_WAIT_S = 10
WATCH_INTERVAL_S = 1.0
# Workers that die again and again within this time are not started any more.
CRASH_WINDOW_S = 20.0
CRASHES_MAX = 5

Say = Callable[[str], None]


class PortTaken(Exception):
    """The address cannot be listened on; ``str()`` says why and what to do."""


class Crashed(Exception):
    """The workers cannot run; what they said stands above in the output."""


def serve(config: Config, say: Say) -> None:
    """Serve until SIGINT or SIGTERM, then stop the workers and the embedded database.

    Raises PortTaken, Crashed, and what the database's modules raise.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    config = msgspec.structs.replace(config, port=free_port(config.host, config.port))
    try:
        with database.running(config, say) as found:
            first = asyncio.run(prepare(config, found, say, now=datetime.now(UTC)))
            hand_over(config, database_url=found.dsn)
            if config.workers > 1:
                metrics.prepare(config.data_dir / "metrics")
            _run(config, found, first, say)
            say("Stopping.")
    except KeyboardInterrupt:
        say("Stopped before the start was complete.")


def free_port(host: str, port: int) -> int:
    """Return the port, or a free one for 0. Raises PortTaken; waits a moment for a killed Playbill.

    The workers share their port among themselves, so a second Playbill would be let in beside the
    first and take part of its calls: only a plain bind tells.
    """
    deadline = time.monotonic() + PORT_WAIT_S
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise PortTaken(_why_not(host, port, error)) from error
            time.sleep(0.1)


def _bind(host: str, port: int) -> int:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        bound: int = probe.getsockname()[1]
        return bound


def _why_not(host: str, port: int, error: OSError) -> str:
    return (
        f"Playbill cannot listen on {host} port {port}: {error.strerror or error}. Stop the program"
        " that uses it, or choose another port with --port or PLAYBILL_PORT."
    )


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _run(config: Config, found: database.Database, first: FirstStart, say: Say) -> None:
    # Workers are fresh processes: a fork of one that has threads and locks inherits them half-way.
    multiprocessing.set_start_method("spawn", force=True)
    stopping = threading.Event()
    threads = [
        threading.Thread(target=_watch_database, args=[found, stopping, say], daemon=True),
        threading.Thread(target=welcome.greet, args=[config, first, stopping], daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        _run_workers(config)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _run_workers(config: Config) -> None:
    """Keep workers running until a signal; the server itself gives up if two die in a row."""
    crashes: list[float] = []
    while True:
        server = _http_server(config)
        # It exits when a worker died, also while it was told to stop.
        with suppress(SystemExit):
            server.serve()
        if server.interrupt_signal:
            return
        now = time.monotonic()
        crashes = [crash for crash in crashes if crash > now - CRASH_WINDOW_S] + [now]
        if len(crashes) >= CRASHES_MAX:
            raise Crashed("The workers end as soon as they start. What they said stands above.")


def _http_server(config: Config) -> MPServer:
    return MPServer(
        target="playbill.worker:create",
        factory=True,
        interface=Interfaces.ASGI,
        address=config.host,
        port=config.port,
        workers=config.workers,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=STOP_WAIT_S,
        log_level=LogLevels.warning,
    )


def _watch_database(found: database.Database, stopping: threading.Event, say: Say) -> None:
    """Bring the embedded database back when it died, and say once if that does not work."""
    complained = False
    while not stopping.wait(WATCH_INTERVAL_S):
        try:
            found.keep_alive()
            complained = False
        except Exception as error:
            if not complained:
                say(f"The database died and does not start again: {error}")
            complained = True
