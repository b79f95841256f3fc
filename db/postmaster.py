"""What PostgreSQL says of itself in postmaster.pid, and whether that is still true.

The file outlives a crash, and its pid may belong to another program by then (after a reboot or in a
container), so a pid counts only if that process is a PostgreSQL at home in the same directory.
"""

import os
import signal
from pathlib import Path

import msgspec
import psutil

PID_FILE = "postmaster.pid"
SOCKET_NAME = ".s.PGSQL.5432"
# The lines of the file, as in PostgreSQL's src/include/utils/pidfile.h.
PID_LINE, SOCKET_DIR_LINE, STATUS_LINE = 0, 4, 7


class Postmaster(msgspec.Struct, frozen=True):
    """A running server: its process and, once it has written them, its socket and state."""

    pid: int
    socket_dir: str
    status: str

    @property
    def is_ready(self) -> bool:
        """Whether it takes connections; while it recovers from a crash it does not."""
        return self.status == "ready"

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop and is on its way."""
        return self.status == "stopping"


def find(pgdata: Path) -> Postmaster | None:
    """Return the server that runs in the directory, or None."""
    try:
        lines = (pgdata / PID_FILE).read_text(encoding="utf-8").split("\n")
        pid = int(lines[PID_LINE])
    except (FileNotFoundError, ValueError):
        return None
    if not _is_server_of(pid, pgdata):
        return None
    return Postmaster(pid, _line(lines, SOCKET_DIR_LINE), _line(lines, STATUS_LINE))


def remove_stale_files(pgdata: Path, socket_dir: Path) -> None:
    """Remove what a dead server left. PostgreSQL itself would give up if the pid in it belongs to
    another program of the same user, or to a dead process that nobody has reaped (as in a container
    without an init). Call only while nobody else can be starting the server.
    """
    if find(pgdata) is None:
        (pgdata / PID_FILE).unlink(missing_ok=True)
        (socket_dir / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)


def ask_to_stop(pid: int, *, at_once: bool = False) -> None:
    """Ask for a fast shutdown, or one that skips the checkpoint and recovers at the next start."""
    try:
        os.kill(pid, signal.SIGQUIT if at_once else signal.SIGINT)
    except ProcessLookupError:
        return


def _is_server_of(pid: int, pgdata: Path) -> bool:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
        return Path(process.cwd()) == pgdata.resolve()
    except psutil.AccessDenied:
        # Somebody else's process: PostgreSQL will say so itself if it is a server after all.
        return False
    except psutil.NoSuchProcess:
        return False


def _line(lines: list[str], index: int) -> str:
    return lines[index].strip() if index < len(lines) else ""
