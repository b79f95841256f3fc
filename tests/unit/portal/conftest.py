"""Somebody in the portal, as a browser without scripts: pages, forms, and what stands on them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup, Tag
from quart import Quart

from signage.actors import Actor
from tests.unit.callers import Caller

FORM = "application/x-www-form-urlencoded"


class Seen:
    """A page, or a refusal, as somebody sees it."""

    def __init__(self, status: int, html: str, headers: Mapping[str, str]) -> None:
        self.status = status
        self.location = headers.get("Location", "")
        self.retry_after_s = int(headers.get("Retry-After", 0))
        self.soup = BeautifulSoup(html, "html.parser")

    @property
    def heading(self) -> str:
        """The page's one h1."""
        [heading] = self.soup.select("h1")
        return heading.get_text(strip=True)

    @property
    def text(self) -> str:
        """Everything that can be read in the main part."""
        main = self.soup.select_one("main")
        return " ".join((main or self.soup).get_text(" ").split())

    def links(self, label: str) -> list[str]:
        """Where the links with this text lead."""
        return [
            str(link["href"])
            for link in self.soup.select("a[href]")
            if " ".join(link.get_text(" ").split()) == label
        ]

    def form(self, action: str) -> dict[str, str]:
        """The hidden and filled-in values of the form with this action."""
        form = self.soup.select_one(f'form[action="{action}"]')
        assert isinstance(form, Tag), f"no form {action} in {self.soup}"
        fields = form.select("input[name]")
        return {str(field["name"]): str(field.get("value", "")) for field in fields}

    def error_of(self, name: str) -> str:
        """What is said at a field to be wrong with it."""
        field = self.soup.select_one(f'[name="{name}"]')
        assert field is not None
        described = str(field.get("aria-describedby", "")).split()
        said = [self.soup.find(id=one) for one in described]
        return " ".join(found.get_text(strip=True) for found in said if found is not None)


class Visitor:
    """One browser."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        caller.prefix = ""

    async def get(self, path: str, **headers: str | None) -> Seen:
        return _seen(await self.caller("GET", path, **headers))

    async def post(self, path: str, values: dict[str, Any], *, page: str = "/") -> Seen:
        """Send a form as the page that holds it would, with that page's token."""
        token = (await self.get(page)).soup.select_one('input[name="csrf_token"]')
        sent = {"csrf_token": str(token["value"]) if token else ""} | values
        body = urlencode(sent, doseq=True).encode()
        return _seen(await self.caller("POST", path, body, Content_Type=FORM))


@pytest.fixture
def visitor(app: Quart) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(Caller(app, ""))


@pytest.fixture
def enter(
    sign_in: Callable[[Actor], Awaitable[Caller]],
) -> Callable[[Actor], Awaitable[Visitor]]:
    """Sign somebody of the cast in."""

    async def entered(actor: Actor) -> Visitor:
        return Visitor(await sign_in(actor))

    return entered


def _seen(answer: Any) -> Seen:
    html = answer.body.decode() if "html" in (answer.headers.get("Content-Type") or "html") else ""
    return Seen(answer.status, html, answer.headers)
