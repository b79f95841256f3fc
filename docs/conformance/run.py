"""Run the golden vectors against the rules a player needs, with nothing but the standard library.

``python docs/conformance/run.py`` checks, for every vector, that the plan's bytes hash to its ETag
and that ``on_screen`` below finds at each moment what the vector says. ``on_screen`` is all that a
player has to work out: port it, feed it the same files, and compare.
"""

import hashlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]

VECTORS = Path(__file__).with_name("vectors")
ETAG_CHARS = 32
MILLISECOND = timedelta(milliseconds=1)


def on_screen(plan: Json, at: datetime) -> Json | None:
    """Return the item whose turn it is at the instant, or None where nothing plays.

    The window is the one that covers the instant, its end excluded. Its loop is its playlist's
    items that are valid at the instant. The position in the loop is the time since the window's
    anchor, modulo the loop's length.
    """
    for window in plan["windows"]:
        if not _instant(window["from"]) <= at < _instant(window["until"]):
            continue
        items = plan["playlists"][window["playlist"]]["items"]
        loop = [item for item in items if _is_valid(item, at)]
        length_ms = sum(item["duration_ms"] for item in loop)
        if not length_ms:
            return None
        position_ms = (at - _instant(window["anchor"])) // MILLISECOND % length_ms
        for item in loop:
            if position_ms < item["duration_ms"]:
                return item
            position_ms -= item["duration_ms"]
    return None


def failures(vector: Json) -> list[str]:
    """Return what is wrong with a vector, in sentences."""
    wrong = []
    plan = vector["plan"]
    body = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if hashlib.sha256(body).hexdigest()[:ETAG_CHARS] != vector["etag"]:
        wrong.append("the plan's bytes have another ETag")
    for moment in vector["moments"]:
        item = on_screen(plan, _instant(moment["at"]))
        shown = plan["content"][item["content"]] if item else {}
        found = (shown.get("content_id"), shown.get("version"))
        if found != (moment["content_id"], moment["version"]):
            wrong.append(f"at {moment['at']} it shows {found[0]} version {found[1]}")
    return wrong


def main(directory: Path = VECTORS) -> int:
    """Check every vector; 1 if one fails."""
    failed = 0
    files = sorted(directory.glob("*.json"))
    for file in files:
        vector = json.loads(file.read_text(encoding="utf-8"))
        wrong = failures(vector)
        failed += bool(wrong)
        print(
            f"{'FAIL' if wrong else 'ok  '} {vector['name']}: {'; '.join(wrong) or vector['rule']}"
        )
    print(f"{len(files)} vectors, {failed} failed.")
    return 1 if failed or not files else 0


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_valid(item: Json, at: datetime) -> bool:
    begins, ends = item["not_before"], item["not_after"]
    return (begins is None or _instant(begins) <= at) and (ends is None or at < _instant(ends))


if __name__ == "__main__":
    sys.exit(main())
