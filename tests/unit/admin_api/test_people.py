"""People, invitations, keys and settings at the admin API: every verb that their pages have."""

from collections.abc import Iterator

import pytest

from signage import invitations, users
from tests.unit.callers import Caller, assert_refused
from tests.unit.conftest import PASSWORD
from tests.unit.inbox import Inbox, receiving
from web.services import EXTENSION

EVA = {"email": "eva@example.com", "role": "analyst"}


@pytest.fixture
async def bruno(add_user, manager) -> users.User:
    return await add_user(manager)


@pytest.fixture
async def ana(add_user, admin) -> users.User:
    return await add_user(admin)


@pytest.fixture
def inbox(app, monkeypatch) -> Iterator[Inbox]:
    with receiving() as inbox:
        monkeypatch.setattr(app.extensions[EXTENSION], "mailer", inbox.server)
        yield inbox


# Users --------------------------------------------------------------------------------------------


async def test_people_are_listed_by_name_without_secrets(as_admin, ana, bruno, lisbon):
    answer = await as_admin.get("/users")

    assert [user["name"] for user in answer.json["items"]] == ["Ana", "Bruno"]
    found = answer.json["items"][1]
    assert found["store_ids"] == [str(lisbon.id)]
    assert (found["state"], found["two_factor"], found["revision"]) == ("active", False, 1)
    assert b"argon2" not in answer.body
    assert [u["name"] for u in (await as_admin.get("/users?role=admin")).json["items"]] == ["Ana"]
    assert (await as_admin.get("/users?role=king")).pointers == ["/role"]


async def test_one_is_changed_with_its_revision(as_admin, ana, bruno):
    path = f"/users/{bruno.id}"
    shown = await as_admin.get(path)

    changed = await as_admin.patch(path, {"role": "analyst"}, If_Match=shown.headers["ETag"])

    assert (changed.status, changed.json["role"]) == (200, "analyst")
    stale = await as_admin.patch(path, {"name": "x"}, If_Match=shown.headers["ETag"])
    assert_refused(stale, 412, "stale")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "system"}, "/role"),
        ({"role": 1}, "/role"),
        ({"state": "gone"}, "/state"),
        ({"email": "x@y.z"}, "/email"),
        ({"name": ""}, "/name"),
        ({"store_ids": ["x"]}, "/store_ids/0"),
    ],
)
async def test_a_wrong_change_is_named(as_admin, bruno, body, pointer):
    answer = await as_admin.patch(f"/users/{bruno.id}", body)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_disabling_ends_the_session_and_the_last_administrator_stays(
    as_admin, sign_in, admin, conn
):
    session = await sign_in(admin)
    me = await conn.fetchval("SELECT id FROM users")

    answer = await as_admin.patch(f"/users/{me}", {"state": "disabled"})

    assert_refused(answer, 409, "last_administrator")
    assert (await session.get("/users")).status == 200


async def test_a_reset_link_is_made_and_mailed(as_admin, bruno, inbox):
    answer = await as_admin.post(f"/users/{bruno.id}/reset-link")

    assert (answer.status, answer.json["mailed"]) == (201, True)
    assert answer.json["link"] in inbox.letter().get_content()


async def test_two_factor_that_is_off_cannot_be_reset(as_admin, bruno):
    answer = await as_admin.post(f"/users/{bruno.id}/reset-two-factor")

    assert_refused(answer, 409, "two_factor_off")


# Invitations --------------------------------------------------------------------------------------


async def test_an_invitation_has_its_link_once(as_admin, conn, now):
    made = await as_admin.post("/invitations", EVA)

    assert made.status == 201
    assert made.json["mailed"] is None
    path = made.headers["Location"].removeprefix("/v1/admin")
    shown = await as_admin.get(path)
    assert shown.json == {k: v for k, v in made.json.items() if k not in ("link", "mailed")}
    assert [one["id"] for one in (await as_admin.get("/invitations")).json["items"]] == [
        made.json["id"]
    ]
    token = made.json["link"].rpartition("/")[2]
    eva = await invitations.accept(conn, token, name="Eva", password=PASSWORD, now=now)
    assert eva.role == "analyst"


