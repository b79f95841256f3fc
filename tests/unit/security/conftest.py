"""What the tests of every route need: one thing of each kind, all of them in Lisbon."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from signage import (
    calendar_feeds,
    campaigns,
    claims,
    commands,
    incidents,
    invitations,
    keys,
    maintenance,
    new_claims,
    schedules,
)
from signage.actors import SYSTEM
from signage.targets import Target
from tests.unit.admin_api.test_callers import ROUTES as CALLS
from tests.unit.conftest import SECRET
from tests.unit.matrix import API, UNSAFE, Browser, Route, browser_of, routes_of
from tests.unit.portal.test_callers import ROUTES as PAGES


@pytest.fixture
async def things(
    conn, now, lisbon, window_2, food, menu, playlist, manager, add_user
) -> Mapping[str, object]:
    """The ids of real things by the names that routes and bodies have for them."""
    campaign = await campaigns.create(conn, SYSTEM, campaigns.NewCampaign(name="Summer"), now=now)
    command = await commands.send(conn, SYSTEM, window_2.id, kind="reload", now=now)
    approval = claims.Approval(lisbon.id, "Door", [])
    await new_claims.open_for_console(conn, SYSTEM, approval, secret=SECRET, now=now)
    schedule = await schedules.create(
        conn,
        SYSTEM,
        schedules.NewSchedule(
            name="Lunch",
            playlist_id=playlist.id,
            target=Target("store", lisbon.id),
            starts_on=now.date(),
            all_day=True,
        ),
        now=now,
    )
    feed = await calendar_feeds.create(conn, SYSTEM, Target("store", lisbon.id), now=now)
    bruno = await add_user(manager)
    key = await keys.create(conn, SYSTEM, keys.NewKey(name="Tills", role="manager"), now=now)
    new = invitations.NewInvitation(email="new@example.com", role="analyst")
    invited = await invitations.create(conn, SYSTEM, new, now=now)
    await incidents.open_for_device(
        conn, window_2.id, kind="offline", severity="warning", summary="Gone", now=now
    )
    [incident] = await incidents.list_open(conn, SYSTEM)
    hour = now + timedelta(hours=1)
    window = maintenance.NewWindow(store_id=lisbon.id, starts_at=now, ends_at=hour)
    work = await maintenance.plan(conn, SYSTEM, window, now=now)
    return {
        "campaign_id": campaign.id,
        "claim_id": await conn.fetchval("SELECT id FROM device_claims WHERE name = 'Door'"),
        "command_id": command.id,
        "content_id": menu.id,
        "device_id": window_2.id,
        "feed_id": feed.feed.id,
        "group_id": food.id,
        "incident_id": incident.id,
        "invitation_id": invited.invitation.id,
        "item_id": playlist.items[0].id,
        "key_id": key.key.id,
        "playlist_id": playlist.id,
        "schedule_id": schedule.id,
        "store_id": lisbon.id,
        "user_id": bruno.id,
        "window_id": work.id,
    }


@pytest.fixture
def routes(app) -> list[Route]:
    """Every route of the portal and the admin API."""
    return routes_of(app, ("", PAGES), (API, CALLS))


@pytest.fixture
def readings(routes) -> list[Route]:
    """Every route that only reads."""
    return [route for route in routes if route.method == "GET"]


@pytest.fixture
def changes(routes) -> list[Route]:
    """Every route that changes something."""
    return [route for route in routes if route.method in UNSAFE]


@pytest.fixture
async def ana(sign_in, admin) -> Browser:
    """Ana's browser in the portal."""
    return await browser_of(sign_in, admin)
