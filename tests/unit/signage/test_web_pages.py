"""Web pages: whether a browser would show them in a frame, by what they answer."""

import pytest

from signage import outgoing, settings, web_pages
from signage.actors import SYSTEM
from signage.errors import Invalid
from signage.outgoing import Answer, CallFailed

URL = "https://menus.example.com/today"
ORIGIN = "https://screens.example.com"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ([], True),
        ([("x-frame-options", "DENY")], False),
        ([("x-frame-options", "deny")], False),
        ([("x-frame-options", "SAMEORIGIN")], False),
        ([("x-frame-options", "SAMEORIGIN, SAMEORIGIN")], False),
        ([("x-frame-options", "ALLOW-FROM https://a.example.com")], True),
        ([("content-security-policy", "default-src 'self'")], True),
        ([("content-security-policy", "frame-ancestors 'none'")], False),
        ([("content-security-policy", "frame-ancestors")], False),
        ([("content-security-policy", "frame-ancestors 'self'")], False),
        ([("content-security-policy", "Frame-Ancestors *")], True),
        ([("content-security-policy", "frame-ancestors https:")], True),
        ([("content-security-policy", "frame-ancestors http:")], False),
        ([("content-security-policy", "frame-ancestors https://screens.example.com")], True),
        ([("content-security-policy", "frame-ancestors screens.example.com:443")], True),
        ([("content-security-policy", "frame-ancestors screens.example.com:8443")], False),
        ([("content-security-policy", "frame-ancestors *.example.com")], True),
        ([("content-security-policy", "frame-ancestors *.example.org")], False),
        ([("content-security-policy", "frame-ancestors http://screens.example.com")], False),
        (
            [
                ("content-security-policy", "frame-ancestors *"),
                ("content-security-policy", "frame-ancestors 'none'"),
            ],
            False,
        ),
        ([("content-security-policy", "frame-ancestors *, frame-ancestors 'none'")], False),
        # frame-ancestors makes browsers ignore the older header.
        (
            [("x-frame-options", "DENY"), ("content-security-policy", "frame-ancestors *")],
            True,
        ),
    ],
)
def test_framing_is_decided_as_browsers_do(headers, allowed):
    assert web_pages.may_be_framed(Answer(200, headers, b""), URL, ORIGIN) is allowed


@pytest.mark.parametrize(
    "headers",
    [
        [("x-frame-options", "SAMEORIGIN")],
        [("content-security-policy", "frame-ancestors 'self'")],
    ],
)
def test_a_page_of_our_own_origin_may_be_framed(headers):
    assert web_pages.may_be_framed(Answer(200, headers, b""), f"{ORIGIN}/menu", ORIGIN)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, [], b""), []),
        (Answer(404, [], b""), ["error (404)"]),
        (Answer(301, [("location", "https://a.example.com")], b""), ["https://a.example.com"]),
        (Answer(302, [], b""), ["leads elsewhere"]),
        (Answer(200, [("x-frame-options", "DENY")], b""), ["forbids being shown in a frame"]),
    ],
)
async def test_a_warning_says_what_to_do(answer, words):
    async def call(url, **_):
        return answer

    found = await web_pages.warnings(URL, origin=ORIGIN, policy=outgoing.PUBLIC_ONLY, call=call)

    assert len(found) == len(words)
    assert all(word in warning for word, warning in zip(words, found, strict=True))


async def test_a_page_that_cannot_be_asked_is_warned_of():
    async def call(url, **_):
        raise CallFailed("timeout", "menus.example.com did not answer within 5 s.")

    [warning] = await web_pages.warnings(URL, origin=ORIGIN, policy=outgoing.PUBLIC_ONLY, call=call)

    assert "did not answer" in warning


async def test_private_networks_are_asked_where_the_settings_say_so(conn, now):
    assert await web_pages.policy(conn) == outgoing.PUBLIC_ONLY
    changes = settings.Changes(outgoing_private_allowed=True)
    await settings.change(conn, SYSTEM, changes, now=now)

    assert await web_pages.policy(conn) == outgoing.PRIVATE_TOO


def test_an_address_is_https():
    web_pages.check(URL)
    for url in ("http://menus.example.com", "javascript:alert(1)", ""):
        with pytest.raises(Invalid):
            web_pages.check(url)
