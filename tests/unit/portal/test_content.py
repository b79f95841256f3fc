"""Content in the portal: the library, one content, and what is decided about it."""

from datetime import timedelta

import pytest

from signage import content, content_recall, content_versions
from signage.actors import SYSTEM
from signage.media import storage
from signage.outgoing import Answer
from signage.playlist_items import NewItem
from signage.targets import Target
from tests.unit.signage.content_cast import add, file, require_approval, show


@pytest.fixture
async def poster(conn, now):
    return await add(conn, "Poster", now, tags=["tea"], folder="Autumn/Tea")


@pytest.fixture
async def shown(conn, poster, window_2, now):
    """The poster on Window 2."""
    return await show(conn, Target("device", window_2.id), now, NewItem(content_id=poster.id))


async def test_the_library_is_the_same_as_pictures_and_as_a_table(enter, manager, poster, shown):
    somebody = await enter(manager)
    for view in ("", "?view=table"):
        page = await somebody.get(f"/content{view}")
        assert (page.status, page.heading) == (200, "Content")
        assert page.links("Poster") == [f"/content/{poster.id}"]
        [box] = page.soup.select('input[name="ids"]')
        assert (box["value"], box["form"]) == (str(poster.id), "bulk")
        assert page.soup.select_one(".row-at") is None


async def test_an_empty_library_says_what_uploading_does(enter, manager):
    page = await (await enter(manager)).get("/content")
    assert "The library is empty" in page.text
    assert (
        page.soup.select_one('form[action="/content"] button.button-primary').get_text(strip=True)
        == "Upload"
    )


async def test_filters_folders_and_chips_are_addresses(enter, manager, poster, menu):
    somebody = await enter(manager)
    page = await somebody.get("/content?folder=Autumn")
    assert page.links("Poster") and not page.links("Menu")
    assert "/content?folder=Autumn%2FTea" in {
        str(link["href"]) for link in page.soup.select(".folders a")
    }
    [chip] = page.links("Not used")
    assert (await somebody.get(chip)).links("Poster")
    assert "Nothing matches" in (await somebody.get("/content?state=draft")).text
    assert (await somebody.get("/content?state=nonsense")).links("Menu")
    assert (await somebody.get("/content?tag=tea")).links("Menu") == []


async def test_the_library_goes_on_page_by_page(enter, manager, conn, now):
    for number in range(50):
        await add(conn, f"Poster {number:02}", now + timedelta(seconds=number))
    somebody = await enter(manager)
    page = await somebody.get("/content?sort=name")
    [following] = page.links("Next")
    assert (await somebody.get(following)).links("Poster 48")


async def test_the_library_takes_six_statements_however_many(enter, manager, conn, now, app):
    somebody = await enter(manager)
    counted = [await _statements(somebody, app, "/content")]
    for number in range(3):
        await add(conn, f"Poster {number}", now)
    counted.append(await _statements(somebody, app, "/content"))
    assert counted[0] == counted[1]
    assert counted[0] <= 6 + 3  # and the session's own, and the frame's two


async def _statements(somebody, app, path):
    conn = app.extensions["playbill"].pool.conn
    seen = []
    with conn.query_logger(lambda record: seen.append(record.query)):
        assert (await somebody.get(path)).status == 200
    return sum("SAVEPOINT" not in query for query in seen)


async def test_one_content_says_what_it_touches(enter, manager, poster, shown):
    page = await (await enter(manager)).get(f"/content/{poster.id}")
    assert page.heading == "Poster"
    assert page.links("Replace file") == [f"/content/{poster.id}/replace"]
    assert "1 screen" in page.text
    assert page.links("Posters") == [f"/playlists/{shown.id}"]
    assert "Window 2" in page.text
    report = page.links("Open the report")[0]
    assert report.startswith("/proof-of-play?") and str(poster.id) in report
    recall = page.soup.select_one("#recall").get_text(" ")
    assert "Recall Poster?" in recall and "1 screen" in recall and "Posters" in recall


async def test_replacing_shows_the_screens_first(enter, manager, poster, shown):
    page = await (await enter(manager)).get(f"/content/{poster.id}/replace")
    assert page.heading == "Replace file of Poster"
    assert "It changes 1 screen" in page.text
    assert page.form(f"/content/{poster.id}/versions")["content_id"] == str(poster.id)


