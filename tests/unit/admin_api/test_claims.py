"""Claims over HTTP: a code to type, a code on a screen, and what happens to either."""

from typing import Any

import pytest

from tests.unit.callers import Caller, assert_refused
from tests.unit.conftest import DEVICE_INFO


@pytest.fixture
async def shown(stranger: Caller) -> dict[str, Any]:
    """What a screen got that asks in and shows its code."""
    answer = await stranger.post("/pairing/create-claim", {"device_info": DEVICE_INFO})
    return answer.json


async def test_a_code_to_type_is_shown_once(as_installer, lisbon, food):
    made = await as_installer.post(
        "/claims", {"store_id": lisbon.id, "name": "Till 1", "group_ids": [food.id], "ttl_s": 60}
    )

    assert made.status == 201
    assert made.headers["Location"] == f"/v1/admin/claims/{made.json['id']}"
    assert made.json["claim_id"] == made.json["id"]
    assert made.json["expires_at"] == "2026-11-23T12:01:00Z"
    found = await as_installer.get(f"/claims/{made.json['id']}")
    assert (found.json["state"], found.json["name"]) == ("approved", "Till 1")
    assert made.json["claim_code"] not in found.body.decode()


async def test_a_code_on_a_screen_is_approved_once(as_installer, lisbon, shown):
    body = {"user_code": shown["user_code"].lower(), "store_id": lisbon.id, "name": "Window 2"}

    first = await as_installer.post("/claims/approve", body)
    second = await as_installer.post("/claims/approve", body)

    assert (first.status, first.json["state"]) == (200, "approved")
    assert first.json["device_info"] == DEVICE_INFO
    assert first.json["store_id"] == str(lisbon.id)
    assert_refused(second, 404, "unknown_code")


async def test_a_code_on_a_screen_is_denied_once(as_installer, shown):
    body = {"user_code": shown["user_code"]}

    assert (await as_installer.post("/claims/deny", body)).json["state"] == "denied"
    assert_refused(await as_installer.post("/claims/deny", body), 404, "unknown_code")


async def test_five_wrong_codes_are_429(as_installer, lisbon):
    body = {"user_code": "BBBB-BBBB", "store_id": lisbon.id}
    for _ in range(5):
        assert_refused(await as_installer.post("/claims/approve", body), 404, "unknown_code")

    answer = await as_installer.post("/claims/approve", body)

    assert_refused(answer, 429, "too_many_attempts")
    assert answer.headers["Retry-After"] == "900"


async def test_a_screen_can_be_approved_as_the_replacement_of_another(
    as_installer, stranger, screen, lisbon, window_2, shown
):
    body = {
        "user_code": shown["user_code"],
        "store_id": lisbon.id,
        "replaces_device_id": window_2.id,
    }
    assert (await as_installer.post("/claims/approve", body)).status == 200

    redeemed = await stranger.post(
        "/pairing/claim", {"claim_code": shown["claim_code"], "device_info": DEVICE_INFO}
    )

    assert redeemed.json["device_id"] == str(window_2.id)
    assert (await screen.get("/plan")).status == 401


async def test_a_code_is_taken_back_once(as_installer, stranger, lisbon):
    made = (await as_installer.post("/claims", {"store_id": lisbon.id})).json

    assert (await as_installer.delete(f"/claims/{made['id']}")).status == 204
    assert_refused(await as_installer.delete(f"/claims/{made['id']}"), 404, "unknown_code")
    redeemed = await stranger.post(
        "/pairing/claim", {"claim_code": made["claim_code"], "device_info": {}}
    )
    assert_refused(redeemed, 400, "invalid_claim_code")


async def test_a_claim_of_another_store_is_absent(as_installer, as_madrid_manager, lisbon):
    made = (await as_installer.post("/claims", {"store_id": lisbon.id})).json
    path = f"/claims/{made['id']}"

    assert_refused(await as_madrid_manager.get(path), 404, "not_found")
    assert_refused(await as_madrid_manager.delete(path), 404, "not_found")
    assert (await as_madrid_manager.get("/claims")).json["items"] == []
    assert (await as_installer.get(path)).json["state"] == "approved"


