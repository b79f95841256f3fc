"""The log: one line for each event, and nothing in it that a caller could forge or that is secret.

Values come from requests, so line breaks and terminal codes in them are escaped (OWASP, log
injection). A fault's trace names the lines of code but shows no variables, since those hold
passwords and tokens; each of its lines is set off, so that none can pass for an event.
"""

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SET_OFF = "    | "


def configure() -> None:
    """Set how this process logs. Safe to repeat."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            inert,
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )


def inert(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escape what could end a line or command a terminal, in every value and in the trace."""
    trace = event.pop("exception", None)
    for key, value in event.items():
        event[key] = escaped(value) if isinstance(value, str) else value
    if trace is not None:
        event["exception"] = "\n".join(SET_OFF + escaped(line) for line in trace.split("\n"))
    return event


def escaped(text: str) -> str:
    """Return the text on one line, with what is not printable as ``\\n``, ``\\x1b``."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