async def test_a_web_page_gets_another_address(enter, manager, menu, conn, now):
    somebody = await enter(manager)
    versions = f"/content/{menu.id}/versions"
    answer = await somebody.post(
        versions, {"url": "https://menus.example.com/new", "publish_at": "2026-11-24T08:00"}
    )
    assert answer.location == f"/content/{menu.id}"
    found = await content.find(conn, menu.id, now=now)
    assert (found.next_version, found.next_live_from.hour) == (2, 8)
    refused = await somebody.post(versions, {"url": "http://menus.example.com"})
    assert (refused.status, refused.heading) == (422, "Change address of Menu")
    assert "https://" in refused.text
    wrong = await somebody.post(versions, {"url": "https://a.example.com", "publish_at": "soon"})
    assert wrong.status == 422


async def test_a_page_that_forbids_frames_is_warned_of(enter, manager, app, conn):
    async def forbids(url, **_):
        return Answer(200, [("x-frame-options", "DENY")], b"")

    app.extensions["playbill"].call = forbids
    somebody = await enter(manager)
    made = await somebody.post(
        "/content/web-page", {"url": "https://menus.example.com", "name": "Lunch"}
    )
    page = await somebody.get(made.location)
    assert "forbids being shown in a frame" in page.text


async def test_versions_go_live_and_back(enter, manager, poster, conn, now):
    await content_versions.add(
        conn, SYSTEM, poster.id, file("New"), publish_at=now + timedelta(days=1), now=now
    )
    somebody = await enter(manager)
    path = f"/content/{poster.id}"
    cancel = (await somebody.get(path)).form(f"{path}/unpublish")
    assert (await somebody.post(f"{path}/unpublish", cancel)).location == path
    assert (await content.find(conn, poster.id, now=now)).next_version is None
    publish = (await somebody.get(path)).form(f"{path}/publish")
    assert publish["version"] == "2"
    await somebody.post(f"{path}/publish", publish)
    assert (await content.find(conn, poster.id, now=now)).live_version == 2
    assert (await somebody.post(f"{path}/unpublish", {"live_from": "x"})).status == 422
    assert (await somebody.post(f"{path}/publish", {"version": "9"})).status == 404


async def test_somebody_else_approves_or_rejects(enter, admin, manager, conn, now):
    await require_approval(conn, now)
    bruno = await enter(manager)
    user_id = await conn.fetchval("SELECT id FROM users WHERE name = 'Bruno'")
    own = manager.__class__(kind="user", id=user_id, name="Bruno", role="manager")
    made = await add(conn, "Poster", now, actor=own)
    path = f"/content/{made.id}"
    assert "somebody else decides" in (await bruno.get(path)).text
    assert (await bruno.post(f"{path}/approve", {})).status == 403
    ana = await enter(admin)
    page = await ana.get(path)
    assert "Waiting for approval by somebody other than Bruno" in page.text
    assert (await ana.post(f"{path}/reject", {"reason": ""})).status == 422
    await ana.post(f"{path}/reject", {"reason": "Blurred"})
    assert "Rejected: Blurred" in (await bruno.get(path)).text
    await bruno.post(f"{path}/submit", {})
    await ana.post(f"{path}/approve", {})
    assert (await content.find(conn, made.id, now=now)).state == "live"


async def test_a_recall_is_followed_until_it_is_undone(enter, manager, poster, shown, conn, now):
    somebody = await enter(manager)
    path = f"/content/{poster.id}"
    assert (await somebody.get(f"{path}/recall")).location == path
    sent = await somebody.post(f"{path}/recall", {"reason": "Wrong price"})
    assert sent.location == f"{path}/recall"
    page = await somebody.get(sent.location)
    assert page.heading == "Recall of Poster"
    assert "Wrong price" in page.text
    part = await somebody.get(sent.location, HX_Target="section#clearing")
    assert part.soup.select_one("#clearing") is not None
    assert part.soup.select_one("h1") is None
    assert (await somebody.post(f"{path}/restore", {})).location == path
    assert (await content.find(conn, poster.id, now=now)).recalled_at is None


async def test_details_are_edited_and_an_overtaken_form_is_refused(
    enter, manager, poster, conn, now
):
    somebody = await enter(manager)
    page = f"/content/{poster.id}/edit"
    values = (await somebody.get(page)).form(page)
    assert (values["folder"], values["tags"]) == ("Autumn/Tea", "tea")
    values |= {"valid_until": "2026-12-01T08:00", "tags": "tea, new"}
    assert (await somebody.post(page, values)).location == f"/content/{poster.id}"
    after = await content.find(conn, poster.id, now=now)
    assert (after.tags, after.valid_until.day) == (["tea", "new"], 1)
    assert (await somebody.post(page, values)).status == 409
    fresh = (await somebody.get(page)).form(page)
    wrong = await somebody.post(page, fresh | {"valid_from": "2027-01-01T00:00"})
    assert "cannot end before" in wrong.error_of("valid_until")
    assert "date and time" in (await somebody.post(page, fresh | {"valid_from": "soon"})).error_of(
        "valid_from"
    )


