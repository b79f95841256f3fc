"""Mail: one message at a time to the house's own mail server, by SMTP.

Never sent inside a transaction: a slow mail server would hold its locks. A message that does not
go out is reported to the caller, who shows what it would have said.
"""

import asyncio
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Literal

import aiosmtplib
import msgspec

from signage.errors import PlaybillError

SEND_TIMEOUT_S = 10

Security = Literal["none", "starttls", "tls"]


class Server(msgspec.Struct, frozen=True):
    """Where mail is handed in, and from whom it is."""

    host: str
    port: int
    security: Security
    sender: str
    username: str | None = None
    password: str | None = None


class Letter(msgspec.Struct, frozen=True):
    """What somebody is told."""

    subject: str
    text: str


class MailFailed(PlaybillError):
    """The message did not go out."""

    code = "mail_failed"


async def send(server: Server, to: str, letter: Letter) -> None:
    """Send a letter; MailFailed within ten seconds where it cannot be handed in.

    What would forge a header, such as a line break in an address, is refused as MailFailed too.
    """
    try:
        message = _message(server.sender, to, letter)
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await aiosmtplib.send(
                message,
                hostname=server.host,
                port=server.port,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                username=server.username,
                password=server.password,
                timeout=SEND_TIMEOUT_S,
            )
    except (MessageError, ValueError, IndexError) as error:
        raise MailFailed(f"No mail can be sent to {to!r}.") from error
    except TimeoutError as error:
        detail = f"The mail server {server.host} did not answer within {SEND_TIMEOUT_S} s."
        raise MailFailed(detail) from error
    except (aiosmtplib.SMTPException, ssl.SSLError, OSError) as error:
        raise MailFailed(f"The mail server {server.host} refused: {error}") from error


def _message(sender: str, to: str, letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Playbill", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
