"""Vectors: stories written out as JSON, read back as inputs, and resolved by the product."""

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from signage import planning
from signage.planning import (
    Assignment,
    Content,
    ContentVersion,
    Inputs,
    Library,
    Playlist,
    PlaylistItem,
    Publication,
    Schedule,
)
from tests.unit.conformance.stories import STORIES, Story

Json = dict[str, Any]

VECTORS = Path(__file__).parents[3] / "docs" / "conformance" / "vectors"
NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
PLAYLISTS: dict[str, list[Json]] = {
    "menu": [{"content": "soup"}, {"content": "salad"}],
    "offers": [{"content": "shoes"}],
}
CONTENT: dict[str, Json] = {name: {} for name in ("soup", "salad", "shoes", "bread")}


def name_of(kind: str, name: object) -> str:
    """Return the id that a thing of a story always has."""
    return str(uuid5(NAMESPACE, f"{kind} {name}"))


def inputs_of(story: Story) -> Json:
    """Return the story's inputs as a vector holds them."""
    playlists = PLAYLISTS | story.playlists
    content = {name: found | story.content.get(name, {}) for name, found in CONTENT.items()}
    content |= {name: found for name, found in story.content.items() if name not in content}
    return {
        "store": {
            "timezone": story.timezone,
            "opening_hours": story.opening_hours,
            "closures": story.closures,
            "special_days": story.special_days,
        },
        "schedules": [_named("schedule", one["name"], one) for one in story.schedules],
        "assignments": [
            _named("assignment", f"{one['layer']} {one['playlist']}", one)
            for one in story.assignments
        ],
        "playlists": {
            name_of("playlist", name): [
                _item(name, number, item) for number, item in enumerate(items)
            ]
            for name, items in playlists.items()
        },
        "content": {name_of("content", name): _content(name, one) for name, one in content.items()},
    }


def read_inputs(found: Json) -> Inputs:
    """Return a vector's inputs as the resolver takes them."""
    store = found["store"]
    special = {date.fromisoformat(day): hours for day, hours in store["special_days"].items()}
    closures = [date.fromisoformat(day) for day in store["closures"]]
    return Inputs(
        store=planning.read_store(store["timezone"], store["opening_hours"], closures, special),
        schedules=tuple(_read_schedule(one) for one in found["schedules"]),
        assignments=tuple(
            Assignment(
                id=UUID(one["id"]),
                playlist_id=UUID(one["playlist_id"]),
                layer=one["layer"],
                group_rank=one.get("group_rank", 0),
            )
            for one in found["assignments"]
        ),
        library=Library(
            {UUID(key): _read_playlist(key, items) for key, items in found["playlists"].items()},
            {UUID(key): _read_content(key, one) for key, one in found["content"].items()},
        ),
    )


def vector_of(story: Story) -> Json:
    """Return the whole vector: inputs, and the plan the product makes of them."""
    found = inputs_of(story)
    plan = planning.build(read_inputs(found), instant(story.now))
    return {
        "name": story.name,
        "rule": story.rule,
        "now": story.now,
        "inputs": found,
        "etag": plan.etag,
        "plan": plan.document,
        "moments": [_moment(story, at, shown) for at, shown in story.shown],
    }


def text_of(vector: Json) -> str:
    """Return the vector as its file holds it."""
    return json.dumps(vector, indent=1, ensure_ascii=False) + "\n"


def instant(text: str) -> datetime:
    """Return an RFC 3339 instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


def stated(story: Story, text: str) -> datetime:
    """Return an expected instant, ``11-23 07:00`` in the year of the story."""
    return datetime.fromisoformat(f"{story.now[:4]}-{text}").replace(tzinfo=UTC)


def _named(kind: str, name: str, values: Json) -> Json:
    rest = {key: value for key, value in values.items() if key != "playlist"}
    playlist_id = name_of("playlist", values["playlist"])
    return {"id": name_of(kind, name), "playlist_id": playlist_id} | rest


def _item(playlist: str, number: int, item: Json) -> Json:
    rest = {key: value for key, value in item.items() if key not in {"content", "playlist"}}
    what = {
        f"{kind}_id": name_of(kind, item[kind]) for kind in ("content", "playlist") if kind in item
    }
    return {"id": name_of("item", f"{playlist} {number}")} | what | rest


def _content(name: str, values: Json) -> Json:
    kind = values.get("kind", "image")
    versions = [
        {
            "id": name_of("version", f"{name} {number}"),
            "version": number,
            "mime": "video/mp4" if kind == "video" else "image/png",
            "sha256": name_of("bytes", f"{name} {number}").replace("-", "") * 2,
            "bytes": 1000,
            "duration_ms": values.get("duration_ms"),
        }
        for number in range(1, values.get("versions", 1) + 1)
    ]
    live = values.get("live", [["2026-01-01T00:00:00Z", 1]])
    rest = {
        key: value
        for key, value in values.items()
        if key not in {"versions", "live", "duration_ms", "kind"}
    }
    return {
        "name": name,
        "kind": kind,
        "versions": versions,
        "publications": [{"live_from": at, "version": version} for at, version in live],
    } | rest


def _read_schedule(one: Json) -> Schedule:
    values = dict(one)
    for key in ("exdates", "rdates"):
        values[key] = tuple(date.fromisoformat(day) for day in values.get(key, ()))
    for key in ("start_time", "end_time"):
        values[key] = values[key] and time.fromisoformat(values[key])
    values["starts_on"] = date.fromisoformat(values["starts_on"])
    values["created_at"] = instant(values["created_at"])
    values |= {"id": UUID(values["id"]), "playlist_id": UUID(values["playlist_id"])}
    return Schedule(**values)


def _read_playlist(key: str, items: list[Json]) -> Playlist:
    return Playlist(
        id=UUID(key),
        items=tuple(
            PlaylistItem(
                id=UUID(item["id"]),
                content_id=UUID(item["content_id"]) if "content_id" in item else None,
                playlist_id=UUID(item["playlist_id"]) if "playlist_id" in item else None,
                pinned_version=item.get("version"),
                duration_ms=item.get("duration_ms"),
                weight=item.get("weight", 1),
            )
            for item in items
        ),
    )


def _read_content(key: str, one: Json) -> Content:
    values = {name: value for name, value in one.items() if name != "name"}
    values["versions"] = tuple(
        ContentVersion(**{**version, "id": UUID(version["id"])}) for version in one["versions"]
    )
    values["publications"] = tuple(
        Publication(live_from=instant(found["live_from"]), version=found["version"])
        for found in one["publications"]
    )
    for name in ("valid_from", "valid_until"):
        if name in values:
            values[name] = instant(values[name])
    return Content(id=UUID(key), **values)


def _moment(story: Story, at: str, shown: str | None) -> Json:
    name, _, version = (shown or "").partition(" ")
    return {
        "at": stated(story, at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "content_id": name_of("content", name) if shown else None,
        "version": int(version or 1) if shown else None,
    }


def write() -> None:
    """Write every vector; what no story tells any more is taken away."""
    VECTORS.mkdir(parents=True, exist_ok=True)
    for old in VECTORS.glob("*.json"):
        old.unlink()
    for story in STORIES:
        (VECTORS / f"{story.name}.json").write_text(text_of(vector_of(story)), encoding="utf-8")


if __name__ == "__main__":
    write()
