"""Content, playlists and the proof of play in the portal."""

from signage import playlists


async def test_the_library_and_a_content(enter, manager, menu):
    somebody = await enter(manager)
    assert menu.name in (await somebody.get("/content")).text
    page = await somebody.get(f"/content/{menu.id}")
    assert page.heading == menu.name


async def test_uploading_nothing_is_refused(enter, manager):
    answer = await (await enter(manager)).post("/content", {})
    assert answer.status == 422
    assert "Choose a file." in answer.text


async def test_a_web_page_needs_https(enter, manager):
    values = {"url": "http://example.com", "name": "Weather", "campaign_id": ""}
    answer = await (await enter(manager)).post("/content/web-page", values)
    assert answer.status == 422
    assert "https://" in answer.error_of("url")


async def test_a_web_page_is_added(enter, manager):
    values = {"url": "https://example.com", "name": "Weather", "campaign_id": ""}
    somebody = await enter(manager)
    made = await somebody.post("/content/web-page", values)
    assert (await somebody.get(made.location)).heading == "Weather"


async def test_an_installer_has_no_library(enter, installer, menu):
    somebody = await enter(installer)
    for path in ("/content", f"/content/{menu.id}", f"/content/{menu.id}/file", "/playlists"):
        assert (await somebody.get(path)).status == 403


async def test_a_playlist_is_built_ordered_and_published(enter, manager, menu, conn):
    somebody = await enter(manager)
    page = (await somebody.post("/playlists", {"name": "Breakfast"})).location
    for _ in range(2):
        await somebody.post(f"{page}/items", {"content_id": str(menu.id)})
    drafted = await playlists.find(conn, _id(page))
    first, second = drafted.items
    values = {"item": str(second.id), "to": "1", "revision": str(drafted.revision)}
    await somebody.post(f"{page}/order", values)
    await somebody.post(f"{page}/publish", {})
    live = await playlists.find(conn, _id(page), edition="live")
    assert [item.id for item in live.items] == [second.id, first.id]


async def test_a_stale_order_is_refused(enter, manager, menu, conn):
    somebody = await enter(manager)
    page = (await somebody.post("/playlists", {"name": "Breakfast"})).location
    await somebody.post(f"{page}/items", {"content_id": str(menu.id)})
    [item] = (await playlists.find(conn, _id(page))).items
    values = {"item": str(item.id), "to": "1", "revision": "1"}
    assert (await somebody.post(f"{page}/order", values)).status == 409


async def test_a_playlist_without_a_name_is_refused(enter, manager):
    assert (await (await enter(manager)).post("/playlists", {"name": " "})).status == 422


async def test_the_proof_of_play_exports_what_it_shows(enter, analyst):
    somebody = await enter(analyst)
    page = await somebody.get("/proof-of-play?from=2026-11-01&to=2026-11-23&group_by=store")
    assert page.heading == "Proof of play"
    [export] = page.links("Export")
    assert export.startswith("/proof-of-play.csv?")
    answer = await somebody.caller.get(export)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


async def test_a_wrong_period_is_refused_with_the_reason(enter, analyst):
    answer = await (await enter(analyst)).get("/proof-of-play?from=yesterday")
    assert answer.status == 422


async def test_an_installer_reads_no_reports(enter, installer):
    somebody = await enter(installer)
    assert (await somebody.get("/proof-of-play")).status == 403
    assert (await somebody.get("/proof-of-play.csv")).status == 403


async def test_an_unknown_page_is_a_page(enter, manager):
    answer = await (await enter(manager)).get("/nowhere")
    assert (answer.status, answer.heading) == (404, "Not found")


def _id(page: str) -> str:
    return page.rsplit("/", 1)[-1]
