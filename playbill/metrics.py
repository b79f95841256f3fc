"""Metrics for Prometheus at ``/metrics``: what this installation does, in numbers without names.

Only who stands on the same machine reads them, or who has ``PLAYBILL_METRICS_TOKEN`` as a bearer.
Several workers add to files that each of them reads, as prometheus-client prescribes.
"""

import hmac
import ipaddress
import os
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY as PROCESS
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from quart import Quart, Response, g, request

from signage import duties, fleet_figures
from signage.errors import Unauthenticated
from web import problems
from web.services import connection, now, services

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client keeps the numbers of several processes; it reads this when imported."""

PREFIX = "playbill"

REQUESTS = Counter(f"{PREFIX}_requests", "Requests answered", ["door", "route", "method", "status"])
SECONDS = Histogram(
    f"{PREFIX}_request_seconds",
    "Time to answer a request",
    ["door"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def prepare(directory: Path) -> None:
    """Give the workers an empty place for their numbers; call it before they are started."""
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.glob("*.db"):
        left.unlink()
    os.environ[DIRECTORY_VARIABLE] = str(directory)


def register(app: Quart, token: str | None) -> None:
    """Count what is answered from now on, and answer /metrics."""

    async def metrics() -> Response:
        if not _may_read(token):
            return problems.of_any(Unauthenticated("The metrics are not for everybody."))
        return await _metrics()

    app.before_request(_note_start)
    app.after_request(_count)
    app.get("/metrics")(metrics)


async def _note_start() -> None:
    g.started = time.perf_counter()


async def _count(answer: Response) -> Response:
    # An address that nobody has would be a label of its own for every guess.
    rule = request.url_rule.rule if request.url_rule else "none"
    door = _door(request.path)
    REQUESTS.labels(door, rule, request.method, answer.status_code).inc()
    if "started" in g:
        SECONDS.labels(door).observe(time.perf_counter() - g.started)
    return answer


def _door(path: str) -> str:
    doors = {"/v1/device/": "device_api", "/v1/admin/": "admin_api", "/player": "player"}
    return next((door for prefix, door in doors.items() if path.startswith(prefix)), "portal")


def _may_read(token: str | None) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is not None:
        return hmac.compare_digest(given.encode(), token.encode())
    # Behind a proxy on the same machine everybody seems to stand there.
    return "X-Forwarded-For" not in request.headers and _is_loopback(request.remote_addr or "")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def _metrics() -> Response:
    registry = CollectorRegistry()
    if os.environ.get(DIRECTORY_VARIABLE):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
    else:
        registry = PROCESS
    at = now()
    async with connection() as conn:
        figures = await fleet_figures.load(conn, now=at)
        done = await duties.list_all(conn)
    asked = CollectorRegistry()
    asked.register(_Asked(figures, done, at))
    body = generate_latest(registry) + generate_latest(asked)
    return Response(body, content_type=CONTENT_TYPE_LATEST)


class _Asked:
    """What is asked of the database and the pool at the moment of a scrape."""

    def __init__(
        self, figures: fleet_figures.Figures, done: list[duties.Duty], at: datetime
    ) -> None:
        self.figures, self.done, self.at = figures, done, at

    def collect(self) -> Iterator[Metric]:
        figures = self.figures
        yield _gauge("screens", "Screens in service", "health", figures.screens)
        yield _gauge("incidents_open", "Open incidents", "severity", figures.incidents)
        outdated = "Screens whose plan is to be made anew"
        yield GaugeMetricFamily(f"{PREFIX}_plans_outdated", outdated, figures.plans_outdated)
        pool = services().pool
        sizes = {"open": pool.get_size(), "idle": pool.get_idle_size()}
        yield _gauge("pool_connections", "Connections of this process", "state", sizes)
        ages = {
            duty.name: (self.at - duty.finished_at).total_seconds()
            for duty in self.done
            if duty.finished_at is not None
        }
        yield _gauge("duty_age_seconds", "Time since a duty was done last", "duty", ages)
        failed = {duty.name: float(duty.error is not None) for duty in self.done}
        yield _gauge("duty_failed", "1 where a duty's last run failed", "duty", failed)


def _gauge(name: str, text: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
