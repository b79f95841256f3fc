"""Bad device tokens: an address that sends too many is refused before they cost a look-up.

Many screens sit behind one address, and one of them may be out of its mind: a token that was right
a while ago is looked up all the same, however many wrong ones come from beside it. What is no token
at all, by its form and checksum, is refused without a look-up and not counted.
"""

from collections import OrderedDict
from contextlib import suppress

from signage import credentials, tokens
from signage.errors import PlaybillError, TooMany
from web.rate_limits import RateLimit

BAD_TOKENS_PER_MINUTE = 300
BAD_TOKENS_BURST = 300
RIGHT_TOKENS_KEPT_MAX = 200_000
BAD = frozenset({"invalid_token", "token_revoked"})

limit = RateLimit(per_minute=BAD_TOKENS_PER_MINUTE, burst=BAD_TOKENS_BURST)
_right: OrderedDict[bytes, None] = OrderedDict()


def check(token: str, address: str) -> None:
    """Raise TooMany where the address sent too many bad tokens and this one was never right."""
    if _costs_a_look_up(token) and credentials.sha256(token) not in _right:
        limit.check(address)


def note_right(token: str) -> None:
    """Remember that the token opened something."""
    hashed = credentials.sha256(token)
    _right[hashed] = None
    _right.move_to_end(hashed)
    if len(_right) > RIGHT_TOKENS_KEPT_MAX:
        _right.popitem(last=False)


def note_refusal(token: str, address: str, refusal: PlaybillError) -> None:
    """Count a bad token; one that only expired is no bad one."""
    if refusal.code in BAD and _costs_a_look_up(token):
        _right.pop(credentials.sha256(token), None)
        with suppress(TooMany):
            limit.take(address)


def _costs_a_look_up(token: str) -> bool:
    return credentials.device_of_token(tokens.ACCESS, token) is not None
