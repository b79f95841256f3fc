"""A video of 1 GiB uploaded and made a content: against cp and sha256sum of the same file.

It is a real clip with an empty box of a gigabyte behind it. What an upload adds to the memory of
the server's process is read from the kernel (VmHWM), so no peak is missed.
"""

import asyncio
import os
import socket
import struct
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

import psutil

from bench import servers, shop
from bench.figures import Figure, take_turns
from db.pool import connect
from signage import keys
from signage.actors import SYSTEM
from signage.media import showreel

FILE_BYTES = 1024**3
SLICE_BYTES = 8 * 1024**2
ANSWER_WITHIN_S = 120.0
BOUNDARY = "boundary-of-the-benchmark"

Upload = Callable[[int, str, Path], None]


async def measure() -> list[Figure]:
    """Send it in one request as tus, in slices as the portal does, and as a form."""
    figures = []
    for name, upload in (
        ("by tus in one request", _in_one),
        (f"by tus in slices of {SLICE_BYTES // 1024**2} MiB", _in_slices),
        ("as a form", _as_form),
    ):
        async with shop.scratch() as (dsn, data_dir, role):
            conn = await connect(dsn, role=role)
            key = await keys.add(conn, SYSTEM, name="bench", role="admin", now=datetime.now(UTC))
            await conn.close()
            with servers.playbill(dsn, data_dir) as port:
                figures.append(await _figure(name, partial(upload, port, key), data_dir))
    return figures


async def _figure(name: str, upload: Callable[[Path], None], data_dir: Path) -> Figure:
    film, copy = data_dir / "film.mp4", data_dir / "copy.mp4"
    turn = 0
    worker = _worker()
    before = worker.memory_info().rss

    async def ours() -> float:
        nonlocal turn
        turn += 1
        _write_film(film, turn)
        started = perf_counter()
        await asyncio.to_thread(upload, film)
        took_ms = (perf_counter() - started) * 1000
        for stored in (data_dir / "media").glob("*/*"):
            stored.unlink()
        return took_ms

    async def tools() -> float:
        started = perf_counter()
        await asyncio.to_thread(subprocess.run, ["cp", str(film), str(copy)], check=True)
        await asyncio.to_thread(
            subprocess.run, ["sha256sum", str(copy)], check=True, stdout=subprocess.DEVNULL
        )
        took_ms = (perf_counter() - started) * 1000
        copy.unlink()
        return took_ms

    took, copied = await take_turns(ours, tools)
    grown = _peak_bytes(worker) - before
    return Figure(
        name=f"Video of 1 GiB uploaded {name}",
        against="cp and sha256sum of the same file",
        unit="ms",
        ours=took,
        baseline=copied,
        at_most=2,
        note=f"Uploaded {name}, the server's process grew by {grown / 2**20:.0f} MiB at most"
        f" (from {before / 2**20:.0f} MiB).",
    )


def _write_film(path: Path, number: int) -> None:
    # A box that everybody skips (ISO/IEC 14496-12 section 8.1.2), of another content each time.
    piece = min((one for one in showreel.PIECES if one.seconds), key=lambda one: one.seconds or 0)
    clip = showreel.render(piece)
    padding = FILE_BYTES - len(clip) - 16
    with path.open("wb") as file:
        file.write(clip + struct.pack(">I4sQ", 1, b"free", padding + 16))
        block = os.urandom(1024**2)
        file.write(struct.pack(">Q", number))
        for start in range(8, padding, len(block)):
            file.write(block[: padding - start])
        file.flush()
        os.fsync(file.fileno())


def _in_one(port: int, key: str, path: Path) -> None:
    where = _announce(port, key, path)
    with _connected(port) as line, path.open("rb") as file:
        _send_head(line, "PATCH", where, key, FILE_BYTES, _TUS | {"Upload-Offset": "0"})
        line.sendfile(file)
        _answer(line, 204)


def _in_slices(port: int, key: str, path: Path) -> None:
    where = _announce(port, key, path)
    with _connected(port) as line, path.open("rb") as file:
        for at in range(0, FILE_BYTES, SLICE_BYTES):
            headers = _TUS | {"Upload-Offset": str(at)}
            _send_head(line, "PATCH", where, key, SLICE_BYTES, headers)
            line.sendfile(file, at, SLICE_BYTES)
            _answer(line, 204)


def _as_form(port: int, key: str, path: Path) -> None:
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=film.mp4\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with _connected(port) as line, path.open("rb") as file:
        length = len(head) + FILE_BYTES + len(tail)
        _send_head(line, "POST", "/v1/admin/content", key, length, headers)
        line.sendall(head)
        line.sendfile(file)
        line.sendall(tail)
        _answer(line, 201)


_TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


def _announce(port: int, key: str, path: Path) -> str:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(path.stat().st_size)}
    with _connected(port) as line:
        _send_head(line, "POST", "/v1/admin/uploads", key, 0, headers)
        head = _answer(line, 201)
    return next(
        text.partition(":")[2].strip()
        for text in head.splitlines()
        if text.lower().startswith("location:")
    )


def _connected(port: int) -> socket.socket:
    return socket.create_connection((servers.HOST, port), ANSWER_WITHIN_S)


def _send_head(
    line: socket.socket, method: str, path: str, key: str, length: int, headers: dict[str, str]
) -> None:
    said = {"Host": servers.HOST, "Authorization": f"Bearer {key}", "Content-Length": str(length)}
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in (said | headers).items())]
    line.sendall("\r\n".join([*lines, "", ""]).encode())


def _answer(line: socket.socket, status: int) -> str:
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = line.recv(65_536)
        assert piece, "the server closed the connection"
        heard += piece
    assert heard.startswith(b"HTTP/1.1 %d" % status), heard.decode(errors="replace")
    return heard.decode(errors="replace")


def _worker() -> psutil.Process:
    """Return the one process that serves HTTP."""
    [worker] = [
        child
        for child in psutil.Process().children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    ]
    return worker


def _peak_bytes(worker: psutil.Process) -> int:
    status = Path(f"/proc/{worker.pid}/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024
