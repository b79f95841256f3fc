"""Taking screens over in the portal: the screens are named first, a banner stands above all."""

import pytest

from signage import assignments, takeovers
from signage.actors import SYSTEM
from signage.takeovers import NewTakeover
from signage.targets import Target


@pytest.fixture
def on_screen(playlist, window_2):
    """The form for ten minutes of "Always on" on Window 2."""
    target = f"device:{window_2.id}"
    return {"playlist_id": str(playlist.id), "target": target, "minutes": "10"}


def query(values: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in values.items())


def banner(page) -> str:
    found = page.soup.select_one("#takeovers .callout")
    return " ".join(found.get_text(" ").split()) if found else ""


@pytest.mark.parametrize("page", ["device", "store", "overview", "group"])
async def test_it_begins_on_the_page_of_what_is_taken_over(
    enter, admin, window_2, food, page, lisbon
):
    path, target = {
        "device": (f"/devices/{window_2.id}", f"?target=device:{window_2.id}"),
        "store": (f"/stores/{lisbon.id}", f"?target=store:{lisbon.id}"),
        "group": (f"/groups/{food.id}", f"?target=group:{food.id}"),
        "overview": ("/", ""),
    }[page]
    somebody = await enter(admin)
    assert (await somebody.get(path)).links("Take over") == [f"/takeovers/new{target}"]
    form = await somebody.get(f"/takeovers/new{target}")
    [chosen] = form.soup.select('select[name="target"] option[selected]') or [None]
    assert (chosen["value"] if chosen else "") == target.partition("=")[2]


async def test_the_screens_are_named_before_it_begins(enter, manager, on_screen, lisbon, pair):
    await pair(lisbon, "Window 3")
    whole = on_screen | {"target": f"store:{lisbon.id}"}
    page = await (await enter(manager)).get(f"/takeovers/new?continue=1&{query(whole)}")
    assert page.heading == "Take over Lisbon?"
    assert "Always on interrupts 2 screens for 10 min, from now on." in page.text
    assert "Lisbon: 2 screens" in page.text
    [button] = page.soup.select('form[action="/takeovers"] button')
    assert button.get_text(strip=True) == "Take over 2 screens"
    assert page.form("/takeovers")["minutes"] == "10"


async def test_started_it_stands_above_every_page_until_it_ends(
    enter, manager, installer, on_screen, window_2, clock
):
    somebody = await enter(manager)
    made = await somebody.post("/takeovers", on_screen)
    assert (made.status, made.location) == (302, f"/devices/{window_2.id}")
    for path in ("/", "/content", f"/devices/{window_2.id}", "/takeovers"):
        words = banner(await somebody.get(path))
        assert words.startswith("Takeover: Always on on 1 screen (Window 2), ends in 10 min"), path
    watching = banner(await (await enter(installer)).get("/devices"))
    assert "Always on" in watching
    assert "End now" not in watching
    clock.pass_(minutes=10)
    assert banner(await somebody.get("/")) == ""


async def test_it_is_ended_early_from_wherever_one_is(enter, manager, on_screen, screen, conn, now):
    somebody = await enter(manager)
    await somebody.post("/takeovers", on_screen)
    page = await somebody.get("/content?q=menu")
    [form] = page.soup.select("#takeovers dialog form[action^='/takeovers/']")
    assert "1 screen" in form.get_text(" ")
    action = str(form["action"])
    ended = await somebody.post(action, {"next": page.form(action)["next"]})
    assert (ended.status, ended.location) == (302, "/content?q=menu")
    assert banner(await somebody.get("/")) == ""
    assert "Ended early" in (await somebody.get("/takeovers")).text
    assert (await somebody.post(action, {})).status == 409
    assert (await screen.get("/plan")).json["windows"] == []


async def test_what_is_next_is_a_page_of_ours(enter, manager, on_screen, conn):
    somebody = await enter(manager)
    await somebody.post("/takeovers", on_screen)
    takeover_id = await conn.fetchval("SELECT id FROM schedules")
    ended = await somebody.post(f"/takeovers/{takeover_id}/end", {"next": "//evil.example"})
    assert ended.location == "/takeovers"


@pytest.mark.parametrize("target", ["", "nonsense", "store:01a20000-0000-7000-8000-000000000000"])
async def test_the_fleet_is_never_chosen_for_somebody(enter, admin, playlist, target):
    page = await (await enter(admin)).get(f"/takeovers/new?target={target}")
    options = page.soup.select('select[name="target"] option')
    assert [option["value"] for option in options][:2] == ["", "fleet"]
    assert not [option for option in options if option.has_attr("selected") and option["value"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("playlist_id", ""),
        ("playlist_id", "01a20000-0000-7000-8000-000000000000"),
        ("target", ""),
        ("target", "store:01a20000-0000-7000-8000-000000000000"),
        ("minutes", "4"),
        ("minutes", "1441"),
        ("other_minutes", "soon"),
    ],
)
async def test_what_is_missing_or_wrong_is_said_at_its_field(
    enter, manager, on_screen, field, value
):
    somebody = await enter(manager)
    wrong = on_screen | {field: value}
    for answer in (
        await somebody.get(f"/takeovers/new?continue=1&{query(wrong)}"),
        await somebody.post("/takeovers", wrong),
    ):
        assert answer.status == 422
        assert answer.error_of(field)


async def test_who_has_some_stores_takes_over_no_more(enter, manager, on_screen, madrid):
    somebody = await enter(manager)
    for target in ("fleet", f"store:{madrid.id}"):
        answer = await somebody.post("/takeovers", on_screen | {"target": target})
        assert answer.status in (403, 422)
    options = (await somebody.get("/takeovers/new")).soup.select('select[name="target"] option')
    assert "fleet" not in [option["value"] for option in options]


async def test_a_banner_is_of_ones_own_screens(
    enter, manager, madrid_manager, admin, window_2, playlist, conn, food, now, analyst
):
    await assignments.put(conn, SYSTEM, Target("fleet"), playlist.id, now=now)
    for target in (Target("store", window_2.store_id), Target("group", food.id)):
        new = NewTakeover(playlist_id=playlist.id, target=target, minutes=5)
        await takeovers.start(conn, SYSTEM, new, now=now)
    count = {}
    for actor in (manager, madrid_manager, admin, analyst):
        page = await (await enter(actor)).get("/")
        count[actor.name] = len(page.soup.select("#takeovers > .callout"))
    assert count == {"Bruno": 1, "Marta": 0, "Ana": 2, "Clara": 0}


async def test_a_page_asks_once_and_only_for_who_watches(enter, conn, manager, analyst):
    for actor, statements in ((manager, 1), (analyst, 0)):
        somebody = await enter(actor)
        asked: list[str] = []
        with conn.query_logger(lambda record, asked=asked: asked.append(record.query)):
            await somebody.get("/proof-of-play")
        assert sum("takeovers." in query for query in asked) == statements
