"""Outgoing calls: the one way in which Playbill asks another machine for anything.

Addresses come from people, so a call must not become a way into the network that Playbill stands
in. The name is resolved once, every address it has is checked, and the connection goes to one of
those addresses, never to the name again. Nothing is followed: a redirect is an answer.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol
from urllib.parse import SplitResult, urlsplit

import h11
import msgspec

from signage import outgoing_addresses
from signage.outgoing_addresses import Address, Network

TIMEOUT_S = 5.0
BODY_MAX_BYTES = 64 * 1024
HEADERS_MAX_BYTES = 32 * 1024
READ_BYTES = 16 * 1024
URL_MAX_CHARS = 2000
USER_AGENT = "Playbill"

Code = Literal[
    "invalid_url", "address_refused", "unknown_name", "unreachable", "timeout", "tls", "bad_answer"
]
Resolve = Callable[[str, int], Awaitable[list[Address]]]


class CallFailed(Exception):
    """No answer came; ``code`` says why to programs, ``detail`` to people."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code: Code = code
        self.detail = detail


class Policy(msgspec.Struct, frozen=True):
    """What is allowed beyond https to public addresses: certain networks, and plain http."""

    networks: tuple[Network, ...] = ()
    http: bool = False
    tls: ssl.SSLContext | None = None


PUBLIC_ONLY = Policy()
PRIVATE_TOO = Policy(networks=outgoing_addresses.PRIVATE)


class Answer(msgspec.Struct, frozen=True):
    """What came back: names of headers in lower case, the first BODY_MAX_BYTES of the body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    truncated: bool = False

    def header(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        return [value for key, value in self.headers if key == name.lower()]


class Call(Protocol):
    """How ``call`` is called, so that a test can stand in for it."""

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        policy: Policy = PUBLIC_ONLY,
    ) -> Answer:
        """Return the answer, or raise CallFailed."""


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name, as the system's resolver has them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(outgoing_addresses.read(str(entry[4][0])) for entry in found))


async def call(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    policy: Policy = PUBLIC_ONLY,
    resolver: Resolve = resolve,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Return the answer of a web address, within ``timeout_s`` in all, or raise CallFailed."""
    parts, host = _checked(url, policy)
    try:
        async with asyncio.timeout(timeout_s):
            address = await _pinned(host, _port(parts), policy, resolver)
            request = _request(parts, method, headers or {}, body)
            return await _exchange(parts, host, address, policy, request, body)
    except TimeoutError as error:
        raise CallFailed("timeout", f"{host} did not answer within {timeout_s:g} s.") from error
    except ssl.SSLError as error:
        detail = f"{host} has no certificate that can be trusted: {error.reason or error}."
        raise CallFailed("tls", detail) from error
    except (h11.RemoteProtocolError, EOFError) as error:
        raise CallFailed("bad_answer", f"{host} does not answer as the web does.") from error
    except OSError as error:
        raise CallFailed("unreachable", f"{host} cannot be reached.") from error


def _checked(url: str, policy: Policy) -> tuple[SplitResult, str]:
    schemes = ("https", "http") if policy.http else ("https",)
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = _port(parts)
    except (ValueError, UnicodeError) as error:
        raise CallFailed("invalid_url", "This is not a web address.") from error
    if not url.isprintable() or " " in url or len(url) > URL_MAX_CHARS or not host or not port:
        raise CallFailed("invalid_url", "This is not a web address.")
    if parts.scheme not in schemes:
        raise CallFailed("invalid_url", f"An address begins with {schemes[0]}://.")
    if "@" in parts.netloc:
        raise CallFailed("invalid_url", "An address holds no user name or password.")
    return parts, host


def _port(parts: SplitResult) -> int:
    standard = 443 if parts.scheme == "https" else 80
    return standard if parts.port is None else parts.port


async def _pinned(host: str, port: int, policy: Policy, resolver: Resolve) -> Address:
    try:
        addresses = await resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise CallFailed("unknown_name", f"There is no such name: {host}.") from error
    if not addresses:
        raise CallFailed("unknown_name", f"There is no such name: {host}.")
    # One address that is not allowed refuses the name: which one would be tried is left to chance.
    for address in addresses:
        if not outgoing_addresses.is_allowed(address, policy.networks):
            detail = f"{host} is an address that Playbill may not call."
            raise CallFailed("address_refused", detail)
    return addresses[0]


def _request(
    parts: SplitResult, method: str, headers: Mapping[str, str], body: bytes
) -> h11.Request:
    target = parts.path.encode("ascii", "backslashreplace").decode() or "/"
    sent = {
        "Host": parts.netloc.encode("idna").decode(),
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    if body or method not in ("GET", "HEAD"):
        sent["Content-Length"] = str(len(body))
    try:
        return h11.Request(
            method=method,
            target=f"{target}?{parts.query}" if parts.query else target,
            headers=list(sent.items()),
        )
    except h11.LocalProtocolError as error:
        raise CallFailed("invalid_url", "This cannot be asked of a web address.") from error


async def _exchange(
    parts: SplitResult,
    host: str,
    address: Address,
    policy: Policy,
    request: h11.Request,
    body: bytes,
) -> Answer:
    secure = parts.scheme == "https"
    reader, writer = await asyncio.open_connection(
        str(address),
        _port(parts),
        ssl=(policy.tls or ssl.create_default_context()) if secure else None,
        server_hostname=host if secure else None,
    )
    try:
        web = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADERS_MAX_BYTES)
        writer.write(web.send(request) or b"")
        writer.write((body and web.send(h11.Data(body))) or b"")
        writer.write(web.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return await _answer(web, reader)
    finally:
        writer.transport.abort()


async def _answer(web: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    head: h11.Response | None = None
    body = bytearray()
    while len(body) <= BODY_MAX_BYTES:
        event = web.next_event()
        if event is h11.NEED_DATA:
            web.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    if head is None:
        raise EOFError
    named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
    cut = len(body) > BODY_MAX_BYTES
    return Answer(head.status_code, named, bytes(body[:BODY_MAX_BYTES]), cut)