async def test_an_invitation_is_sent_again_and_withdrawn(as_admin, inbox):
    made = await as_admin.post("/invitations", EVA)
    path = f"/invitations/{made.json['id']}"

    again = await as_admin.post(f"{path}/send")

    assert (again.status, again.json["mailed"]) == (200, True)
    assert again.json["link"] != made.json["link"]
    assert (await as_admin.delete(path)).status == 204
    assert (await as_admin.delete(path)).status == 204
    assert (await as_admin.get(path)).json["state"] == "withdrawn"
    assert_refused(await as_admin.post(f"{path}/send"), 409, "invitation_over")


async def test_inviting_twice_is_a_conflict_and_a_wrong_one_is_named(as_admin):
    await as_admin.post("/invitations", EVA)

    assert_refused(await as_admin.post("/invitations", EVA), 409, "already_invited")
    for wrong, pointer in (({"email": "x"}, "/email"), ({"more": 1}, "/more")):
        answer = await as_admin.post("/invitations", EVA | wrong)
        assert_refused(answer, 422, "invalid")
        assert answer.pointers == [pointer]


async def test_a_key_for_some_stores_invites_nobody(integration, lisbon):
    bounded = await integration("admin", [lisbon.id])

    for method, path, body in (
        ("POST", "/invitations", EVA | {"role": "admin"}),
        ("POST", "/keys", {"name": "Wider", "role": "admin"}),
        ("PATCH", "/settings", {"approval_required": True}),
    ):
        assert_refused(await bounded(method, path, body), 403, "forbidden")


# Keys ---------------------------------------------------------------------------------------------


async def test_a_key_is_shown_once_works_and_is_revoked(as_admin, app, lisbon):
    body = {"name": "Tills", "role": "manager", "store_ids": [str(lisbon.id)]}
    made = await as_admin.post("/keys", body)
    assert made.status == 201
    path = made.headers["Location"].removeprefix("/v1/admin")
    shown = await as_admin.get(path)
    assert "key" not in shown.json
    assert (shown.json["state"], shown.json["store_ids"]) == ("active", [str(lisbon.id)])

    tills = Caller(app, "/v1/admin", Authorization=f"Bearer {made.json['key']}")
    assert (await tills.get("/stores")).status == 200
    assert made.json["key"].encode() not in (await as_admin.get("/keys")).body

    assert (await as_admin.delete(path)).status == 204
    assert_refused(await tills.get("/stores"), 401, "invalid_key")
    assert (await as_admin.get(path)).json["state"] == "revoked"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"role": "system"}, "/role"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "/expires_at"),
        ({"key": "mine"}, "/key"),
    ],
)
async def test_a_wrong_key_is_named(as_admin, wrong, pointer):
    answer = await as_admin.post("/keys", {"name": "Tills", "role": "manager"} | wrong)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


# Settings -----------------------------------------------------------------------------------------


async def test_settings_are_read_and_changed_with_their_version(as_admin):
    shown = await as_admin.get("/settings")
    assert shown.json["approval_required"] is False
    assert shown.json["changed"] == {}

    changed = await as_admin.patch(
        "/settings", {"approval_required": True}, If_Match=shown.headers["ETag"]
    )

    assert changed.json["approval_required"] is True
    assert changed.json["changed"]["approval_required"]["by"] == "Key of admin"
    stale = await as_admin.patch("/settings", {}, If_Match=shown.headers["ETag"])
    assert_refused(stale, 412, "stale")
    back = await as_admin.patch("/settings", {"approval_required": None})
    assert (back.json["approval_required"], back.json["changed"]) == (False, {})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"approval_required": "yes"}, "/approval_required"),
        ({"default_timezone": "Lisbon"}, "/default_timezone"),
        ({"organisation_name": "a\r\nBcc: b"}, "/organisation_name"),
        ({"unheard_of": 1}, "/unheard_of"),
    ],
)
async def test_a_wrong_setting_is_named(as_admin, body, pointer):
    answer = await as_admin.patch("/settings", body)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == [pointer]


async def test_a_test_is_mailed(as_admin, inbox):
    body = {"to": "ana@example.com"}
    assert (await as_admin.post("/settings/test-mail", body)).json == {"mailed": True}
    inbox.refusal = "550 No"
    assert (await as_admin.post("/settings/test-mail", body)).json == {"mailed": False}
    assert (await as_admin.post("/settings/test-mail", {"to": "x"})).pointers == ["/email"]
