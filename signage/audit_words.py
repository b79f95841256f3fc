"""The audit log in sentences: what an action did, to what, as somebody would tell it."""

from typing import Any

from signage.audit_names import Names

SENTENCES = {
    "assignments.put": "Gave {name} the playlist {playlist}",
    "assignments.remove": "Took the playlist {playlist} from {name}",
    "calendar_feeds.create": "Gave out an address of the calendar of {name}",
    "calendar_feeds.revoke": "Took back an address of the calendar of {name}",
    "claims.approve": "Approved a screen that asked to be paired",
    "claims.denied": "Turned away a screen that asked to be paired",
    "claims.open": "Prepared a code to pair a screen with",
    "claims.revoked": "Withdrew a pairing code",
    "claims.expect": "Prepared codes for screens that are expected",
    "commands.send": "Sent the command {kind} to {name}",
    "content.add_version": "Gave the content {name} a new version",
    "content.rename_folder": "Renamed a folder of content",
    "device_views.change": "Changed the saved view {name}",
    "device_views.remove": "Removed the saved view {name}",
    "device_views.save": "Saved the view {name}",
    "groups.follow_rule": "Let the group {name} follow its rule",
    "groups.reorder": "Put the groups into another order",
    "groups.set_devices": "Chose the screens of the group {name}",
    "groups.add_devices": "Put screens in the group {name}",
    "groups.remove_devices": "Took screens out of the group {name}",
    "incidents.acknowledge": "Took on the incident at {name}",
    "incidents.assign": "Gave the incident at {name} to somebody",
    "incidents.note": "Wrote a note on the incident at {name}",
    "incidents.resolve": "Resolved the incident at {name}",
    "incidents.snooze": "Put off the incident at {name}",
    "invitations.create": "Invited {email}",
    "invitations.send_again": "Sent the invitation to {email} again",
    "invitations.withdraw": "Withdrew the invitation to {email}",
    "keys.add": "Made the API key {name}",
    "maintenance.end": "Ended the maintenance of {name}",
    "maintenance.plan": "Planned maintenance of {name}",
    "media.collect": "Deleted files that nothing shows any more",
    "own_password.change": "Chose a new password",
    "pairing.redeem": "Paired the screen {name}",
    "pairing.replace": "Paired a new screen in the place of {name}",
    "playlists.move": "Changed the order of the playlist {name}",
    "quarantine.replay": "Judged {asked} events from quarantine again",
    "resets.open": "Asked for a link to choose a new password",
    "resets.use": "Chose a new password by a link",
    "sessions.begin": "Signed in",
    "sessions.end": "Signed out",
    "settings.change": "Changed the settings",
    "setup.open_link": "Printed the link for the first administrator",
    "two_factor.renew_codes": "Made new recovery codes",
    "two_factor.reset": "Took the second factor from {name}",
    "two_factor.turn_off": "Turned off the second factor",
    "two_factor.turn_on": "Turned on the second factor",
    "tokens.revoke_for_reuse": "Stopped the tokens of {name}: a used one was sent again",
}

STATES = {
    "retired": "Retired the {noun} {name}",
    "revoked": "Stopped the tokens of the {noun} {name}",
    "archived": "Archived the {noun} {name}",
    "disabled": "Disabled the {noun} {name}",
    "active": "Took the {noun} {name} back into service",
}
"""What a change of ``status`` or ``state`` alone amounts to."""

PAST = {
    "add": "Added",
    "begin": "Began",
    "deny": "Denied",
    "put": "Set",
    "reset": "Reset",
    "send": "Sent",
    "set": "Set",
    "set_up": "Set up",
    "undo": "Undid",
}
"""The past of verbs that do not just take -d or -ed."""

NOUNS = {"device": "screen", "key": "API key", "user": "person", "settings": "settings"}


def sentence(action: str, entity: str, name: str, before: Any, after: Any, names: Names) -> str:
    """Return what was done; an action that nobody put into words is still told readably."""
    old, new = _fields(before), _fields(after)
    template = SENTENCES.get(action) or _of_change(old, new) or _of_verb(action)
    told = {key: str(value) for key, value in (old | new).items() if isinstance(value, str | int)}
    playlist = names.get(told.get("playlist_id", ""), told.get("playlist", ""))
    values = told | {"name": name, "noun": noun(entity), "playlist": playlist}
    values |= {"was": str(old.get("name", ""))}
    return " ".join(template.format_map(_Blank(values)).split())


def noun(entity: str) -> str:
    """Return what people call a kind of thing."""
    return NOUNS.get(entity, entity.replace("_", " "))


def _of_change(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    if not old or not new:
        return None
    quiet = {"revision", "updated_at"}
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} - quiet
    if changed == {"name"}:
        return "Renamed the {noun} {was} to {name}"
    if len(changed) == 1 and changed <= {"status", "state"}:
        return STATES.get(str(new.get(changed.pop())))
    return None


def _of_verb(action: str) -> str:
    verb, _, rest = action.rpartition(".")[2].partition("_")
    whole = f"{verb}_{rest}" if rest else verb
    if whole in PAST:
        return f"{PAST[whole]} the {{noun}} {{name}}"
    past = PAST.get(verb) or _past(verb)
    if rest:
        return f"{past} {rest.replace('_', ' ')}: {{noun}} {{name}}"
    return f"{past} the {{noun}} {{name}}"


def _past(verb: str) -> str:
    if verb.endswith("ed"):
        return verb.capitalize()
    if verb.endswith("e"):
        return f"{verb}d".capitalize()
    if verb.endswith("y") and verb[-2:-1] not in "aeou":
        return f"{verb[:-1]}ied".capitalize()
    return f"{verb}ed".capitalize()


def _fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""
