"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last.

Each process that uses the server holds a shared lock on a file in the data directory, and the last
to leave, which can make its lock exclusive, stops the server. The kernel drops the lock of a killed
process, so no claim outlives its owner, and a server left behind is taken over by the next start.
"""

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from db import cluster, postmaster
from db.problems import ServerProblem

DATABASE = "playbill"
LOG_MAX_BYTES = 10_000_000
LOG_TAIL_LINES = 12
POLL_INTERVAL_S = 0.05
FIRST_PROGRESS_AFTER_S = 2.0
PROGRESS_INTERVAL_S = 5.0
FAST_STOP_MAX_S = 120.0
# A killed server's children notice within seconds and let go of its shared memory.
SHARED_MEMORY_RETRIES = 60
SHARED_MEMORY_IN_USE = "pre-existing shared memory block"

# For a small machine. What an acknowledgement promises rests on fsync and synchronous_commit.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "64MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
}

Progress = Callable[[str], None]


# Servers that this process started and others still use; let go of, Python would warn of each.
_LEFT_TO_OTHERS: list["subprocess.Popen[bytes]"] = []


class EmbeddedServer:
    """A claim on the server of one data directory, from ``with`` to its end."""

    def __init__(
        self,
        data_dir: Path,
        progress: Progress = lambda _: None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.pgdata = self.data_dir / "postgres"
        self.log_path = self.data_dir / "postgres.log"
        self.dsn = ""
        self._progress = progress
        self._settings = {**SETTINGS, **(settings or {})}
        self._claim_fd = -1
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the server or join it. Raises ServerProblem; waits as long as a recovery takes."""
        self._make_data_dir()
        with self._turn():
            self._claim_fd = self._open("postgres.users.lock")
            fcntl.flock(self._claim_fd, fcntl.LOCK_SH)
            try:
                self._ensure_running()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server if nobody else uses it."""
        with self._turn():
            self._leave()

    def ensure_running(self) -> None:
        """Start the server again if it died; cheap enough to call every second."""
        if self._running() is None:
            with self._turn():
                self._ensure_running()

    @property
    def pid(self) -> int | None:
        """The server's process id, or None while it is down."""
        running = self._running()
        return running.pid if running else None

    def _make_data_dir(self) -> None:
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = self._open("postgres.lock")
        except OSError as error:
            raise ServerProblem(
                f"The data directory {self.data_dir} is not writable: {error.strerror}. Choose"
                " another one with --data-dir or PLAYBILL_DATA_DIR, or change its owner."
            ) from error
        os.close(probe)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the lock under which servers are started and stopped: one process at a time."""
        fd = self._open("postgres.lock")
        try:
            clock = _Clock(
                self._progress, "Waiting for another Playbill to start or stop PostgreSQL"
            )
            while not _try_lock(fd):
                clock.tick()
            yield
        finally:
            os.close(fd)

    def _open(self, name: str) -> int:
        return os.open(self.data_dir / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _ensure_running(self) -> None:
        account = cluster.account_for(self.pgdata)
        if not self.pgdata.exists():
            self._progress("Setting up the database (once, a few seconds)")
        cluster.prepare(self.pgdata, account)
        for _ in range(SHARED_MEMORY_RETRIES):
            if self._start_and_wait(account):
                break
        else:
            raise self._did_not_start()
        self._create_database(account)

    def _start_and_wait(self, account: cluster.Account) -> bool:
        """Return True when the server is ready, False if it is worth trying again."""
        running = self._running()
        if running is None:
            self._spawn(account)
        clock = _Clock(self._progress, "PostgreSQL is starting; after a crash it recovers first")
        while True:
            running = self._running()
            if running is not None and running.is_ready:
                self.dsn = self._address(running)
                return True
            if running is None and (self._child is None or self._child.poll() is not None):
                return self._retry_or_raise()
            clock.tick()

    def _spawn(self, account: cluster.Account) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_MAX_BYTES:
            self.log_path.rename(self.log_path.with_suffix(".log.1"))
        directory = cluster.socket_dir(self.pgdata, account)
        postmaster.remove_stale_files(self.pgdata, directory)
        settings = {**self._settings, "unix_socket_directories": f'"{directory}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # A session of its own: Ctrl-C in the terminal is for us, and we stop the server in the end.
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own binary and settings
                [cluster.binary("postgres"), "-D", str(self.pgdata), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **account.process_settings(),
            )

    def _retry_or_raise(self) -> bool:
        was_child, self._child = self._child, None
        if was_child is not None and SHARED_MEMORY_IN_USE not in self._log_tail():
            raise self._did_not_start()
        if was_child is not None:
            time.sleep(1)
        return False

    def _did_not_start(self) -> ServerProblem:
        return ServerProblem(
            f"PostgreSQL did not start. The end of {self.log_path}:\n{self._log_tail()}"
        )

    def _log_tail(self) -> str:
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _create_database(self, account: cluster.Account) -> None:
        running = self._running()
        host = running.socket_dir if running else ""
        who = ["-h", host, "-U", cluster.SUPERUSER]
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
        found = account.run([cluster.binary("psql"), *who, "-d", "postgres", "-Atc", query])
        if not found.stdout.strip():
            account.run([cluster.binary("createdb"), *who, DATABASE])

    def _leave(self) -> None:
        """Give up the claim; whoever can have the lock alone was the last and stops the server."""
        fd, self._claim_fd = self._claim_fd, -1
        try:
            if _try_lock(fd):
                self._stop()
            elif self._child is not None:
                _LEFT_TO_OTHERS.append(self._child)
        finally:
            os.close(fd)

    def _stop(self) -> None:
        started = time.monotonic()
        clock = _Clock(self._progress, "PostgreSQL is stopping; it writes everything to disk first")
        asked: set[bool] = set()
        socket_dir = self.pgdata
        while (running := self._running()) is not None:
            socket_dir = Path(running.socket_dir)
            at_once = time.monotonic() - started > FAST_STOP_MAX_S
            if at_once not in asked:
                postmaster.ask_to_stop(running.pid, at_once=at_once)
                asked.add(at_once)
            clock.tick()
        if self._child is not None:
            self._child.wait()  # its files go a moment before it does
            self._child = None
        if socket_dir != self.pgdata:
            with suppress(OSError):  # somebody put something there: it may stay
                socket_dir.rmdir()

    def _running(self) -> postmaster.Postmaster | None:
        if self._child is not None:
            self._child.poll()  # reaps it if it is dead, so that it is not taken for a live process
        return postmaster.find(self.pgdata)

    def _address(self, running: postmaster.Postmaster) -> str:
        return f"postgresql://{cluster.SUPERUSER}@/{DATABASE}?host={quote(running.socket_dir)}"


class _Clock:
    """Paces a wait without an end and says now and then what it waits for."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress, self._what = progress, what
        self._started = time.monotonic()
        self._next_after_s = FIRST_PROGRESS_AFTER_S

    def tick(self) -> None:
        waited_s = time.monotonic() - self._started
        if waited_s >= self._next_after_s:
            self._progress(f"{self._what} ({waited_s:.0f} s so far)")
            self._next_after_s += PROGRESS_INTERVAL_S
        time.sleep(POLL_INTERVAL_S)


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
