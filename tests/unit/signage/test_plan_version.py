"""What plans are made by: newer rules or time zones make them anew, older ones do not."""

import zoneinfo

import pytest
import tzdata

import playbill
from signage import plan_version, plans
from signage.plan_version import Version

FIRST = Version(1, "2026a")


@pytest.fixture
async def made(conn, window_2, now) -> str:
    """The tag of a plan made by the first rules."""
    await plan_version.adopt(conn, own=FIRST, now=now)
    return await plans.due(conn, window_2.id, now=now)


async def outdated(conn) -> bool:
    return await conn.fetchval("SELECT plan_wanted > plan_made FROM devices")


async def test_the_first_program_outdates_nothing(conn, window_2, now):
    assert await plan_version.adopt(conn, own=FIRST, now=now) == 0
    assert await plan_version.find(conn) == FIRST


@pytest.mark.parametrize("newer", [Version(1, "2026b"), Version(2, "2025z"), Version(1, "2027a")])
async def test_a_newer_program_makes_every_plan_anew(conn, made, newer, now):
    assert not await outdated(conn)

    assert await plan_version.adopt(conn, own=newer, now=now) == 1
    assert await outdated(conn)
    assert await plan_version.find(conn) == newer


@pytest.mark.parametrize("older", [FIRST, Version(1, "2025z"), Version(0, "2027a")])
async def test_the_same_or_an_older_program_leaves_them(conn, made, older, now):
    assert await plan_version.adopt(conn, own=older, now=now) == 0
    assert not await outdated(conn)
    assert await plan_version.find(conn) == FIRST


def test_the_time_zones_are_those_of_the_locked_package():
    assert playbill
    assert zoneinfo.TZPATH == ()
    assert plan_version.OWN.time_zones == tzdata.IANA_VERSION
