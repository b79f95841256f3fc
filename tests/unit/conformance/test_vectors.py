"""The golden vectors: what is in the files is what the product does, and what was meant."""

import json
import runpy
from datetime import timedelta

import pytest

from signage import planning
from tests.unit.conformance import vectors
from tests.unit.conformance.stories import STORIES, Story

RUNNER = vectors.VECTORS.parent / "run.py"
MINUTE = timedelta(minutes=1)

each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


@each_story
def test_the_file_is_what_the_product_makes_of_the_story(story: Story) -> None:
    file = vectors.VECTORS / f"{story.name}.json"
    assert file.read_text(encoding="utf-8") == vectors.text_of(vectors.vector_of(story)), (
        "python -m tests.unit.conformance.vectors writes them anew"
    )


def test_there_is_no_file_that_no_story_tells() -> None:
    files = {file.stem for file in vectors.VECTORS.glob("*.json")}
    assert files == {story.name for story in STORIES}


@each_story
def test_the_windows_are_those_that_were_worked_out_by_hand(story: Story) -> None:
    found = vectors.vector_of(story)["plan"]["windows"]
    names = {one["id"]: one["name"] for one in vectors.inputs_of(story)["schedules"]}
    playlists = {vectors.name_of("playlist", name): name for name in _playlists(story)}
    plan = vectors.vector_of(story)["plan"]
    assert [
        (
            vectors.instant(window["from"]),
            vectors.instant(window["until"]),
            names[window["schedule_id"]]
            if window["schedule_id"]
            else playlists[plan["playlists"][window["playlist"]]["playlist_id"]],
        )
        for window in found
    ] == [
        (vectors.stated(story, since), vectors.stated(story, until), who)
        for since, until, who in story.windows
    ]


def _playlists(story: Story) -> set[str]:
    return {*vectors.PLAYLISTS, *story.playlists}


def test_the_runner_passes_and_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    runner = runpy.run_path(str(RUNNER))
    assert runner["main"]() == 0
    assert capsys.readouterr().out.endswith(f"{len(STORIES)} vectors, 0 failed.\n")


def test_the_runner_fails_for_a_plan_that_was_changed(tmp_path, capsys) -> None:
    vector = vectors.vector_of(next(one for one in STORIES if one.name == "weights"))
    vector["plan"]["windows"] = []
    (tmp_path / "weights.json").write_text(json.dumps(vector))
    assert runpy.run_path(str(RUNNER))["main"](tmp_path) == 1
    assert "FAIL weights: the plan's bytes have another ETag" in capsys.readouterr().out


def test_the_runner_fails_for_a_moment_that_is_another(tmp_path, capsys) -> None:
    vector = vectors.vector_of(next(one for one in STORIES if one.name == "daily-in-store-time"))
    vector["moments"][0]["content_id"] = "something"
    (tmp_path / "day.json").write_text(json.dumps(vector))
    assert runpy.run_path(str(RUNNER))["main"](tmp_path) == 1
    assert "it shows None version None" in capsys.readouterr().out


@each_story
def test_an_explanation_names_whom_the_plan_plays(story: Story) -> None:
    found = vectors.read_inputs(vectors.inputs_of(story))
    since, until = planning.horizon(vectors.instant(story.now))
    edges = {since, *(vectors.stated(story, one) for w in story.windows for one in w[:2])} - {until}
    windows = planning.resolve(found, since, until)
    for at in edges:
        playing = [window.source.id for window in windows if window.start <= at < window.end]
        winner = planning.explain(found, at).winner
        assert ([winner.source.id] if winner else []) == playing
