"""/metrics: numbers for Prometheus, for who stands here or has the token, and no names in them."""

import re
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from playbill import metrics
from playbill.app import create_app
from playbill.config import Config
from signage import duties
from tests.unit.callers import OneConnection
from tests.unit.conftest import SECRET
from web.services import EXTENSION

HERE = {"client": ("127.0.0.1", 50000)}
ELSEWHERE = {"client": ("192.0.2.7", 50000)}


@pytest.fixture
def scrape(app):
    """Read the metrics as from this machine."""

    async def read(**headers):
        answer = await app.test_client().get("/metrics", headers=headers, scope_base=HERE)
        assert answer.status_code == 200
        return values(await answer.get_data(as_text=True))

    return read


def values(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_fleet_is_counted_by_health(scrape, conn, window_2, madrid_screen, now):
    await conn.execute("UPDATE devices SET last_seen_at = $2 WHERE id = $1", window_2.id, now)

    found = await scrape()

    assert found["playbill_screens", ("health", "online")] == 1
    assert found["playbill_screens", ("health", "never")] == 1
    assert found["playbill_screens", ("health", "offline")] == 0
    assert found["playbill_plans_outdated",] == 2


async def test_requests_are_counted_by_route_and_not_by_address(scrape, screen, window_2):
    before = (await scrape()).get(HEARTBEATS, 0)

    await screen.post("/heartbeat", {"disk_used_bytes": 1})
    await screen.get(f"/nothing/{window_2.id}")

    found = await scrape()
    assert found[HEARTBEATS] == before + 1
    assert not any(str(window_2.id) in str(key) for key in found)
    assert any(
        name == "playbill_request_seconds_count" and ("door", "device_api") in labels
        for name, *labels in found
    )


HEARTBEATS = (
    "playbill_requests_total",
    ("door", "device_api"),
    ("method", "POST"),
    ("route", "/v1/device/heartbeat"),
    ("status", "200"),
)


async def test_a_duty_has_its_age_and_whether_it_failed(scrape, conn, now):
    await duties.start(conn, "plans", now=now)
    await duties.finish(conn, "plans", done=1, error="boom", now=now - timedelta(seconds=90))

    found = await scrape()

    assert found["playbill_duty_age_seconds", ("duty", "plans")] == 90
    assert found["playbill_duty_failed", ("duty", "plans")] == 1


@pytest.mark.parametrize(
    ("scope", "headers"),
    [(ELSEWHERE, {}), (HERE, {"X-Forwarded-For": "192.0.2.7"}), ({"client": ("", 0)}, {})],
    ids=["another machine", "a proxy here", "nobody knows whence"],
)
async def test_who_stands_elsewhere_reads_nothing(app, scope, headers):
    answer = await app.test_client().get("/metrics", headers=headers, scope_base=scope)
    assert answer.status_code == 401
    assert b"playbill_screens" not in await answer.get_data()


@pytest.mark.parametrize(
    ("header", "status"), [("Bearer open-sesame", 200), ("Bearer wrong", 401), ("", 401)]
)
async def test_with_a_token_it_is_the_token_that_counts(tmp_path, conn, header, status, clock):
    config = Config(data_dir=tmp_path, secret=SECRET, metrics_token="open-sesame")
    app = create_app(config, pool=OneConnection(), clock=clock)
    async with app.test_app():
        app.extensions[EXTENSION].pool.conn = conn
        for scope in (HERE, ELSEWHERE):
            answer = await app.test_client().get(
                "/metrics", headers={"Authorization": header}, scope_base=scope
            )
            assert answer.status_code == status


def test_the_numbers_of_an_earlier_run_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setenv(metrics.DIRECTORY_VARIABLE, "")
    directory = tmp_path / "metrics"
    directory.mkdir()
    (directory / "counter_1.db").write_bytes(b"")

    metrics.prepare(directory)

    assert list(directory.iterdir()) == []


async def test_names_are_those_that_prometheus_takes(scrape):
    assert all(re.fullmatch(r"[a-z_]+", name) for name, *_ in await scrape())
