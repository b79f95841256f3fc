"""The servers under load, each a process of its own on 127.0.0.1 that ends with its ``with``."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from playbill.serve import free_port

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 30.0
NOT_OURS = ("PLAYBILL_", "DATABASE_URL", "GRANIAN_")


@contextmanager
def playbill(dsn: str, data_dir: Path, more: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run the program as a user does, with one worker and ``more`` settings; yield its port."""
    port = free_port(HOST, 0)
    settings = {
        "DATABASE_URL": dsn,
        "PLAYBILL_DATA_DIR": str(data_dir),
        "PLAYBILL_HOST": HOST,
        "PLAYBILL_PORT": str(port),
        "PLAYBILL_WORKERS": "1",
        **(more or {}),
    }
    with _running([str(BIN / "playbill"), "serve"], port, settings):
        yield port


@contextmanager
def bare(app: str) -> Iterator[int]:
    """Run ``bench.bare:<app>`` in the same server with the same settings; yield its port."""
    port = free_port(HOST, 0)
    options = ["--interface", "asgi", "--workers", "1", "--no-ws", "--log-level", "warning"]
    address = ["--host", HOST, "--port", str(port)]
    with _running([str(BIN / "granian"), *options, *address, f"bench.bare:{app}"], port, {}):
        yield port


@contextmanager
def _running(command: list[str], port: int, settings: dict[str, str]) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=kept | settings,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            _wait_for(port, process, said)
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOPPED_WITHIN_S)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
            return
        except OSError:
            ended = process.poll() is not None
            if ended or time.monotonic() > deadline:
                said.seek(0)
                raise RuntimeError(f"It did not start: {said.read().decode()}") from None
            time.sleep(0.05)
