"""What the person who started Playbill reads once it answers: where it is and how to get in."""

import ipaddress
import socket
import threading
import urllib.error
import urllib.request

import click

from playbill.config import Config
from playbill.first_start import FirstStart

PROBE_INTERVAL_S = 0.1
PROBE_TIMEOUT_S = 2.0
# RFC 5737: addresses for documentation. Nothing is sent there, the kernel only picks a route.
ROUTE_PROBE = ("192.0.2.1", 9)
# Listening everywhere includes this.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound to it here


def greet(config: Config, first: FirstStart, stopping: threading.Event) -> None:
    """Wait until /healthz answers, then print the way in; print nothing if told to stop before."""
    while not _answers(f"{local_address(config)}/healthz"):
        if stopping.wait(PROBE_INTERVAL_S):
            return
    click.echo("\n".join(lines(config, first)))


def lines(config: Config, first: FirstStart) -> list[str]:
    """Return what to print."""
    address = config.public_url or local_address(config)
    return [
        "",
        f"Playbill is ready: {address}",
        *_way_in(address, first),
        *_phone(config),
        f"Data: {config.data_dir}",
        "Stop with Ctrl-C.",
    ]


def local_address(config: Config) -> str:
    """Return the address that works on this machine."""
    host = EVERYWHERE.get(config.host, config.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{config.port}"


def _way_in(address: str, first: FirstStart) -> list[str]:
    if first.setup_token is not None:
        return [
            "Nobody can sign in yet. Make the first administrator within a day at",
            f"  {address}/set-up/{first.setup_token}",
        ]
    if first.demo_users:
        shown = [f"  {user.role:<10} {user.email}  {user.password}" for user in first.demo_users]
        return ["Sign in as one of the demo's people. Note them now: they are shown once.", *shown]
    return ["Sign in with your account. To add one: playbill user add EMAIL --role admin"]


def _phone(config: Config) -> list[str]:
    lan = _lan_address()
    if lan is None:
        return []
    there = f"http://{lan}:{config.port}"
    if not _is_loopback(config.host):
        return [f"From a phone on the same network: {config.public_url or there}"]
    return [
        "Only this machine reaches it. To pair screens with a phone on the same network, start it",
        f"with --host 0.0.0.0 (PLAYBILL_HOST=0.0.0.0) and open {there}",
    ]


def _lan_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ROUTE_PROBE)
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if _is_loopback(address) else address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answers(url: str) -> bool:
    # An opener without proxies: the address is this machine, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=PROBE_TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
