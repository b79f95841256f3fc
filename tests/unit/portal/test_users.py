"""People in the portal: invited, let in, changed, shut out, and let in again."""

from collections.abc import Iterator

import pyotp
import pytest

from signage import campaigns, invitations, sessions, two_factor, users
from signage.actors import SYSTEM, Actor
from tests.unit.conftest import PASSWORD, SECRET
from tests.unit.inbox import Inbox, receiving
from tests.unit.portal.conftest import Visitor
from web.services import EXTENSION

EVA = {"email": "eva@example.com", "role": "manager"}


@pytest.fixture
def inbox(app, monkeypatch) -> Iterator[Inbox]:
    """The mail server that the application is told of."""
    with receiving() as inbox:
        monkeypatch.setattr(app.extensions[EXTENSION], "mailer", inbox.server)
        yield inbox


@pytest.fixture
async def ana(enter, admin) -> Visitor:
    """Ana, signed in."""
    return await enter(admin)


@pytest.fixture
async def bruno(add_user, manager) -> users.User:
    return await add_user(manager)


@pytest.fixture
async def summer(conn, now) -> campaigns.Campaign:
    return await campaigns.create(conn, SYSTEM, campaigns.NewCampaign(name="Summer"), now=now)


def link_in(page) -> str:
    """The path of the one-time link that a page shows."""
    return str(page.soup.select_one("code").get_text()).removeprefix("http://localhost")


async def test_the_list_shows_people_and_leads_to_each(ana, bruno):
    page = await ana.get("/users")

    assert page.heading == "Users"
    assert page.links("Invite") == ["/users/invite"]
    assert page.links("Bruno") == [f"/users/{bruno.id}"]
    assert "1 store" in page.text
    assert "There is one administrator." in page.text


async def test_a_search_shows_only_who_matches(ana, bruno):
    assert (await ana.get("/users?q=bru")).links("Bruno")
    assert not (await ana.get("/users?q=nobody")).links("Bruno")
    assert not (await ana.get("/users?state=disabled")).links("Bruno")
    assert (await ana.get("/users?role=manager&state=nonsense")).links("Bruno")


@pytest.mark.parametrize("role", ["manager", "installer", "analyst", "advertiser"])
async def test_nobody_but_administrators_sees_people(enter, request, lisbon, role):
    somebody = await enter(request.getfixturevalue(role))

    for path in ("/users", "/users/invite", "/settings", "/settings/keys", "/settings/keys/new"):
        assert (await somebody.get(path)).status == 403
        assert not (await somebody.get("/account")).links("Users")
    assert (await somebody.post("/users/invite", EVA, page="/account")).status == 403


# Inviting -----------------------------------------------------------------------------------------


async def test_somebody_is_invited_and_comes_in(ana, app, visitor, lisbon, conn):
    shown = await ana.post("/users/invite", EVA | {"store_ids": [str(lisbon.id)]})
    assert shown.heading == "Invitation"
    assert shown.soup.select_one("svg[viewbox], figure svg, .qr svg") is not None
    link = link_in(shown)
    assert "eva@example.com" in (await ana.get("/users")).text
    assert link.rpartition("/")[2] not in str((await ana.get("/users")).soup)

    page = await visitor.get(link)
    assert page.heading == "Welcome to Playbill"
    answer = await visitor.post(link, {"name": "Eva", "password": PASSWORD}, page=link)

    assert (answer.status, answer.location) == (302, "/")
    assert (await visitor.get("/account")).heading == "Account"
    assert (await ana.get(link)).status == 404


async def test_a_short_password_is_refused_at_its_field(ana, visitor):
    link = link_in(await ana.post("/users/invite", EVA))

    answer = await visitor.post(link, {"name": "Eva", "password": "short"}, page=link)

    assert answer.status == 422
    assert "12 to 200 characters" in answer.error_of("password")


async def test_an_advertiser_is_given_campaigns_and_others_are_not(ana, conn, admin, now, summer):
    for email, role, kept in (("a@x.de", "advertiser", [summer.id]), ("b@x.de", "analyst", [])):
        values = {"email": email, "role": role, "campaign_ids": [str(summer.id)]}
        assert (await ana.post("/users/invite", values)).heading == "Invitation"
        newest = (await invitations.list_page(conn, admin, limit=50, now=now)).items
        [made] = [one for one in newest if one.email == email]
        assert made.campaign_ids == kept


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"email": "eva"}, "email"), ({"email": ""}, "email"), ({"role": "king"}, "role")],
)
async def test_a_wrong_invitation_is_refused_at_its_field(ana, wrong, field):
    answer = await ana.post("/users/invite", EVA | wrong)

    assert answer.status == 422
    assert answer.error_of(field)


async def test_inviting_twice_is_a_conflict(ana):
    await ana.post("/users/invite", EVA)

    answer = await ana.post("/users/invite", EVA)

    assert answer.status == 409
    assert "is invited already" in answer.text


async def test_an_invitation_is_mailed_too(ana, inbox):
    shown = await ana.post("/users/invite", EVA)

    assert "It was mailed to eva@example.com." in shown.text
    assert inbox.envelopes[0].rcpt_tos == ["eva@example.com"]
    assert link_in(shown) in inbox.letter().get_content()


async def test_where_mail_fails_the_link_is_still_shown(ana, inbox, visitor):
    inbox.refusal = "550 No"

    shown = await ana.post("/users/invite", EVA)

    assert "The mail did not go out." in shown.text
    assert (await visitor.get(link_in(shown))).status == 200


