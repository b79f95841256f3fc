"""One moment of a screen's plan, as its page and the plan explorer show it."""

from typing import Any

import asyncpg

from portal import args, plan_stretch, plan_timeline, played, reasons
from portal.plan_stretch import Stretch
from signage import explanations, plan_history, plan_previews
from signage.actors import Actor
from signage.devices import Device
from signage.plan_previews import WhatIf
from web.services import now


async def load(
    conn: asyncpg.Connection,
    actor: Actor,
    device: Device,
    stretch: Stretch,
    *,
    what_if: WhatIf | None = None,
) -> dict[str, Any]:
    """Return the timeline, why what plays does, and for a past moment what was told of it."""
    preview = await plan_previews.of_device(
        conn,
        actor,
        device.id,
        since=stretch.since,
        until=stretch.until,
        what_if=what_if,
        now=now(),
    )
    explained = await explanations.explain(conn, device.id, at=stretch.at, now=now())
    history = None
    if stretch.at <= now():
        history = await plan_history.at_instant(conn, actor, device.id, at=stretch.at, now=now())
    before, after = stretch.steps()
    return {
        "stretch": stretch,
        "zooms": stretch.zooms(),
        "before_href": before,
        "after_href": after,
        "now_href": args.with_args(date=None, at=None),
        "resolution": plan_stretch.HOUR,
        "preview": preview,
        "timeline": plan_timeline.of_preview(preview, stretch, now=now()),
        "reach": plan_timeline.LAYER_WORDS,
        "reasons": reasons.entries(explained, stretch.tz, links=actor.may("program")),
        "played": played.tell(history, stretch) if history else None,
    }
