"""A load generator that is no bottleneck: raw HTTP/1.1 keep-alive connections in one epoll loop.

Every answer's status is checked; one that is not the expected one ends the measurement.
"""

import select
import socket
import time
from collections.abc import Iterator

import msgspec

CONNECTIONS = 16
ANSWER_WITHIN_S = 10.0
READ_BYTES = 65_536
HEAD_END = b"\r\n\r\n"


class Load(msgspec.Struct, frozen=True):
    """What a run saw: answers per second, and the share of the time the client was at work."""

    per_second: float
    client_busy: float


class UnexpectedAnswer(Exception):
    """The server said something else than what is measured."""


def until(seconds: float, requests: Iterator[bytes]) -> Iterator[bytes]:
    """Yield requests for so long."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        yield next(requests)


def drive(
    port: int, requests: Iterator[bytes], *, status: int, connections: int = CONNECTIONS
) -> Load:
    """Send the requests, one at a time on each connection, until they end and are answered."""
    lines = [_Line(port, requests, status) for _ in range(connections)]
    waiting = {line.socket.fileno(): line for line in lines}
    poll = select.epoll()
    for number in waiting:
        poll.register(number, select.EPOLLIN)
    try:
        started, busy = time.perf_counter(), time.process_time()
        open_lines = sum(line.ask() for line in lines)
        while open_lines:
            ready = poll.poll(ANSWER_WITHIN_S)
            if not ready:
                raise UnexpectedAnswer(f"no answer within {ANSWER_WITHIN_S:.0f} s")
            open_lines -= sum(not waiting[number].hear() for number, _ in ready)
        elapsed = time.perf_counter() - started
        busy = time.process_time() - busy
    finally:
        poll.close()
        for line in lines:
            line.socket.close()
    return Load(sum(line.answered for line in lines) / elapsed, busy / elapsed)


class _Line:
    """One connection: a request out, its whole answer in, the next one out."""

    def __init__(self, port: int, requests: Iterator[bytes], status: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_WITHIN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answered = 0
        self._requests = requests
        self._expected = b"HTTP/1.1 %d" % status
        self._has_body = status not in {204, 304}
        self._heard = b""

    def ask(self) -> bool:
        """Send the next request; False when there is none."""
        request = next(self._requests, None)
        if request is None:
            return False
        self.socket.sendall(request)
        return True

    def hear(self) -> bool:
        """Read what came; on a whole answer ask again. False when this line is done."""
        data = self.socket.recv(READ_BYTES)
        self._heard += data
        if not data or not self._heard.startswith(self._expected[: len(self._heard)]):
            raise UnexpectedAnswer(self._heard[:500].decode(errors="replace") or "cut off")
        if not self._is_whole():
            return True
        self._heard = b""
        self.answered += 1
        return self.ask()

    def _is_whole(self) -> bool:
        head_end = self._heard.find(HEAD_END)
        if head_end < 0 or not self._has_body:
            return head_end >= 0
        head = self._heard[:head_end].lower()
        _, found, rest = head.partition(b"content-length:")
        if not found:
            raise UnexpectedAnswer("an answer without Content-Length")
        length = int(rest.split(b"\r\n", 1)[0])
        return len(self._heard) >= head_end + len(HEAD_END) + length


def request(method: str, path: str, *, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of a request; underscores in the names of headers become dashes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
