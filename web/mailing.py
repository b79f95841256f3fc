"""Mail from a request: sent once what it tells of is kept, and never the reason that it fails."""

import structlog

from signage import mail
from web.services import services

log = structlog.get_logger()


async def send(to: str, letter: mail.Letter) -> bool | None:
    """Return whether the letter went out; None where no mail server is set.

    Call it after the connection is given back: the mail server may take ten seconds.
    """
    server = services().mailer
    if server is None:
        return None
    try:
        await mail.send(server, to, letter)
    except mail.MailFailed as failure:
        log.warning("mail.failed", reason=failure.detail)
        return False
    return True
