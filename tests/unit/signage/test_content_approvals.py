"""Approval: each version is decided by itself, by somebody other than who submitted it."""

from datetime import timedelta

import pytest

from signage import content, content_approvals, content_publications, content_versions
from signage.actors import SYSTEM
from signage.errors import Conflict, Forbidden, Invalid
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.signage.content_cast import actions, add, file, planned, require_approval, show

NOON = "2026-11-23T12:00:00Z"


@pytest.fixture
async def waiting(conn, manager, now):
    """A poster that Bruno submitted, where approval is required."""
    await require_approval(conn, now)
    return await add(conn, "Poster", now, actor=manager)


async def play(conn, window_2, content_id, now, **more):
    item = NewItem(content_id=content_id, **more)
    await show(conn, Target("device", window_2.id), now, item)


async def test_without_the_setting_nobody_has_to_approve(conn, manager, now):
    made = await add(conn, "Poster", now, actor=manager)

    assert (made.approval_state, made.live_version, made.state) == ("approved", 1, "live")


async def test_what_waits_for_approval_plays_nowhere(conn, waiting, window_2, now):
    await play(conn, window_2, waiting.id, now)

    assert (waiting.approval_state, waiting.live_version) == ("in_review", None)
    assert waiting.state == "in_review"
    assert await planned(conn, window_2.id, now) == []


async def test_an_approved_version_plays(conn, admin, waiting, window_2, now):
    await play(conn, window_2, waiting.id, now)

    after = await content_approvals.approve(conn, admin, waiting.id, now=now)

    assert (after.state, after.decided_by) == ("approved", admin.id)
    assert await planned(conn, window_2.id, now) == [(1, NOON, None)]
    assert await actions(conn, waiting.id) == ["content.create", "content.approve"]


async def test_while_a_new_version_waits_the_old_one_plays_on(
    conn, admin, manager, waiting, window_2, now
):
    await content_approvals.approve(conn, admin, waiting.id, now=now)
    await play(conn, window_2, waiting.id, now)

    added = await content_versions.add(conn, manager, waiting.id, file("New"), now=now)

    assert (added.approval_state, added.live) == ("in_review", False)
    found = await content.find(conn, waiting.id, now=now)
    assert (found.state, found.live_version, found.version) == ("in_review", 1, 2)
    assert await planned(conn, window_2.id, now) == [(1, NOON, None)]


async def test_an_item_pinned_to_a_version_that_waits_does_not_play(
    conn, admin, manager, waiting, window_2, now
):
    await content_approvals.approve(conn, admin, waiting.id, now=now)
    await content_versions.add(conn, manager, waiting.id, file("New"), now=now)
    await play(conn, window_2, waiting.id, now, version=2)

    assert await planned(conn, window_2.id, now) == []
    await content_approvals.approve(conn, admin, waiting.id, now=now)
    assert await planned(conn, window_2.id, now) == [(2, None, None)]


async def test_it_goes_live_when_it_is_due_not_when_it_is_approved(conn, admin, manager, now):
    await require_approval(conn, now)
    tomorrow = now + timedelta(days=1)
    early = await add(conn, "Early", now, actor=manager, publish_at=tomorrow)
    late = await add(conn, "Late", now, actor=manager, publish_at=tomorrow)

    await content_approvals.approve(conn, admin, early.id, now=now)
    after = now + timedelta(days=2)
    await content_approvals.approve(conn, admin, late.id, now=after)

    assert (await content.find(conn, early.id, now=now)).next_live_from == tomorrow
    assert await content_publications.live(conn, late.id, now=after) == (
        content_publications.Publication(1, after)
    )


async def test_nobody_approves_their_own(conn, admin, manager, waiting, now):
    with pytest.raises(Forbidden) as refused:
        await content_approvals.approve(conn, manager, waiting.id, now=now)
    assert "Somebody else" in refused.value.detail

    await require_approval(conn, now, own_approval_allowed=True)
    assert (await content_approvals.approve(conn, manager, waiting.id, now=now)).version == 1


async def test_a_rejection_says_why_and_can_be_submitted_again(conn, admin, manager, waiting, now):
    await content_approvals.reject(conn, admin, waiting.id, reason=" Blurred ", now=now)

    found = await content.find(conn, waiting.id, now=now)
    assert (found.state, found.rejection_reason) == ("rejected", "Blurred")
    assert found.state_reason == "Rejected: Blurred"
    again = await content_approvals.submit(conn, manager, waiting.id, now=now)
    assert (again.state, again.reason) == ("in_review", None)
    assert (await content.find(conn, waiting.id, now=now)).rejection_reason is None


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
async def test_a_rejection_needs_a_reason(conn, admin, waiting, now, reason):
    with pytest.raises(Invalid) as refused:
        await content_approvals.reject(conn, admin, waiting.id, reason=reason, now=now)

    assert refused.value.errors[0].pointer == "/reason"


async def test_a_reason_at_its_limit_is_kept(conn, admin, waiting, now):
    after = await content_approvals.reject(conn, admin, waiting.id, reason="x" * 1000, now=now)

    assert after.reason == "x" * 1000


async def test_a_draft_waits_until_it_is_submitted(conn, manager, now):
    draft = await add(conn, "Poster", now, actor=manager, draft=True)

    assert (draft.state, draft.live_version) == ("draft", None)
    submitted = await content_approvals.submit(conn, manager, draft.id, now=now)
    assert submitted.state == "approved"
    assert (await content.find(conn, draft.id, now=now)).live_version == 1


async def test_what_is_decided_is_not_decided_again(conn, admin, waiting, now):
    await content_approvals.approve(conn, admin, waiting.id, now=now)

    for verb in (content_approvals.approve, content_approvals.submit):
        with pytest.raises(Conflict) as refused:
            await verb(conn, admin, waiting.id, now=now)
        assert refused.value.code == "already_approved"
    with pytest.raises(Conflict):
        await content_approvals.reject(conn, admin, waiting.id, reason="Late", now=now)


async def test_a_version_that_waits_cannot_be_published(conn, admin, waiting, now):
    with pytest.raises(Conflict) as refused:
        await content_publications.publish(conn, admin, waiting.id, 1, now=now)

    assert refused.value.code == "not_approved"


async def test_who_may_not_program_decides_nothing(conn, installer, analyst, waiting, now):
    for actor in (installer, analyst):
        for verb in (content_approvals.approve, content_approvals.submit):
            with pytest.raises(Forbidden):
                await verb(conn, actor, waiting.id, now=now)
        with pytest.raises(Forbidden):
            await content_approvals.reject(conn, actor, waiting.id, reason="No", now=now)


async def test_a_version_that_an_older_process_added_counts_as_approved(conn, menu, window_2, now):
    await conn.execute("DELETE FROM content_approvals")
    await play(conn, window_2, menu.id, now)

    assert await planned(conn, window_2.id, now) == [(1, NOON, None)]
    with pytest.raises(Conflict):
        await content_approvals.approve(conn, SYSTEM, menu.id, now=now)
