"""A real mail server on this machine that keeps what it is handed."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from signage import mail


class Inbox:
    """What arrived; with a ``refusal`` nothing does."""

    def __init__(self, port: int) -> None:
        self.server = mail.Server("127.0.0.1", port, "none", "playbill@example.com")
        self.envelopes: list[Any] = []
        self.refusal = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the name that aiosmtpd calls
        """Keep a message, or refuse it."""
        if self.refusal:
            return self.refusal
        self.envelopes.append(envelope)
        return "250 Kept"

    def letter(self) -> Message:
        """Return the one message that arrived."""
        [envelope] = self.envelopes
        return message_from_bytes(envelope.content, policy=default)


@contextmanager
def receiving() -> Iterator[Inbox]:
    """Run the server while the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        inbox = Inbox(free.getsockname()[1])
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.server.port)
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()
