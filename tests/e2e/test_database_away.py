"""The database goes away under a running server: players are told to come back, and it heals."""

import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from tests.e2e.program import Running, playbill, serving

COMES_BACK_WITHIN_S = 30


def test_while_the_database_is_down_players_get_503_and_nothing_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path / "data", PLAYBILL_DEMO="0") as program:
        key = playbill(
            "key", "add", "tests", "--role", "admin", "--data-dir", str(program.data_dir)
        ).stdout.strip()
        admin = {"Authorization": f"Bearer {key}"}
        screen = {"Authorization": f"Bearer {_paired(program, admin)}"}
        event = {
            "event_id": str(uuid4()),
            "event_type": "test",
            "result": "completed",
            "started_at": datetime.now(UTC).isoformat(),
            "duration_ms": 1000,
        }
        database = psutil.Process(program.database_pid())
        database.kill()
        answers = _send_until_kept(program, screen, event)
        assert answers[0].status_code == 503
        assert answers[-1].status_code == 200
        assert {answer.status_code for answer in answers[:-1]} <= {503}
        assert all("Retry-After" in answer.headers for answer in answers[:-1])
        again = _send(program, screen, event)
        assert again.json()["duplicates"] == again.json()["accepted"]


def _paired(program: Running, admin: dict[str, str]) -> str:
    store = {"code": "LIS", "name": "Lisbon", "timezone": "Europe/Lisbon"}
    made = _post(program, "/v1/admin/stores", store, admin).json()
    claim = _post(program, "/v1/admin/claims", {"store_id": made["id"]}, admin).json()
    redeemed = {"claim_code": claim["claim_code"], "device_info": {"model": "Test"}}
    paired = _post(program, "/v1/device/pairing/claim", redeemed, {})
    token: str = paired.json()["device_token"]
    return token


def _send_until_kept(
    program: Running, screen: dict[str, str], event: dict[str, object]
) -> list[httpx.Response]:
    answers = []
    deadline = time.monotonic() + COMES_BACK_WITHIN_S
    while time.monotonic() < deadline:
        answers.append(_send(program, screen, event))
        if answers[-1].status_code == 200:
            break
        time.sleep(0.5)
    return answers


def _send(program: Running, screen: dict[str, str], event: dict[str, object]) -> httpx.Response:
    return _post(program, "/v1/device/events", {"events": [event]}, screen)


def _post(
    program: Running, path: str, body: dict[str, object], headers: dict[str, str]
) -> httpx.Response:
    return httpx.post(program.url + path, json=body, headers=headers, trust_env=False, timeout=30)
