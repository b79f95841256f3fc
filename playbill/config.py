"""The settings, read from the environment here and nowhere else."""

import hashlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import msgspec

from db.pool import connect, create_pool
from db.roles import application_role
from playbill.media_options import is_media_url, media_options
from signage import mail
from signage.heartbeats import HEARTBEAT_INTERVAL_S, PLAN_POLL_S, Pace
from web.limits import Limits

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
DEFAULT_DATA_DIR = "data"
KEY_FILE_NAME = "secret.key"
SECRET_BYTES = 32
SECRET_MIN_CHARS = 32
SMTP_PORTS: dict[mail.Security, int] = {"none": 25, "starttls": 587, "tls": 465}
BYTES = 1024, 1024**3
LIMITS: dict[str, tuple[int, int]] = {
    "body_max_bytes": BYTES,
    "decompressed_max_bytes": BYTES,
    "screenshot_max_bytes": BYTES,
    "events_per_batch_max": (1, 100_000),
    "device_requests_per_minute": (1, 1_000_000),
    "device_requests_burst": (1, 1_000_000),
    "events_waiting_max": (1, 10_000_000),
    "events_waiting_max_bytes": BYTES,
    "events_per_transaction_max": (1, 100_000),
    "batches_per_transaction_max": (1, 10_000),
    "event_writers": (1, 8),
}
"""Within what each of the limits may be set."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class WrongSetting(Exception):
    """A setting makes no sense; ``str()`` of it names the setting and says what to write."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the program can be told. ``database_url`` None means the embedded server."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    workers: int = 1
    data_dir: Path
    demo: bool = False
    database_url: str | None = None
    behind_pgbouncer: bool = False
    public_url: str | None = None
    trusted_proxies: list[Network] = []
    media_url: str | None = None
    media_options: dict[str, str] = {}
    pace: Pace = Pace()
    gallery: bool = False
    metrics_token: str | None = None
    limits: Limits = Limits()
    mailer: mail.Server | None = None
    secret: bytes

    async def open_pool(self) -> asyncpg.Pool:
        """Return a pool that acts as the application's role, if the database has one."""
        dsn, role = await self.open_database()
        return await create_pool(dsn, role=role, behind_pgbouncer=self.behind_pgbouncer)

    async def open_database(self) -> tuple[str, str | None]:
        """Return the address of the database, and whom connections are to act as there."""
        if self.database_url is None:
            raise WrongSetting("No server is running yet: set DATABASE_URL, or use playbill serve.")
        login = await connect(self.database_url)
        try:
            return self.database_url, await application_role(login)
        finally:
            await login.close()


