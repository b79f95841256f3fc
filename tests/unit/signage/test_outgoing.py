"""Outgoing calls: to public addresses only, whatever form they are written in, and bounded."""

import asyncio
import ipaddress
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from signage import outgoing, outgoing_addresses
from signage.outgoing import BODY_MAX_BYTES, CallFailed, Policy

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
HERE = Policy(networks=LOOPBACK, http=True)

# Ways to write an address that is not public; the resolver makes addresses of all of them.
FORBIDDEN_HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "localhost",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.0.1",
    "169.254.169.254",
    "2852039166",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::808:808]",
    "[2002:7f00:1::]",
    "[2002:808:808::]",
    "[2001:0:7f00:1::]",
    "[2001:db8::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[100::1]",
]

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
async def test_an_address_that_is_not_public_is_not_called(host):
    with pytest.raises(CallFailed) as refused:
        await outgoing.call(f"https://{host}/latest/meta-data")

    assert refused.value.code in ("address_refused", "unknown_name")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address):
    assert outgoing_addresses.is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.0.0.1", True),
        ("192.168.1.1", True),
        ("::ffff:10.0.0.1", True),
        ("64:ff9b::10.0.0.1", True),
        ("fd12::1", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("169.254.169.254", False),
        ("fe80::1", False),
        ("fd00:ec2::254", False),
        ("100.100.100.200", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
    ],
)
def test_the_setting_opens_private_networks_and_nothing_else(address, allowed):
    found = outgoing_addresses.is_allowed(ipaddress.ip_address(address), outgoing_addresses.PRIVATE)
    assert found is allowed


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///path",
        "http://example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com",
        "//example.com",
        "https://user@example.com",
        "https://user:secret@example.com",
        "https://example.com:0",
        "https://example.com:99999",
        "https://example.com:x",
        "https://exa mple.com",
        "https://example.com/\r\nHost: other",
        "https://example.com/\x00",
        "https://[",
        "https://[::1",
        "https://" + "a" * 64 + ".example.com",
        "https://example.com/" + "x" * 2000,
    ],
)
async def test_what_is_no_address_is_not_asked(url):
    async def never(host, port):
        raise AssertionError(f"{host} was resolved")

    with pytest.raises(CallFailed) as refused:
        await outgoing.call(url, resolver=never)
    assert refused.value.code == "invalid_url"


# A server of the web on this machine --------------------------------------------------------------


@asynccontextmanager
async def serving(answer, *, tls=None):
    """A server that sends these bytes to whoever asks, and notes what was asked."""
    asked = []

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        if b"Content-Length" in head:
            asked.append(await reader.read(100))
        writer.write(answer)
        try:
            await writer.drain()
            await reader.read()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


def at(*addresses):
    """A resolver that knows one name, and counts how often it is asked."""
    calls = []

    async def resolver(host, port):
        calls.append(host)
        return [ipaddress.ip_address(address) for address in addresses]

    resolver.calls = calls
    return resolver


async def test_an_answer_comes_back_with_its_headers_and_body():
    answer = b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Length: 2\r\n\r\nhi"
    async with serving(answer) as (port, asked):
        resolver = at("127.0.0.1")
        got = await outgoing.call(
            f"http://menus.example.com:{port}/today?q=1#part", policy=HERE, resolver=resolver
        )

    assert (got.status, got.body, got.truncated) == (200, b"hi", False)
    assert got.header("X-Frame-Options") == ["DENY"]
    assert resolver.calls == ["menus.example.com"]
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "GET /today?q=1 HTTP/1.1"
    assert f"Host: menus.example.com:{port}" in lines


async def test_a_body_is_sent_with_its_headers():
    async with serving(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, asked):
        got = await outgoing.call(
            f"http://hooks.example.com:{port}/",
            method="POST",
            headers={"X-Signature": "abc"},
            body=b'{"event":1}',
            policy=HERE,
            resolver=at("127.0.0.1"),
        )

    assert got.status == 204
    assert b"X-Signature: abc" in asked[0] and b"Content-Length: 11" in asked[0]
    assert asked[1] == b'{"event":1}'


async def test_a_header_cannot_smuggle_another():
    with pytest.raises(CallFailed) as refused:
        await outgoing.call(
            "http://hooks.example.com",
            headers={"X": "a\r\nHost: other"},
            policy=HERE,
            resolver=at("127.0.0.1"),
        )
    assert refused.value.code == "invalid_url"


async def test_a_redirect_is_an_answer_and_is_not_followed():
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    async with serving(answer) as (port, asked):
        got = await outgoing.call(
            f"http://a.example.com:{port}/", policy=HERE, resolver=at("127.0.0.1")
        )

    assert (got.status, got.header("location")) == (302, ["http://127.0.0.1/"])
    assert len(asked) == 1


async def test_a_name_with_one_private_address_is_refused_whole():
    with pytest.raises(CallFailed) as refused:
        await outgoing.call("https://rebind.example.com", resolver=at("8.8.8.8", "10.0.0.1"))
    assert refused.value.code == "address_refused"


async def test_a_name_without_addresses_is_unknown():
    with pytest.raises(CallFailed) as refused:
        await outgoing.call("https://nothing.example.com", resolver=at())
    assert refused.value.code == "unknown_name"


async def test_a_body_is_read_up_to_its_limit():
    for size, cut in ((BODY_MAX_BYTES, False), (BODY_MAX_BYTES + 1, True)):
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode()
        async with serving(head + b"x" * size) as (port, _):
            got = await outgoing.call(
                f"http://a.example.com:{port}/", policy=HERE, resolver=at("127.0.0.1")
            )
        assert (len(got.body), got.truncated) == (BODY_MAX_BYTES, cut)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-", "timeout"),
        (b"", "timeout"),
    ],
)
async def test_what_is_no_answer_fails_in_time(answer, code):
    async with serving(answer) as (port, _):
        with pytest.raises(CallFailed) as failed:
            await outgoing.call(
                f"http://a.example.com:{port}/",
                policy=HERE,
                resolver=at("127.0.0.1"),
                timeout_s=0.2,
            )
    assert failed.value.code == code


async def test_the_time_counts_from_the_name_on():
    async def slow(host, port):
        await asyncio.Event().wait()

    with pytest.raises(CallFailed) as failed:
        await outgoing.call("https://slow.example.com", resolver=slow, timeout_s=0.05)
    assert failed.value.code == "timeout"


async def test_a_closed_port_is_unreachable():
    async with serving(b"") as (port, _):
        closed = port
    with pytest.raises(CallFailed) as failed:
        await outgoing.call(
            f"http://a.example.com:{closed}/", policy=HERE, resolver=at("127.0.0.1")
        )
    assert failed.value.code == "unreachable"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for menus.example.com, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "menus.example.com")])
    since = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("menus.example.com")]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "menus.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("host", "trusted", "code"),
    [
        ("menus.example.com", True, None),
        ("other.example.com", True, "tls"),
        ("menus.example.com", False, "tls"),
    ],
)
async def test_the_certificate_is_that_of_the_name_not_of_the_address(
    certificate, host, trusted, code
):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    client = ssl.create_default_context(cafile=str(certificate) if trusted else None)
    policy = Policy(networks=LOOPBACK, tls=client)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    async with serving(answer, tls=server) as (port, _):
        asking = outgoing.call(f"https://{host}:{port}/", policy=policy, resolver=at("127.0.0.1"))
        if code is None:
            assert (await asking).status == 200
        else:
            with pytest.raises(CallFailed) as failed:
                await asking
            assert failed.value.code == code
