"""Being told to stop: SIGTERM ends a run as Ctrl-C does, so that its servers stop with it."""

import signal
from types import FrameType


def stop_on_sigterm() -> None:
    """Make SIGTERM unwind the run: every ``with`` that started a process ends it."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
