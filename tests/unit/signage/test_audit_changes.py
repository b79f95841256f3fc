"""What an entry changed, in words: only what differs, ids as names, lists as what came and went."""

import pytest

from signage import audit_changes, audit_words
from signage.audit_changes import LISTED_MAX, VALUE_MAX_CHARS, Change
from signage.ids import new_id

LISBON, MADRID, FOOD, TILLS = (str(new_id()) for _ in range(4))
NAMES = {LISBON: "Lisbon", MADRID: "Madrid", FOOD: "Food counters", TILLS: "Tills"}


def between(before, after):
    return audit_changes.between(before, after, NAMES)


def test_only_what_differs_is_told():
    before = {"name": "Window 2", "notes": "", "revision": 1}
    after = {"name": "Window 3", "notes": "", "revision": 2}

    assert between(before, after) == [Change("name", "Name", "Window 2", "Window 3")]


def test_ids_are_told_by_name():
    [change] = between({"store_id": LISBON}, {"store_id": MADRID})

    assert (change.label, change.before, change.after) == ("Store", "Lisbon", "Madrid")


def test_an_id_nobody_knows_stays_an_id():
    gone = str(new_id())
    [change] = between({"store_id": gone}, {"store_id": MADRID})

    assert change.before == gone


def test_lists_tell_what_came_and_what_went():
    [change] = between({"group_ids": [FOOD]}, {"group_ids": [TILLS]})

    assert (change.added, change.removed) == (["Tills"], ["Food counters"])
    assert (change.before, change.after) == (None, None)


def test_one_of_two_equal_items_that_went_is_told():
    item = {"content_id": FOOD, "duration_ms": 10_000}
    [change] = between({"items": [item, item]}, {"items": [item]})

    assert change.removed == ["Food counters, 10 s"]


def test_another_order_is_a_change():
    [change] = between({"group_ids": [FOOD, TILLS]}, {"group_ids": [TILLS, FOOD]})

    assert (change.before, change.after) == ("Another order", "This order")


def test_a_long_list_is_cut_and_says_so():
    [change] = between({}, {"tags": [f"tag {n}" for n in range(LISTED_MAX + 5)]})

    assert len(change.added) == LISTED_MAX
    assert change.unlisted == 5


def test_a_long_text_is_cut():
    [change] = between({"notes": "x"}, {"notes": "y" * 10_000})

    assert change.after == "y" * VALUE_MAX_CHARS + "..."


def test_objects_are_told_by_their_parts():
    before = {"opening_hours": {"mon": [["08:00", "20:00"]]}}
    after = {"opening_hours": {"mon": [["09:00", "20:00"]]}}
    [change] = between(before, after)

    assert change.label == "Opening hours, mon"
    assert (change.removed, change.added) == (["08:00 to 20:00"], ["09:00 to 20:00"])


@pytest.mark.parametrize("nothing", [None, "", []])
def test_nothing_in_another_form_is_no_change(nothing):
    assert between({"notes": None}, {"notes": nothing}) == []


def test_what_was_made_shows_all_it_has_and_what_was_taken_away_all_it_had():
    assert between(None, {"name": "Tills", "rank": None}) == [Change("name", "Name", None, "Tills")]
    assert between({"enabled": False}, None) == [Change("enabled", "Enabled", "No", None)]


# Sentences ----------------------------------------------------------------------------------------


def told(action, entity="device", name="Window 2", before=None, after=None):
    return audit_words.sentence(action, entity, name, before, after, NAMES)


@pytest.mark.parametrize(
    ("action", "entity", "sentence"),
    [
        ("stores.create", "store", "Created the store Window 2"),
        ("schedules.archive", "schedule", "Archived the schedule Window 2"),
        ("content.publish", "content", "Published the content Window 2"),
        ("users.add", "user", "Added the person Window 2"),
        ("content.modify", "content", "Modified the content Window 2"),
        ("webhooks.send_test", "webhook", "Sent test: webhook Window 2"),
        ("sessions.begin", "user", "Signed in"),
        ("claims.approve", "claim", "Approved a screen that asked to be paired"),
        ("x", "thing_of_theirs", "Xed the thing of theirs Window 2"),
    ],
)
def test_an_action_is_told_as_a_sentence(action, entity, sentence):
    assert told(action, entity) == sentence


def test_a_new_name_alone_is_a_renaming():
    before, after = {"name": "Window 2", "notes": ""}, {"name": "Window 3", "notes": ""}

    sentence = told("devices.change", name="Window 3", before=before, after=after)
    assert sentence == "Renamed the screen Window 2 to Window 3"


@pytest.mark.parametrize("state", ["retired", "revoked", "active"])
def test_a_new_state_alone_is_told_by_what_it_means(state):
    sentence = told("devices.change", before={"status": "x"}, after={"status": state})

    assert sentence == audit_words.STATES[state].format(noun="screen", name="Window 2")


def test_a_playlist_is_told_by_its_name():
    sentence = told("assignments.put", after={"playlist_id": LISBON})

    assert sentence == "Gave Window 2 the playlist Lisbon"


def test_what_somebody_typed_is_never_a_template():
    sentence = told("stores.create", "store", "{noun} {name.__class__}")

    assert sentence == "Created the store {noun} {name.__class__}"
