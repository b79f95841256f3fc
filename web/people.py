"""Links for people: made for the address they come by, and mailed where that is set up."""

from signage import letters, settings
from signage.invitations import Issued
from signage.resets import Reset
from web import mailing
from web.services import connection, public_url


def invitation_link(issued: Issued) -> str:
    """Return the link that makes an account."""
    return public_url(f"/invitations/{issued.token}")


def reset_link(reset: Reset) -> str:
    """Return the link that chooses another password."""
    return public_url(f"/reset/{reset.token}")


async def mail_invitation(issued: Issued) -> bool | None:
    """Mail the link; False where that failed, None where no mail server is set."""
    invitation = issued.invitation
    letter = letters.invitation(
        await _organisation(),
        invitation.invited_by,
        invitation_link(issued),
        expires_at=invitation.expires_at,
    )
    return await mailing.send(invitation.email, letter)


async def mail_reset(reset: Reset, link: str) -> bool | None:
    """Mail the link; False where that failed, None where no mail server is set."""
    letter = letters.reset(
        await _organisation(), reset.user.name, link, expires_at=reset.expires_at
    )
    return await mailing.send(reset.user.email, letter)


async def mail_trial(to: str) -> bool | None:
    """Mail a test; False where that failed, None where no mail server is set."""
    return await mailing.send(to, letters.trial(await _organisation()))


async def _organisation() -> str:
    async with connection() as conn:
        return (await settings.load(conn)).organisation_name
