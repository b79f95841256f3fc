"""Mail against a real SMTP server: what arrives, and that nothing else can be made to."""

import socket
from collections.abc import Iterator

import pytest

from signage import letters, mail
from signage.mail import Letter, MailFailed
from tests.unit.inbox import Inbox, receiving


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as inbox:
        yield inbox


@pytest.fixture
def server(inbox: Inbox) -> mail.Server:
    return inbox.server


async def test_a_letter_arrives_as_it_was_written(server, inbox, now):
    letter = letters.invitation("Loja São Bento", "Ana", "https://x.example/i/1", expires_at=now)

    await mail.send(server, "eva@example.com", letter)

    [envelope] = inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (server.sender, ["eva@example.com"])
    arrived = inbox.letter()
    assert arrived["Subject"] == "Your invitation to Loja São Bento"
    assert arrived["To"] == "eva@example.com"
    assert arrived["From"] == "Playbill <playbill@example.com>"
    assert "https://x.example/i/1" in arrived.get_content()
    assert "Monday 23 November 2026, 12:00 UTC" in arrived.get_content()


@pytest.mark.parametrize(
    "to",
    [
        "eva@example.com\r\nBcc: all@example.com",
        "eva@example.com\nBcc: all@example.com",
        "eva@example.com, all@example.com",
        "Eva <eva@example.com>",
        "no address",
        "",
        "\x00@example.com",
    ],
)
async def test_an_address_is_one_address(server, inbox, to):
    with pytest.raises(MailFailed):
        await mail.send(server, to, Letter("Hello", "Text"))

    assert inbox.envelopes == []


async def test_a_subject_makes_no_header(server, inbox):
    with pytest.raises(MailFailed):
        await mail.send(server, "eva@example.com", Letter("Hi\r\nBcc: all@example.com", "Text"))

    assert inbox.envelopes == []


async def test_a_name_with_line_breaks_makes_no_header(server, inbox, now):
    letter = letters.reset("Loja\r\nBcc: x@y.z", "Eva\r\n.\r\nQUIT", "https://x", expires_at=now)

    await mail.send(server, "eva@example.com", letter)

    assert inbox.letter()["Bcc"] is None
    assert "Hello Eva . QUIT," in inbox.letter().get_content()


async def test_what_the_server_refuses_is_told(server, inbox):
    inbox.refusal = "550 We do not want it"

    with pytest.raises(MailFailed, match="We do not want it"):
        await mail.send(server, "eva@example.com", Letter("Hello", "Text"))


async def test_a_server_that_is_not_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        gone = mail.Server("127.0.0.1", port, "none", "playbill@example.com")
        with pytest.raises(MailFailed):
            await mail.send(gone, "eva@example.com", Letter("Hello", "Text"))


async def test_a_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(mail, "SEND_TIMEOUT_S", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = mail.Server("127.0.0.1", silent.getsockname()[1], "none", "playbill@example.com")
        with pytest.raises(MailFailed, match="did not answer"):
            await mail.send(server, "eva@example.com", Letter("Hello", "Text"))


async def test_without_the_encryption_that_was_asked_for_nothing_is_sent(server, inbox):
    wanted = mail.Server(server.host, server.port, "starttls", server.sender)

    with pytest.raises(MailFailed):
        await mail.send(wanted, "eva@example.com", Letter("Hello", "Text"))

    assert inbox.envelopes == []
