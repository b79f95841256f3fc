"""Advertisers: each sees the plays of their own campaigns, by page, JSON and CSV, and no others."""

from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest

from signage import keys, quarantine, quarantine_replay, reports, sessions, users
from signage.actors import SYSTEM, Actor
from signage.errors import Forbidden
from signage.ids import new_id
from signage.report_query import ReportQuery
from tests.unit.callers import Caller
from tests.unit.conftest import PASSWORD
from tests.unit.signage import plays_cast
from tests.unit.signage.plays_cast import Cast, event, send

PERIOD = "from=2026-11-23&to=2026-11-23"
ASKED = ReportQuery(from_=date(2026, 11, 23), to=date(2026, 11, 23), group_by=["campaign"])


@pytest.fixture
async def cast(conn: asyncpg.Connection, now: datetime) -> Cast:
    """A screen that played a spot of the campaign "Winter coats", and a notice of none."""
    cast = await plays_cast.assemble(conn)
    await send(cast, event(cast, now), now=now)
    return cast


def advertiser(*campaign_ids: Any, store_ids: Any = ()) -> Actor:
    return Actor(
        kind="user", id=None, name="Artur", role="advertiser",
        store_ids=list(store_ids), campaign_ids=list(campaign_ids),
    )  # fmt: skip


async def plays(cast: Cast, actor: Actor, query: ReportQuery = ASKED) -> int:
    now = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    return (await reports.proof_of_play(cast.conn, actor, query, now=now)).totals.plays


async def test_an_advertiser_finds_the_plays_of_their_campaign_in_every_store(cast):
    assert await plays(cast, advertiser(cast.campaign)) == 1
    assert await plays(cast, advertiser(cast.campaign, store_ids=[cast.berlin])) == 1
    assert await plays(cast, advertiser(cast.campaign, store_ids=[cast.porto])) == 0


@pytest.mark.parametrize("campaigns", [[], [new_id()]])
@pytest.mark.parametrize("group_by", [[], ["campaign"], ["hour"], ["content", "day"]])
async def test_of_another_campaign_nothing_is_found(cast, campaigns, group_by):
    actor = advertiser(*campaigns)
    query = ReportQuery(from_=ASKED.from_, to=ASKED.to, group_by=group_by)

    assert await plays(cast, actor, query) == 0
    asked = ReportQuery(from_=ASKED.from_, to=ASKED.to, campaign_id=[cast.campaign])
    assert await plays(cast, actor, asked) == 0
    by_day = await reports.by_day(cast.conn, actor, ASKED)
    assert [day.plays for day in by_day] == [0]
    assert sum(map(sum, await reports.heat_map(cast.conn, actor, ASKED))) == 0
    assert await reports.top_content(cast.conn, actor, ASKED) == []
    pieces = [piece async for piece in reports.proof_of_play_csv(cast.conn, actor, query)]
    assert b"".join(pieces).count(b"\r\n") == 1


async def test_plays_of_no_campaign_are_nobodys(cast, now):
    started = now.replace(minute=30)
    await send(cast, event(cast, started, item_id=cast.notice_item), now=started)

    assert await plays(cast, advertiser(cast.campaign)) == 1


def test_an_advertiser_that_nobody_gave_campaigns_has_none():
    actor = Actor(kind="user", id=None, name="Artur", role="advertiser")

    assert actor.campaign_ids == []


async def test_what_is_of_no_campaign_is_not_theirs(cast, now):
    actor = advertiser(cast.campaign, store_ids=[cast.berlin])

    with pytest.raises(Forbidden):
        await quarantine.list_for(cast.conn, actor)
    with pytest.raises(Forbidden):
        await quarantine_replay.replay(cast.conn, actor, [], now=now)


# Through the doors --------------------------------------------------------------------------------


@pytest.fixture
async def other(conn: asyncpg.Connection, now: datetime) -> Any:
    """A campaign that somebody else booked."""
    other_id = new_id()
    await plays_cast.say(conn, "campaigns", other_id, "Summer hats", now)
    return other_id


async def by_key(app: Any, cast: Cast, now: datetime, *campaign_ids: Any) -> Caller:
    key = await keys.add(
        cast.conn, SYSTEM, name="Brand", role="advertiser", campaign_ids=list(campaign_ids), now=now
    )
    return Caller(app, "/v1/admin", Authorization=f"Bearer {key}")


async def test_json_and_csv_hold_own_campaigns_only(app, cast, other, now):
    for campaign, count in ((cast.campaign, 1), (other, 0)):
        caller = await by_key(app, cast, now, campaign)
        asked = f"/reports/proof-of-play?{PERIOD}&group_by=campaign"
        report = (await caller.get(asked)).json
        assert (report["totals"]["plays"], len(report["rows"])) == (count, count)
        csv = await caller.get(asked.replace("?", ".csv?"))
        assert csv.body.count(b"Winter coats") == count
        [listed] = (await caller.get("/campaigns")).json["items"]
        assert listed["id"] == str(campaign)


async def test_another_advertisers_campaign_is_absent(app, cast, other, now):
    caller = await by_key(app, cast, now, other)

    theirs = await caller.get(f"/campaigns/{cast.campaign}")
    absent = await caller.get(f"/campaigns/{new_id()}")

    assert theirs.status == absent.status == 404
    assert (await caller.get(f"/campaigns/{other}")).status == 200
    assert (await caller.get("/stores")).status == 403


async def test_the_page_holds_own_campaigns_only(app, cast, other, now, conn):
    for email, campaign, seen in (("a@x.de", cast.campaign, True), ("b@x.de", other, False)):
        page = await _page(app, conn, now, email, campaign)
        assert (b"Coat spot" in page or b"Winter coats" in page) is seen
        assert (b"Summer hats" in page) is not seen


async def _page(app: Any, conn: Any, now: datetime, email: str, campaign: Any) -> bytes:
    user = await users.add(
        conn, SYSTEM, email=email, name="Artur", role="advertiser", password=PASSWORD,
        campaign_ids=[campaign], now=now,
    )  # fmt: skip
    begun = await sessions.begin(conn, user, address="", user_agent="", now=now)
    caller = Caller(app, "")
    cookie = app.extensions["QUART_AUTH"][0].dump_token(begun.token, app)
    caller.client.set_cookie("localhost", "playbill", cookie)
    answer = await caller.get(f"/proof-of-play?{PERIOD}&group_by=campaign")
    assert answer.status == 200
    return answer.body
