"""Settings: sensible without any, refused with the name of the variable when wrong."""

import ipaddress
import stat
from pathlib import Path

import asyncpg
import pytest

from db.roles import APPLICATION_ROLE
from playbill.config import KEY_FILE_NAME, WrongSetting, from_environment
from web.limits import Limits


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"PLAYBILL_DATA_DIR": str(tmp_path / "data")}


def test_nothing_needs_to_be_set_but_the_data_directory(home: dict[str, str]) -> None:
    config = from_environment(home)
    assert (config.host, config.port, config.workers) == ("127.0.0.1", 8000, 1)
    assert (config.database_url, config.public_url, config.media_url) == (None, None, None)
    assert (config.demo, config.behind_pgbouncer, config.trusted_proxies) == (False, False, [])


def test_everything_can_be_set(home: dict[str, str]) -> None:
    config = from_environment(
        home
        | {
            "PLAYBILL_HOST": "0.0.0.0",
            "PLAYBILL_PORT": "80",
            "PLAYBILL_WORKERS": "4",
            "PLAYBILL_DEMO": "yes",
            "PLAYBILL_PUBLIC_URL": "https://screens.example.com/",
            "PLAYBILL_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1, ::1",
            "PLAYBILL_MEDIA_URL": "s3://bucket/media",
            "DATABASE_URL": "postgresql://db/playbill",
        }
    )
    assert (config.host, config.port, config.workers, config.demo) == ("0.0.0.0", 80, 4, True)
    assert config.public_url == "https://screens.example.com"
    assert config.trusted_proxies[1] == ipaddress.ip_network("192.0.2.1/32")
    assert config.media_url == "s3://bucket/media"
    assert config.database_url == "postgresql://db/playbill"


def test_an_empty_variable_is_none_at_all(home: dict[str, str]) -> None:
    empty = dict.fromkeys(["PLAYBILL_PORT", "PLAYBILL_DEMO", "DATABASE_URL"], "")
    config = from_environment(home | empty)
    assert (config.port, config.demo, config.database_url) == (8000, False, None)


def test_limits_are_configured(tmp_path):
    names = {
        "PLAYBILL_BODY_MAX_BYTES": "2000",
        "PLAYBILL_DECOMPRESSED_MAX_BYTES": "3000",
        "PLAYBILL_SCREENSHOT_MAX_BYTES": "4000",
        "PLAYBILL_EVENTS_PER_BATCH_MAX": "50",
        "PLAYBILL_DEVICE_REQUESTS_PER_MINUTE": "60",
        "PLAYBILL_DEVICE_REQUESTS_BURST": "7",
    }
    at = {"PLAYBILL_DATA_DIR": str(tmp_path)}

    assert from_environment(at).limits == Limits()
    assert from_environment(at | names).limits == Limits(2000, 3000, 4000, 50, 60, 7)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLAYBILL_PORT", "65536"),
        ("PLAYBILL_PORT", "-1"),
        ("PLAYBILL_PORT", "٨٠"),
        ("PLAYBILL_BODY_MAX_BYTES", "1023"),
        ("PLAYBILL_EVENTS_PER_BATCH_MAX", "0"),
        ("PLAYBILL_DEVICE_REQUESTS_BURST", "many"),
        ("PLAYBILL_WORKERS", "0"),
        ("PLAYBILL_WORKERS", "65"),
        ("PLAYBILL_DEMO", "maybe"),
        ("PLAYBILL_PUBLIC_URL", "screens.example.com"),
        ("PLAYBILL_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("PLAYBILL_SECRET_KEY", "x" * 31),
    ],
)
def test_a_wrong_setting_is_refused_by_name(home: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=name):
        from_environment(home | {name: value})


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, "none", None, None)),
        ("smtp://mail.example.com:2525/", ("mail.example.com", 2525, "none", None, None)),
        (
            "smtp://u:p%40ss@mail.example.com?starttls",
            ("mail.example.com", 587, "starttls", "u", "p@ss"),
        ),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "tls", "u", "p")),
        ("smtp://u:p@127.0.0.1:25", ("127.0.0.1", 25, "none", "u", "p")),
    ],
)
def test_a_mail_server_is_read_from_its_address(
    home: dict[str, str], url: str, server: tuple[object, ...]
) -> None:
    sender = {"PLAYBILL_MAIL_FROM": "playbill@example.com"}
    found = from_environment(home | sender | {"PLAYBILL_SMTP_URL": url}).mailer
    assert found is not None
    assert (found.host, found.port, found.security, found.username, found.password) == server
    assert found.sender == "playbill@example.com"
    assert from_environment(home | sender).mailer is None


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://u:hunter2@mail.example.com",
        "smtp://",
        "smtp://u:hunter2@mail.example.com:99999",
        "smtp://u:hunter2@mail.example.com",
        "smtp://u:hunter2@mail.example.com/inbox?starttls",
    ],
)
def test_a_wrong_mail_server_is_refused_without_its_password(
    home: dict[str, str], url: str
) -> None:
    sender = {"PLAYBILL_MAIL_FROM": "playbill@example.com"}
    with pytest.raises(WrongSetting, match="PLAYBILL_SMTP_URL") as refused:
        from_environment(home | sender | {"PLAYBILL_SMTP_URL": url})
    assert "hunter2" not in str(refused.value)


def test_mail_needs_an_address_that_it_is_from(home: dict[str, str]) -> None:
    with pytest.raises(WrongSetting, match="PLAYBILL_MAIL_FROM"):
        from_environment(home | {"PLAYBILL_SMTP_URL": "smtp://mail.example.com"})


def test_a_secret_is_made_once_and_is_for_the_owner_only(home: dict[str, str]) -> None:
    first = from_environment(home)
    assert from_environment(home).secret == first.secret
    assert len(first.secret) == 32
    assert stat.S_IMODE((first.data_dir / KEY_FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in first.data_dir.iterdir()] == [KEY_FILE_NAME]


def test_a_secret_that_is_given_leaves_no_file(home: dict[str, str]) -> None:
    config = from_environment(home | {"PLAYBILL_SECRET_KEY": "x" * 32})
    assert len(config.secret) == 32
    assert not (config.data_dir / KEY_FILE_NAME).exists()


def test_a_damaged_secret_is_not_replaced_silently(home: dict[str, str]) -> None:
    path = from_environment(home).data_dir / KEY_FILE_NAME
    path.write_bytes(b"short")
    with pytest.raises(WrongSetting, match="damaged"):
        from_environment(home)


async def test_the_pool_acts_as_the_applications_role(home: dict[str, str], database: str) -> None:
    config = from_environment(home | {"DATABASE_URL": database})
    pool: asyncpg.Pool = await config.open_pool()
    async with pool:
        assert await pool.fetchval("SELECT current_user") == APPLICATION_ROLE


async def test_without_a_database_there_is_no_pool(home: dict[str, str]) -> None:
    with pytest.raises(WrongSetting, match="DATABASE_URL"):
        await from_environment(home).open_pool()
