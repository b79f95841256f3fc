"""Letters: what Playbill writes to people, in plain text."""

from datetime import datetime

from signage.mail import Letter


def invitation(organisation: str, inviter: str, link: str, *, expires_at: datetime) -> Letter:
    """Return the letter that invites somebody to make their account."""
    by = f"{_one_line(inviter)} invites you" if inviter else "You are invited"
    return Letter(
        f"Your invitation to {_house(organisation)}",
        f"{by} to Playbill, where the screens of {_house(organisation)} are run.\n\n"
        f"Choose your password here:\n{link}\n\n"
        f"The link works once, until {_day(expires_at)}. If you did not expect it, ignore it.\n",
    )


def reset(organisation: str, name: str, link: str, *, expires_at: datetime) -> Letter:
    """Return the letter with the link to choose another password."""
    return Letter(
        f"A new password for {_house(organisation)}",
        f"Hello {_one_line(name)},\n\nchoose a new password here:\n{link}\n\n"
        f"The link works once, until {_day(expires_at)}. If you did not ask for it, ignore it:\n"
        "your password stays as it is.\n",
    )


def trial(organisation: str) -> Letter:
    """Return the letter that shows an administrator that mail works."""
    return Letter(
        f"Mail from {_house(organisation)} works",
        "This is the test that you sent from the settings of Playbill. Mail goes out.\n",
    )


def _house(organisation: str) -> str:
    return _one_line(organisation) or "Playbill"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _day(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B %Y, %H:%M} UTC"
