"""The library: found by what people say of it, in any order, page by page, and by indexes."""

from datetime import timedelta

import pytest

from signage import campaigns, content, content_approvals, content_library, content_recall
from signage.actors import SYSTEM
from signage.content import Filters
from signage.content_library import COUNTED_MAX
from signage.errors import Invalid
from signage.ids import new_id
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.signage.content_cast import add, require_approval, show


async def names(conn, now, *, sort="name", **filters):
    page = await content.list_page(conn, Filters(**filters), sort=sort, now=now)
    found = [item.name for item in page.items]
    assert await content.count(conn, Filters(**filters), now=now) == len(found)
    return found


@pytest.fixture
async def library(conn, manager, window_2, now):
    """One content in each state, named by it."""
    in_days = {days: now + timedelta(days=days) for days in (-1, 3, 90)}
    posters = await add(conn, "live", now)
    await show(conn, Target("device", window_2.id), now, NewItem(content_id=posters.id))
    await add(conn, "expiring", now, valid_until=in_days[3], tags=["tea"])
    await add(conn, "lasting", now, valid_until=in_days[90], folder="Autumn/Tea")
    await add(conn, "expired", now, valid_until=in_days[-1], folder="Autumn")
    await add(conn, "planned", now, publish_at=in_days[3], folder="Autumnal")
    await add(conn, "scheduled", now, valid_from=in_days[3])
    await add(conn, "draft", now, draft=True)
    recalled = await add(conn, "recalled", now)
    await content_recall.recall(conn, SYSTEM, recalled.id, now=now)
    archived = await add(conn, "archived", now)
    await content.archive(conn, SYSTEM, archived.id, now=now)
    await require_approval(conn, now)
    await add(conn, "in_review", now, actor=manager)
    rejected = await add(conn, "rejected", now, actor=manager)
    await content_approvals.reject(conn, SYSTEM, rejected.id, reason="Blurred", now=now)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"state": "live"}, ["expiring", "lasting", "live"]),
        ({"state": "expired"}, ["expired"]),
        ({"state": "scheduled"}, ["planned", "scheduled"]),
        ({"state": "draft"}, ["draft"]),
        ({"state": "in_review"}, ["in_review"]),
        ({"state": "rejected"}, ["rejected"]),
        ({"state": "recalled"}, ["recalled"]),
        ({"state": "archived"}, ["archived"]),
        ({"expiring": True}, ["expiring"]),
        ({"folder": "Autumn"}, ["expired", "lasting"]),
        ({"folder": "/Autumn/Tea/"}, ["lasting"]),
        ({"folder": "Autumn%"}, []),
        ({"tag": "tea"}, ["expiring"]),
        ({"unused": False}, ["live"]),
        ({"q": "LIV"}, ["live"]),
        ({"q": "%"}, []),
        ({"kind": "video"}, []),
        ({"owner_id": new_id()}, []),
        ({"campaign_id": new_id()}, []),
    ],
)
async def test_a_filter_finds_what_it_says(conn, library, now, filters, found):
    assert await names(conn, now, **filters) == found


async def test_every_state_is_said_as_its_filter_has_it(conn, library, now):
    page = await content.list_page(conn, limit=100, now=now)

    said = {item.name: item.state for item in page.items}
    assert said == {
        "live": "live",
        "expiring": "live",
        "lasting": "live",
        "expired": "expired",
        "planned": "scheduled",
        "scheduled": "scheduled",
        "draft": "draft",
        "recalled": "recalled",
        "in_review": "in_review",
        "rejected": "rejected",
    }
    assert "archived" not in said


async def test_what_nobody_uses_is_found_and_whose_it_is(conn, library, manager, now):
    assert "live" not in await names(conn, now, unused=True)
    assert await names(conn, now, owner_id=manager.id) == ["in_review", "rejected"]


async def test_it_is_found_by_its_campaign(conn, now):
    booked = await campaigns.create(conn, SYSTEM, campaigns.NewCampaign(name="Tea weeks"), now=now)
    await add(conn, "Tea", now, campaign_id=booked.id)

    assert await names(conn, now, campaign_id=booked.id) == ["Tea"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["A", "B", "B", "C"]),
        ("-name", ["C", "B", "B", "A"]),
        ("created_at", ["B", "A", "C", "B"]),
        ("-created_at", ["B", "C", "A", "B"]),
        ("-updated_at", ["B", "C", "A", "B"]),
        ("valid_until", ["C", "B", "B", "A"]),
    ],
)
async def test_every_order_goes_on_where_its_cursor_says(conn, now, sort, order):
    ends = {"first B": 9, "A": None, "C": 1, "last B": 2}
    for minutes, (name, days) in enumerate(ends.items()):
        at = now + timedelta(minutes=minutes)
        until = None if days is None else now + timedelta(days=days)
        await add(conn, name[-1], at, valid_until=until)

    seen, cursor = [], None
    while True:
        page = await content.list_page(
            conn, sort=sort, limit=1, cursor=cursor, now=now + timedelta(hours=1)
        )
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert [item.name for item in seen] == order
    assert len({item.id for item in seen}) == 4


async def test_a_cursor_of_another_order_is_refused(conn, now):
    for name in ("A", "B"):
        await add(conn, name, now)
    page = await content.list_page(conn, sort="name", limit=1, now=now)

    with pytest.raises(Invalid) as refused:
        await content.list_page(conn, sort="-created_at", cursor=page.next_cursor, now=now)
    assert refused.value.errors[0].pointer == "/cursor"


async def test_a_count_has_an_end(conn, now, monkeypatch):
    monkeypatch.setattr(content_library, "COUNTED_MAX", 1)
    for name in ("A", "B", "C"):
        await add(conn, name, now)

    assert await content.count(conn, now=now) == 2
    assert COUNTED_MAX == 10_000


@pytest.fixture
async def crowded(conn, now):
    """5,000 contents, which is enough for the planner to want an index."""
    await conn.execute(
        """
        WITH made AS (
            INSERT INTO content (id, name, kind, folder, latest_version, created_at, updated_at)
            SELECT gen_random_uuid(), 'Poster ' || n, 'image', 'Folder ' || n % 100, 1,
                   $1::timestamptz - n * interval '1 minute',
                   $1::timestamptz - n * interval '1 minute'
            FROM generate_series(1, 5000) AS n
            RETURNING id, created_at
        )
        INSERT INTO content_versions (id, content_id, version, url, bytes, mime, created_at)
        SELECT gen_random_uuid(), id, 1, 'https://example.com', 0, 'text/html', created_at
        FROM made
        """,
        now,
    )
    await conn.execute("SET LOCAL ROLE NONE")
    await conn.execute("ANALYZE content, content_versions")


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("-created_at", "content_recent"),
        ("name", "content_name"),
        ("-updated_at", "content_changed"),
        ("valid_until", "content_expiry"),
    ],
)
async def test_a_page_is_read_from_an_index(conn, crowded, now, sort, index):
    statements = []
    fetch = conn.fetch

    class Explained:
        async def fetch(self, statement, *values):
            statements.append(await fetch(f"EXPLAIN {statement}", *values))
            return await fetch(statement, *values)

    page = await content.list_page(Explained(), sort=sort, limit=48, now=now)

    assert len(page.items) == 48
    plan = "\n".join(row[0] for row in statements[0])
    assert index in plan
