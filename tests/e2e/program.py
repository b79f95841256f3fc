"""Playbill as a user starts it: a process, its output, its address."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from db import postmaster

PROGRAM = Path(sys.executable).with_name("playbill")
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 60.0
NOT_OURS = ("PLAYBILL_", "DATABASE_URL")


class Running:
    """A ``playbill serve`` that is ready; ``output`` is what it wrote so far, both streams."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path) -> None:
        self.process = process
        self.data_dir = data_dir
        self.output = ""
        self._ended = False
        self._grew = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """The address it printed."""
        return self._after("Playbill is ready: ")

    @property
    def set_up_link(self) -> str:
        """The address of the one-time link it printed."""
        return next(line.strip() for line in self.output.splitlines() if "/set-up/" in line)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask it for a page, without following redirects."""
        return httpx.get(self.url + path, headers=headers, trust_env=False, timeout=30)

    def workers(self) -> list[psutil.Process]:
        """The processes that listen."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def database_pid(self) -> int | None:
        """The embedded server's process, if it lives."""
        found = postmaster.find(self.data_dir / "postgres")
        return found.pid if found else None

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(STOPPED_WITHIN_S)
        self._reader.join()
        return code

    def wait_for(self, text: str) -> None:
        """Return when it wrote the text; fail with its output when it ended before."""
        with self._grew:
            seen = self._grew.wait_for(lambda: text in self.output or self._ended, READY_WITHIN_S)
        assert seen and text in self.output, f"no {text!r} in:\n{self.output}"

    def close(self) -> None:
        """End it, by force if a signal does not, and let go of its output."""
        if self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.stop(signal.SIGTERM)
        self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._grew:
                self.output += line
                self._grew.notify_all()
        with self._grew:
            self._ended = True
            self._grew.notify_all()

    def _after(self, mark: str) -> str:
        line = next(line for line in self.output.splitlines() if line.startswith(mark))
        return line.removeprefix(mark)


@contextmanager
def serving(data_dir: Path, *options: str, **environment: str) -> Iterator[Running]:
    """Start ``playbill serve``, on a free port unless told, and lend it when it is ready."""
    process = subprocess.Popen(
        [PROGRAM, "serve", "--data-dir", str(data_dir), *(options or ("--port", "0"))],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(**environment),
        start_new_session=True,
    )
    running = Running(process, data_dir)
    try:
        running.wait_for("Stop with Ctrl-C.")
        yield running
    finally:
        running.close()


def playbill(
    *arguments: str, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. No error ends in a traceback, so that is checked here."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        check=False,
        capture_output=True,
        text=True,
        input=typed,
        env=clean_environment(**environment),
        timeout=90,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def clean_environment(**added: str) -> dict[str, str]:
    """Return this process's environment without settings of Playbill's, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    return kept | added
