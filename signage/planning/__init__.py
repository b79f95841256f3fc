"""Planning: from schedules to a plan. Pure functions: no I/O, no clock, no database.

Load what applies to a device into ``Inputs`` and call

* ``build(inputs, now) -> Plan``: the document a player gets, its bytes, etag and plan items;
* ``resolve(inputs, since, until) -> list[Window]``: what plays in any span, for calendars;
* ``explain(inputs, at) -> Explanation``: the winner of an instant and why the others lost;
* ``check(pattern)`` and ``parse(rrule)``: raise ``RuleError(code, detail, field)`` for what cannot
  be meant; ``occurrences(pattern, zone(name), since, until)``: when a pattern comes round;
* ``compare(before, after)``: where two such lists of windows differ, for the impact of a change;
* ``falls_on``, ``without`` and ``split``: one date of a series, and a series cut in two;
* ``read_store(...)``: a store from its hours as they are kept.

Instants are aware and in UTC, spans are half-open, zones are IANA names, durations milliseconds.
"""

from signage.planning.comparison import Difference, compare
from signage.planning.document import Memory, Plan, PlanItem, build, horizon
from signage.planning.explanation import Explanation, Verdict, explain
from signage.planning.inputs import (
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
from signage.planning.loops import flatten, playable
from signage.planning.opening import Store, open_intervals, read_store
from signage.planning.placing import zone
from signage.planning.recurrence import Occurrence, Pattern, check, occurrences
from signage.planning.resolution import Window, resolve
from signage.planning.rules import Rule, RuleError, parse
from signage.planning.series import falls_on, split, without

__all__ = [
    "Assignment",
    "Content",
    "ContentVersion",
    "Difference",
    "Explanation",
    "Inputs",
    "Library",
    "Memory",
    "Occurrence",
    "Pattern",
    "Plan",
    "PlanItem",
    "Playlist",
    "PlaylistItem",
    "Publication",
    "Rule",
    "RuleError",
    "Schedule",
    "Store",
    "Verdict",
    "Window",
    "build",
    "check",
    "compare",
    "explain",
    "falls_on",
    "flatten",
    "horizon",
    "occurrences",
    "open_intervals",
    "parse",
    "playable",
    "read_store",
    "resolve",
    "split",
    "without",
    "zone",
]