async def test_what_is_archived_can_be_taken_back(enter, manager, poster, conn, now):
    somebody = await enter(manager)
    path = f"/content/{poster.id}"
    assert (await somebody.post(f"{path}/archive", {})).location == "/content"
    assert not (await somebody.get("/content")).links("Poster")
    page = await somebody.get(path)
    assert page.form(f"{path}/unarchive") and not page.links("Replace file")
    await somebody.post(f"{path}/unarchive", {})
    assert (await content.find(conn, poster.id, now=now)).state == "live"


async def test_many_are_changed_at_once_and_archiving_asks_first(
    enter, manager, poster, menu, shown, conn, now
):
    somebody = await enter(manager)
    ids = [str(poster.id), str(menu.id)]
    tagged = await somebody.post(
        "/content/bulk", {"ids": ids, "do": "tag", "tag": "new", "next": "/content?kind=url"}
    )
    assert tagged.location == "/content?kind=url"
    assert "2 items tagged." in (await somebody.get("/content")).soup.get_text(" ")
    asked = await somebody.post("/content/bulk", {"ids": ids, "do": "archive"})
    assert (asked.status, asked.heading) == (409, "Archive 2 items?")
    assert "1 of them is in playlists, for 1 screen." in asked.text
    cells = asked.soup.select("td[data-label=Playlists]")
    assert [cell.get_text(strip=True) for cell in cells] == ["Posters"]
    assert (await content.find(conn, poster.id, now=now)).archived_at is None
    confirmed = {"ids": ids, "do": "archive", "confirmed": "yes", "next": "//evil.example.net"}
    assert (await somebody.post("/content/bulk", confirmed)).location == "/content"
    assert not (await somebody.get("/content")).links("Poster")


@pytest.mark.parametrize("values", [{"do": "explode"}, {"do": "tag", "ids": "x"}, {}])
async def test_what_nobody_can_choose_is_refused(enter, manager, values):
    assert (await (await enter(manager)).post("/content/bulk", values)).status == 422


async def test_a_folder_is_renamed(enter, manager, poster, conn, now):
    somebody = await enter(manager)
    page = await somebody.get("/content?folder=Autumn")
    assert page.form("/content/folders/rename")["from"] == "Autumn"
    await somebody.post("/content/folders/rename", {"from": "Autumn", "to": "2026/Fall"})
    assert (await content.find(conn, poster.id, now=now)).folder == "2026/Fall/Tea"


async def test_its_history_names_who_changed_it(enter, manager, poster):
    somebody = await enter(manager)
    await somebody.post(f"/content/{poster.id}/archive", {})
    page = await somebody.get(f"/content/{poster.id}/history")
    assert page.heading == "History of Poster"
    assert "Bruno" in page.text


async def test_the_newest_picture_is_asked_for_again(app, enter, manager, conn, now):
    kept = await storage.keep_bytes(app.extensions["playbill"].media, b"a poster")
    accepted = file("Poster").__class__(kept, 8, kept, "a.png", file("Poster").probe)
    made = await content.create_from_file(
        conn, SYSTEM, content.Details(name="Poster"), accepted, now=now
    )
    somebody = await enter(manager)
    for name in ("poster", "file"):
        path = f"/content/{made.id}/{name}"
        answer = await somebody.caller("GET", path)
        assert (answer.body, answer.headers["Cache-Control"]) == (b"a poster", "private, no-cache")
        named = await somebody.caller("GET", f"{path}?v=1")
        assert "immutable" in named.headers["Cache-Control"]


PAGES = ("", "/replace", "/edit", "/history", "/recall")
VERBS = (
    "publish",
    "unpublish",
    "submit",
    "approve",
    "reject",
    "recall",
    "restore",
    "archive",
    "unarchive",
    "versions",
)


async def test_who_may_not_program_sees_and_does_nothing(
    enter, installer, analyst, advertiser, poster
):
    for actor in (installer, analyst, advertiser):
        somebody = await enter(actor)
        for page in PAGES:
            assert (await somebody.get(f"/content/{poster.id}{page}")).status == 403, page
        for verb in (*(f"{poster.id}/{verb}" for verb in VERBS), "bulk", "folders/rename"):
            answer = await somebody.post(f"/content/{verb}", {})
            assert answer.status == 403, verb


async def test_screens_that_are_not_clear_are_listed(enter, manager, poster, shown, conn, now):
    await content_recall.recall(conn, SYSTEM, poster.id, now=now)
    page = await (await enter(manager)).get(f"/content/{poster.id}/recall")
    assert "No screen had it in its plan." in page.text
