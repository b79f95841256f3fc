"""Settings and API keys in the portal."""

from collections.abc import Iterator

import msgspec
import pytest

from portal import settings as page_of_settings
from signage import keys, settings
from tests.unit.callers import Caller
from tests.unit.inbox import Inbox, receiving
from tests.unit.portal.conftest import Visitor
from web.services import EXTENSION


@pytest.fixture
async def ana(enter, admin) -> Visitor:
    """Ana, signed in."""
    return await enter(admin)


@pytest.fixture
def inbox(app, monkeypatch) -> Iterator[Inbox]:
    with receiving() as inbox:
        monkeypatch.setattr(app.extensions[EXTENSION], "mailer", inbox.server)
        yield inbox


async def filled(ana: Visitor) -> dict[str, str]:
    """What the form would send as it stands; unticked boxes are not sent."""
    page = await ana.get("/settings")
    ticked = page.soup.select('form[action="/settings"] input[type=checkbox]:not([checked])')
    unticked = {str(box["name"]) for box in ticked}
    return {k: v for k, v in page.form("/settings").items() if k not in unticked}


def test_every_setting_has_its_field():
    fields = {name for section in page_of_settings.SECTIONS for name in section().data}

    assert fields == set(settings.Settings.__struct_fields__)
    assert fields == set(settings.Changes.__struct_fields__)


async def test_settings_are_saved_and_say_who_changed_them(ana, conn):
    page = await ana.get("/settings")
    assert page.heading == "Settings"
    assert page.links("All keys") == ["/settings/keys"]
    values = await filled(ana) | {"organisation_name": "Loja", "approval_required": "y"}

    assert (await ana.post("/settings", values)).location == "/settings"

    after = await settings.load(conn)
    assert after == settings.Settings(organisation_name="Loja", approval_required=True)
    assert "Changed just now by Ana" in (await ana.get("/settings")).text
    assert set(await settings.origins(conn)) == {"organisation_name", "approval_required"}
    values = await filled(ana)
    assert values.pop("approval_required") == "y"
    await ana.post("/settings", values)
    assert not (await settings.load(conn)).approval_required


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("default_timezone", "Lisbon"),
        ("access_token_life_h", "0"),
        ("access_token_life_h", "721"),
        ("access_token_life_h", "many"),
        ("organisation_name", "x" * 201),
    ],
)
async def test_a_wrong_value_is_refused_at_its_field(ana, conn, field, value):
    answer = await ana.post("/settings", await filled(ana) | {field: value})

    assert answer.status == 422
    assert answer.error_of(field)
    assert await settings.load(conn) == settings.Settings()


async def test_limits_of_the_page_are_those_of_the_api(ana, conn):
    for value in ("1", "720"):
        values = await filled(ana) | {"access_token_life_h": value}
        assert (await ana.post("/settings", values)).location == "/settings"
    assert (await settings.load(conn)).access_token_life_h == 720


async def test_an_overtaken_form_changes_nothing(ana, admin, conn, now):
    values = await filled(ana) | {"organisation_name": "Second"}
    first = settings.Changes(organisation_name="First")
    await settings.change(conn, admin, first, now=now)

    refused = await ana.post("/settings", values)
    assert refused.status == 409
    assert "Organisation name After: First" in refused.text
    assert refused.links("Load it again") == ["/settings"]
    assert (await settings.load(conn)).organisation_name == "First"


async def test_a_test_is_mailed_to_whoever_asks(ana, inbox):
    assert "127.0.0.1" in (await ana.get("/settings")).text

    assert (await ana.post("/settings/test-mail", {})).location == "/settings"

    assert inbox.envelopes[0].rcpt_tos == ["ana@example.com"]
    assert inbox.letter()["Subject"] == "Mail from Playbill works"


async def test_what_the_mail_server_refuses_is_told(ana, inbox):
    inbox.refusal = "550 No"
    await ana.post("/settings/test-mail", {})

    assert "The mail server refused it." in str((await ana.get("/settings")).soup)


async def test_without_a_mail_server_the_page_says_what_to_set(ana):
    assert "PLAYBILL_SMTP_URL" in (await ana.get("/settings")).text


# API keys -----------------------------------------------------------------------------------------


async def test_a_key_is_shown_once_with_the_first_call(ana, app, lisbon):
    values = {"name": "Tills", "role": "manager", "store_ids": [str(lisbon.id)]}
    shown = await ana.post("/settings/keys/new", values)
    [secret, example] = [code.get_text() for code in shown.soup.select("code")]
    assert example.startswith(f'curl -H "Authorization: Bearer {secret}" http')

    caller = Caller(app, "/v1/admin", Authorization=f"Bearer {secret}")
    assert (await caller.get("/stores")).json["items"][0]["name"] == "Lisbon"
    page = await ana.get("/settings/keys")
    assert page.heading == "API keys"
    assert "1 store" in page.text
    assert secret not in str(page.soup)


async def test_a_key_is_revoked(ana, app, conn, admin, now):
    made = await keys.create(conn, admin, keys.NewKey(name="Tills", role="analyst"), now=now)
    caller = Caller(app, "/v1/admin", Authorization=f"Bearer {made.secret}")
    assert (await caller.get("/stores")).status == 200

    answer = await ana.post(f"/settings/keys/{made.key.id}/revoke", {})

    assert answer.location == "/settings/keys"
    assert (await caller.get("/stores")).status == 401
    assert "Revoked" in (await ana.get("/settings/keys")).text


async def test_a_key_without_stores_reaches_all_and_one_with_a_day_ends(ana, conn, admin, now):
    await ana.post(
        "/settings/keys/new", {"name": "Tills", "role": "manager", "expires_on": "2026-12-01"}
    )

    [key] = (await keys.list_page(conn, admin, now=now)).items
    assert key.store_ids is None
    assert msgspec.to_builtins(key)["expires_at"].startswith("2026-12-01T23:59:59")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": ""}, "name"), ({"expires_on": "soon"}, "expires_on"), ({"role": "x"}, "role")],
)
async def test_a_wrong_key_is_refused_at_its_field(ana, wrong, field):
    answer = await ana.post("/settings/keys/new", {"name": "Tills", "role": "manager"} | wrong)

    assert answer.status == 422
    assert answer.error_of(field)


async def test_the_first_page_of_keys_has_an_example(ana):
    assert "curl -H" in (await ana.get("/settings/keys")).text
