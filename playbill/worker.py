"""One HTTP worker process: it makes the application, and ends when its parent is gone."""

import os
import threading
import time

from quart import Quart

from playbill.app import create_app
from playbill.config import from_environment

PARENT_CHECK_INTERVAL_S = 0.25


def create() -> Quart:
    """Return the application for this worker. The server calls it once in each process."""
    threading.Thread(target=_end_with_parent, args=[os.getppid()], daemon=True).start()
    return create_app(from_environment())


def _end_with_parent(parent: int) -> None:
    """A parent that was killed cannot stop its workers, and they would hold the port.

    At once is right: nothing that matters lives in a process, and players repeat what was cut off.
    """
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_INTERVAL_S)
    os._exit(1)