def from_environment(environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings; makes the data directory and its secret the first time.

    Raises WrongSetting with the name of the variable that is wrong.
    """
    read = os.environ if environment is None else environment
    data_dir = _data_dir(read.get("PLAYBILL_DATA_DIR") or DEFAULT_DATA_DIR)
    return Config(
        host=read.get("PLAYBILL_HOST") or DEFAULT_HOST,
        port=_number(read, "PLAYBILL_PORT", DEFAULT_PORT, 0, 65_535),
        workers=_number(read, "PLAYBILL_WORKERS", 1, 1, 64),
        data_dir=data_dir,
        demo=_switch(read, "PLAYBILL_DEMO"),
        database_url=read.get("DATABASE_URL") or None,
        behind_pgbouncer=_switch(read, "PLAYBILL_PGBOUNCER"),
        public_url=_public_url(read.get("PLAYBILL_PUBLIC_URL")),
        trusted_proxies=_networks(read.get("PLAYBILL_TRUSTED_PROXIES") or ""),
        media_url=_media_url(read.get("PLAYBILL_MEDIA_URL")),
        media_options=media_options(read, read.get("PLAYBILL_MEDIA_URL")),
        pace=Pace(
            _number(read, "PLAYBILL_HEARTBEAT_INTERVAL_S", HEARTBEAT_INTERVAL_S, 1, 3600),
            _number(read, "PLAYBILL_PLAN_POLL_S", PLAN_POLL_S, 1, 3600),
        ),
        gallery=_switch(read, "PLAYBILL_GALLERY"),
        metrics_token=read.get("PLAYBILL_METRICS_TOKEN") or None,
        limits=_limits(read),
        mailer=_mailer(read.get("PLAYBILL_SMTP_URL"), read.get("PLAYBILL_MAIL_FROM")),
        secret=_secret(data_dir, read.get("PLAYBILL_SECRET_KEY")),
    )


def hand_over(config: Config, *, database_url: str) -> None:
    """Put into the environment what the worker processes are to read from theirs."""
    os.environ["PLAYBILL_HOST"] = config.host
    os.environ["PLAYBILL_PORT"] = str(config.port)
    os.environ["PLAYBILL_WORKERS"] = str(config.workers)
    os.environ["PLAYBILL_DATA_DIR"] = str(config.data_dir)
    os.environ["DATABASE_URL"] = database_url


def _data_dir(given: str) -> Path:
    path = Path(given).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongSetting(_not_writable(path, error)) from error
    return path


def _secret(data_dir: Path, given: str | None) -> bytes:
    if given:
        if len(given) < SECRET_MIN_CHARS:
            raise WrongSetting(
                f"PLAYBILL_SECRET_KEY has {len(given)} characters and needs {SECRET_MIN_CHARS} or"
                " more; all processes of one installation need the same."
            )
        return hashlib.sha256(given.encode()).digest()
    path = data_dir / KEY_FILE_NAME
    try:
        return _read_or_make(path)
    except OSError as error:
        raise WrongSetting(_not_writable(path, error)) from error


def _read_or_make(path: Path) -> bytes:
    """Of two processes that make it at the same time, both read the one that was there first."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return path.read_bytes()
        finally:
            draft.unlink()
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise WrongSetting(f"{path} is damaged. Restore it from a backup; sign-ins depend on it.")
    return secret


def _not_writable(path: Path, error: OSError) -> str:
    return (
        f"The data directory is not writable ({path}: {error.strerror}). Choose another one with"
        " --data-dir or PLAYBILL_DATA_DIR, or change its owner."
    )


def _number(read: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = read.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise WrongSetting(f"{name} is {text!r} and must be a number from {low} to {high}.")
    return int(text)


def _limits(read: Mapping[str, str]) -> Limits:
    """A limit is set by PLAYBILL_ and its name."""
    defaults = Limits()
    return Limits(
        **{
            name: _number(read, f"PLAYBILL_{name.upper()}", getattr(defaults, name), *between)
            for name, between in LIMITS.items()
        }
    )


def _switch(read: Mapping[str, str], name: str) -> bool:
    text = (read.get(name) or "0").strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise WrongSetting(f"{name} is {text!r} and must be 1 or 0.")


def _public_url(text: str | None) -> str | None:
    if not text:
        return None
    if not text.startswith(("https://", "http://")):
        raise WrongSetting(
            f"PLAYBILL_PUBLIC_URL is {text!r} and must be an address such as"
            " https://screens.example.com."
        )
    return text.rstrip("/")


def _media_url(text: str | None) -> str | None:
    if text and not is_media_url(text):
        raise WrongSetting(
            f"PLAYBILL_MEDIA_URL is {text!r} and must be an address such as s3://bucket/folder,"
            " gs://bucket or az://container."
        )
    return text or None


def _networks(text: str) -> list[Network]:
    try:
        return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise WrongSetting(
            f"PLAYBILL_TRUSTED_PROXIES: {error}. Write addresses or networks with commas between,"
            " such as 10.0.0.0/8, 192.168.1.5."
        ) from error


def _mailer(url: str | None, sender: str | None) -> mail.Server | None:
    """Nothing of the address is repeated in an error, as it may hold a password."""
    if not url:
        return None
    if not sender or "@" not in sender:
        raise WrongSetting(
            "PLAYBILL_SMTP_URL is set, so PLAYBILL_MAIL_FROM must be the address that mail is from,"
            " such as playbill@example.com."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WrongSetting(_NO_SMTP_URL) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        raise WrongSetting(_NO_SMTP_URL)
    security: mail.Security = "tls" if parts.scheme == "smtps" else "none"
    if security == "none" and "starttls" in parts.query:
        security = "starttls"
    if parts.password and security == "none" and parts.hostname not in LOOPBACK:
        raise WrongSetting(
            "PLAYBILL_SMTP_URL would send its password in clear: write smtps://, or add ?starttls."
        )
    return mail.Server(
        host=parts.hostname,
        port=port or SMTP_PORTS[security],
        security=security,
        sender=sender.strip(),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


_NO_SMTP_URL = (
    "PLAYBILL_SMTP_URL must be an address such as smtp://user:password@mail.example.com:587?starttls"
    " or smtps://mail.example.com."
)