async def test_an_invitation_is_sent_again_and_withdrawn(ana, visitor, conn, admin, now):
    first = link_in(await ana.post("/users/invite", EVA))
    [invited] = (await invitations.list_page(conn, admin, now=now)).items
    path = f"/users/invitations/{invited.id}"

    second = link_in(await ana.post(f"{path}/send", {}))
    assert [(await visitor.get(link)).status for link in (first, second)] == [404, 200]
    assert (await ana.post(f"{path}/withdraw", {})).location == "/users"
    assert (await visitor.get(second)).status == 404
    assert (await ana.get("/users")).soup.select_one("#invited") is None


# Changing -----------------------------------------------------------------------------------------


async def test_a_role_is_changed_and_the_page_says_what_roles_allow(ana, bruno, conn):
    path = f"/users/{bruno.id}"
    page = await ana.get(path)
    assert page.heading == "Bruno"
    assert "Everything, in every store" in page.text

    values = page.form(path) | {"name": "Bruno S.", "role": "analyst", "store_ids": []}
    assert (await ana.post(path, values)).location == path
    after = await users.find(conn, bruno.id)
    assert (after.name, after.role, after.store_ids) == ("Bruno S.", "analyst", [])


async def test_an_overtaken_form_changes_nothing(ana, bruno, conn):
    path = f"/users/{bruno.id}"
    values = (await ana.get(path)).form(path) | {"role": "analyst"}
    assert (await ana.post(path, values)).location == path

    assert (await ana.post(path, values | {"role": "installer"})).status == 409
    assert (await users.find(conn, bruno.id)).role == "analyst"


async def test_the_last_administrator_cannot_be_shut_out(ana, conn):
    me = await conn.fetchval("SELECT id FROM users")

    assert (await ana.post(f"/users/{me}/disable", {})).status == 409
    demoted = await ana.post(f"/users/{me}", {"name": "Ana", "role": "manager"})
    assert demoted.status == 409
    assert "last active administrator" in demoted.text
    assert (await ana.get("/users")).status == 200


async def test_disabling_ends_sessions_at_once(ana, visitor, app, bruno, conn, now):
    begun = await sessions.begin(conn, bruno, address="", user_agent="", now=now)
    cookie = app.extensions["QUART_AUTH"][0].dump_token(begun.token, app)
    visitor.caller.client.set_cookie("localhost", "playbill", cookie)
    assert (await visitor.get("/account")).status == 200

    assert (await ana.post(f"/users/{bruno.id}/disable", {})).location == f"/users/{bruno.id}"

    assert (await visitor.get("/account")).location.startswith("/sign-in")
    await ana.post(f"/users/{bruno.id}/enable", {})
    assert (await visitor.get("/account")).location.startswith("/sign-in")
    assert (await users.find(conn, bruno.id)).state == "active"


# Letting in again ---------------------------------------------------------------------------------


async def test_an_administrators_link_sets_a_new_password(ana, bruno, visitor):
    link = link_in(await ana.post(f"/users/{bruno.id}/reset-link", {}))
    values = {"password": "another window full of snow"}

    refused = await visitor.post(link, {"password": "short"}, page=link)
    assert refused.status == 422
    assert (await visitor.post(link, values, page=link)).location == "/sign-in"

    assert (await visitor.get(link)).status == 404
    signed_in = await visitor.post("/sign-in", values | {"email": bruno.email}, page="/sign-in")
    assert signed_in.location == "/"


async def test_a_reset_of_two_factor_lets_the_password_in(ana, bruno, conn, now, visitor):
    me = Actor(kind="user", id=bruno.id, name="Bruno", role="manager")
    key = (await two_factor.offer(conn, me, secret=SECRET)).secret
    code = pyotp.TOTP(key).at(now)
    await two_factor.confirm(conn, me, code, secret=SECRET, now=now)

    await ana.post(f"/users/{bruno.id}/reset-two-factor", {})

    values = {"email": bruno.email, "password": PASSWORD}
    assert (await visitor.post("/sign-in", values, page="/sign-in")).location == "/"


async def test_asking_for_a_link_answers_the_same_for_everybody(
    app, visitor, bruno, inbox, conn, monkeypatch
):
    monkeypatch.setattr(app.extensions[EXTENSION], "public_url", "https://x.example")
    answers = []
    for email in (bruno.email, "nobody@example.com"):
        page = await visitor.post("/forgot-password", {"email": email}, page="/forgot-password")
        for task in list(app.background_tasks):
            await task
        answers.append((page.status, page.text))

    assert answers[0] == answers[1]
    assert inbox.envelopes[0].rcpt_tos == [bruno.email]
    link = inbox.letter().get_content().partition("https://x.example")[2].split()[0]
    assert (await visitor.get(link)).heading == "New password"


async def test_without_mail_somebody_is_told_whom_to_ask(visitor, bruno, conn):
    page = await visitor.get("/forgot-password")
    assert "Ask an administrator" in page.text

    await visitor.post("/forgot-password", {"email": bruno.email}, page="/sign-in")
    assert await conn.fetchval("SELECT count(*) FROM invitations") == 0


async def test_a_forged_host_is_in_no_mail(app, visitor, bruno, inbox, conn):
    await visitor.post("/forgot-password", {"email": bruno.email}, page="/sign-in")
    for task in list(app.background_tasks):
        await task

    assert inbox.envelopes == []
