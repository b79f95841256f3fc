"""What every answer says to the browser that gets it, and what no page holds."""

from bs4 import BeautifulSoup

from playbill.app import PAGES_CSP
from tests.unit.callers import Caller
from tests.unit.matrix import NOBODY

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HANDLERS = ("onclick", "onload", "onerror", "onsubmit", "onchange", "oninput", "hx-on")


async def test_every_page_holds_and_loads_only_what_is_ours(app, ana, things, readings):
    assert PAGES_CSP == CSP
    app.extensions["playbill"].gallery = True
    seen = 0
    for route in readings:
        answer = await ana.get(route.path(things))
        headers = answer.headers

        assert headers["X-Content-Type-Options"] == "nosniff", route.rule
        assert headers["Referrer-Policy"] == "same-origin", route.rule
        if headers.get("Content-Type", "").startswith("text/html"):
            assert headers["Content-Security-Policy"] == CSP, route.rule
            assert headers["Cache-Control"] == "no-store", route.rule
            assert strange_in(answer.body) == [], route.rule
            seen += 1
    app.extensions["playbill"].gallery = False
    assert seen > 30


async def test_pages_before_signing_in_and_refusals_are_no_different(app, ana):
    stranger = Caller(app, "")
    for answer in (await ana.get("/nothing"), await stranger.get("/sign-in")):
        assert answer.headers["Content-Security-Policy"] == CSP
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert strange_in(answer.body) == []


def strange_in(body: bytes) -> list[str]:
    """Return what a page holds that the policy would stop: scripts, styles, addresses elsewhere."""
    strange = []
    for tag in BeautifulSoup(body, "html.parser").find_all():
        address = str(tag.get("src") or (tag.get("href") if tag.name == "link" else "") or "/")
        inline = tag.name == "style" or (tag.name == "script" and not tag.get("src"))
        loud = [name for name in tag.attrs if name.lower().startswith(HANDLERS)]
        elsewhere = not address.startswith("/") or address.startswith("//")
        scripted = str(tag.get("href", "")).lower().startswith("javascript:")
        if inline or loud or elsewhere or scripted or "style" in tag.attrs:
            strange.append(str(tag)[:200])
    return strange


async def test_no_answer_is_cached_that_is_somebodys_own(as_admin, screen, window_2):
    for answer in (
        await as_admin.get("/devices"),
        await as_admin.get(f"/devices/{window_2.id}"),
        await as_admin.get(f"/devices/{NOBODY}"),
        await screen.post("/heartbeat", {"disk_used_bytes": 1}),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_player_runs_only_its_own_scripts(app):
    answer = await Caller(app, "").get("/player")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