# Many at once -------------------------------------------------------------------------------------

SCREENS = [
    {"store_code": "LIS-01", "name": "Window 1", "groups": ["Food counters"]},
    {"store_code": "LIS-01", "name": "Till 4"},
]


async def test_a_list_of_screens_gets_its_codes_once(as_installer, stranger, lisbon, food):
    made = await as_installer.post("/claims/batch", {"screens": SCREENS, "ttl_s": 3600})

    assert made.status == 201
    assert made.json["expires_at"] == "2026-11-23T13:00:00Z"
    assert [(code["store"], code["name"], code["groups"]) for code in made.json["codes"]] == [
        ("Lisbon", "Till 4", []),
        ("Lisbon", "Window 1", ["Food counters"]),
    ]
    listed = await as_installer.get(f"/claims?state=open&batch_id={made.json['batch_id']}")
    assert len(listed.json["items"]) == 2
    code = made.json["codes"][0]["claim_code"]
    assert code not in listed.body.decode()
    redeemed = await stranger.post(
        "/pairing/claim", {"claim_code": code, "device_info": DEVICE_INFO}
    )
    assert redeemed.status == 200


async def test_a_dry_run_says_what_is_wrong_and_makes_nothing(as_installer, lisbon):
    answer = await as_installer.post("/claims/batch", {"screens": SCREENS, "dry_run": True})

    assert answer.status == 200
    assert (answer.json["dry_run"], answer.json["refused"]) == (True, 1)
    first, second = answer.json["screens"]
    assert (first["index"], first["errors"][0]["code"]) == (0, "unknown_group")
    assert second["errors"] == []
    assert (await as_installer.get("/claims")).json["items"] == []


async def test_a_wrong_screen_makes_none(as_installer, lisbon):
    answer = await as_installer.post("/claims/batch", {"screens": SCREENS})

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/screens/0/groups"]
    assert (await as_installer.get("/claims")).json["items"] == []


async def test_new_codes_for_a_list_take_the_old_ones_back(
    as_installer, as_madrid_manager, stranger, lisbon, food
):
    made = (await as_installer.post("/claims/batch", {"screens": SCREENS})).json
    path = f"/claims/batch/{made['batch_id']}"

    assert_refused(await as_madrid_manager.post(path, {}), 404, "unknown_batch")
    again = await as_installer.post(path, {"ttl_s": 7200})

    assert (again.status, again.json["batch_id"]) == (201, made["batch_id"])
    old, new = (batch["codes"][0]["claim_code"] for batch in (made, again.json))
    body = {"device_info": DEVICE_INFO}
    refused = await stranger.post("/pairing/claim", body | {"claim_code": old})
    assert_refused(refused, 400, "invalid_claim_code")
    assert (await stranger.post("/pairing/claim", body | {"claim_code": new})).status == 200


@pytest.mark.parametrize("state", ["open", "approved", "redeemed", "revoked", "pending"])
async def test_the_list_is_filtered_by_state(as_installer, lisbon, state):
    made = (await as_installer.post("/claims", {"store_id": lisbon.id})).json

    items = (await as_installer.get(f"/claims?state={state}")).json["items"]

    assert [item["id"] for item in items] == ([made["id"]] if state in ("open", "approved") else [])


async def test_a_state_there_is_not_is_named(as_installer):
    answer = await as_installer.get("/claims?state=lost")

    assert_refused(answer, 422, "invalid")
    assert answer.pointers == ["/state"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"ttl_s": 59}, "/ttl_s"),
        ({"ttl_s": "60"}, "/ttl_s"),
        ({"name": ""}, "/name"),
        ({"group_ids": ["x"]}, "/group_ids/..."),
        ({"store_id": "x"}, "/store_id"),
        ({"device_info": {}}, "/device_info"),
    ],
)
async def test_a_wrong_value_is_named(as_installer, lisbon, wrong, pointer):
    answer = await as_installer.post("/claims", {"store_id": str(lisbon.id)} | wrong)

    assert_refused(answer, 422, "invalid")
    assert answer.pointers[0] in (pointer, pointer.replace("/...", "/0"))
