"""Links: with a public address set, no Host header decides where a link leads."""

import pytest

from tests.unit.conftest import DEVICE_INFO

EVIL = "evil.example.net"
OURS = "https://screens.example.com"


@pytest.fixture(autouse=True)
def public(app):
    app.extensions["playbill"].public_url = OURS


async def test_a_screen_is_sent_to_the_public_address(stranger):
    answer = await stranger.post("/pairing/create-claim", {"device_info": DEVICE_INFO}, Host=EVIL)

    assert answer.json["verification_uri"].startswith(OURS)
    assert EVIL not in answer.body.decode()


async def test_the_next_page_of_a_list_is_at_the_public_address(as_admin, lisbon, porto):
    answer = await as_admin.get("/stores?limit=1", Host=EVIL)

    assert answer.headers["Link"].startswith(f"<{OURS}/v1/admin/stores?")


async def test_no_page_repeats_the_host_it_was_asked_at(ana, things, readings):
    for route in readings:
        path = route.path(things)
        answer = await ana.get(path, Host=EVIL)

        assert EVIL not in answer.body.decode(errors="replace"), path
        assert EVIL not in answer.headers.get("Location", ""), path


async def test_forwarded_hosts_are_not_believed(ana, as_admin, lisbon, porto):
    forged = {"X_Forwarded_Host": EVIL, "Forwarded": f"host={EVIL}"}

    answer = await as_admin.get("/stores?limit=1", **forged)
    page = await ana.get("/pair", **forged)

    assert EVIL not in answer.headers["Link"]
    assert EVIL not in page.body.decode()


@pytest.mark.parametrize(
    "where",
    ["//evil.example.net", "/\\evil.example.net", "https://evil.example.net", "\\\\evil", "evil"],
)
async def test_signing_in_leads_nowhere_else(ana, where):
    answer = await ana.get(f"/sign-in?next={where}")

    assert answer.headers["Location"] == "/"
