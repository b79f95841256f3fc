"""The campaign of the kills, at a size that every run of the tests can afford."""

import pytest

from bench import proof_faults
from bench.proof_faults import Size
from bench.proof_report import Broken


async def test_what_was_acknowledged_is_counted_once_whatever_is_killed():
    size = Size(events=50_000, screens=10, together=100, faults=2)

    seen = (await proof_faults.killing(print, size)).seen

    assert (seen["Plays lost"], seen["Plays counted twice"]) == ("0", "0")
    assert seen["Rows, daily sums, sums by store, CSV"] == "50,000, 50,000, 50,000, 50,000"
    assert [seen[fault] for fault in ("PostgreSQL killed", "Workers killed")] == ["2 times"] * 2
    assert seen["Replies lost after the commit"] == "2"
    assert seen["Lost with synchronous_commit = off"].endswith(" acknowledged plays")


async def test_the_campaign_breaks_where_a_play_is_missing(monkeypatch):
    counted = proof_faults._counted

    async def one_less(dsn):
        true = await counted(dsn)
        return proof_faults.Counted(true.events - 1, true.daily, true.store, true.csv, 0)

    monkeypatch.setattr(proof_faults, "_counted", one_less)
    size = Size(events=200, screens=2, together=100, faults=0)

    with pytest.raises(Broken, match="events=199"):
        await proof_faults.killing(print, size)
