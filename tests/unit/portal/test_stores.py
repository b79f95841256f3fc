"""Stores in the portal: the list, one store and its week, its form, and the import."""

import pytest

from signage import store_changes, store_import, store_lists, stores
from signage.ids import new_id
from signage.store_changes import Changes

BRAGA = {"name": "Braga", "code": "BRA-01", "timezone": "Europe/Lisbon"}


async def test_the_list_leads_to_each_store(enter, admin, lisbon, porto, window_2):
    page = await (await enter(admin)).get("/stores")
    assert page.heading == "Stores"
    assert page.links("Lisbon") == [f"/stores/{lisbon.id}"]
    assert page.links("Add store") == ["/stores/new"]
    assert "12:00" in page.text


async def test_a_manager_sees_own_stores_and_adds_none(enter, manager, lisbon, porto):
    somebody = await enter(manager)
    page = await somebody.get("/stores")
    assert page.links("Lisbon")
    assert not page.links("Porto")
    assert not page.links("Add store")
    assert (await somebody.get("/stores/new")).status == 403
    assert (await somebody.get(f"/stores/{porto.id}")).status == 404
    assert (await somebody.get(f"/stores/{porto.id}/edit")).status == 404


async def test_an_advertiser_sees_no_stores(enter, advertiser):
    somebody = await enter(advertiser)
    assert (await somebody.get("/stores")).status == 403
    assert (await somebody.get("/stores.csv")).status == 403


async def test_filters_and_order_are_in_the_address(enter, admin, lisbon, madrid):
    somebody = await enter(admin)
    assert not (await somebody.get("/stores?timezone=Europe/Madrid")).links("Lisbon")
    assert (await somebody.get("/stores?q=nowhere")).links("Show every store")
    assert (await somebody.get("/stores?sort=nonsense")).status == 422
    rows = (await somebody.get("/stores?sort=-name")).soup.select("tbody tr a")
    assert [row.get_text() for row in rows] == ["Madrid", "Lisbon"]


async def test_the_list_is_exported_as_it_is_filtered(enter, admin, lisbon, madrid):
    somebody = await enter(admin)
    page = await somebody.get("/stores?q=lis")
    [href] = page.links("Export CSV")
    answer = await somebody.caller("GET", href)
    lines = answer.body.decode().splitlines()
    assert lines[0].startswith("code,name,timezone,region,address,mon,")
    assert len(lines) == 2
    assert lines[1].startswith("LIS-01,Lisbon,Europe/Lisbon,")


async def test_a_list_of_a_thousand_stores_takes_a_handful_of_statements(enter, admin, conn, now):
    new = {
        new_id(): stores.NewStore(code=f"S-{n:04d}", name=f"Store {n:04d}", timezone="UTC")
        for n in range(1000)
    }
    await stores.insert(conn, new, now=now)
    somebody = await enter(admin)
    statements: list[str] = []

    with conn.query_logger(lambda record: statements.append(record.query)):
        page = await somebody.get("/stores?sort=-offline")

    own = [text for text in statements if "/* store" in text]
    assert len(page.soup.select("tbody tr")) == 50
    assert "50 of 1,000 stores" in page.text
    assert 1 <= len(own) <= 6
    assert not [text for text in statements if "/* device" in text]


async def test_a_store_shows_its_week_its_screens_and_its_playlists(
    enter, manager, conn, admin, window_2, playlist, now
):
    hours = {"mon": [("08:00", "12:00"), ("14:00", "20:00")]}
    changes = Changes(opening_hours=hours, special_days={now.date(): [("09:00", "13:00")]})
    await store_changes.change(conn, admin, window_2.store_id, changes, now=now)
    somebody = await enter(manager)
    path = f"/stores/{window_2.store_id}"
    await somebody.post(f"{path}/playlist", {"playlist_id": str(playlist.id)})

    page = await somebody.get(path)

    assert page.heading == "Lisbon"
    assert page.links("Window 2")
    assert "12:00 there, open until 13:00" in page.text
    [today] = page.soup.select("[aria-current=date]")
    assert "09:00" in today.text
    assert "Special day" in today.text
    assert "Always on This store 1" in page.text
    other = await somebody.get(f"{path}?week=2026-10-20")
    assert "Clocks go back" in other.text
    assert (await somebody.get(f"{path}?week=soon")).status == 200


async def test_a_store_is_added(enter, admin):
    somebody = await enter(admin)
    values = BRAGA | {"mon": "8-12, 14-20", "special_days": "2026-12-24 08:00-13:00\n"}
    answer = await somebody.post("/stores/new", values)
    assert answer.location.startswith("/stores/")
    page = await somebody.get(answer.location)
    assert (page.heading, page.status) == ("Braga", 200)


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": ""}, "name", "A store needs a name."),
        ({"code": "a b"}, "code", "1 to 32 letters"),
        ({"code": "LIS-01"}, "code", "Another store has the code LIS-01."),
        ({"timezone": "Mars/Base"}, "timezone", "Not a valid choice"),
        ({"tue": "8 to noon"}, "tue", "Write hours such as"),
        ({"wed": "08:00-12:00, 11:00-14:00"}, "wed", "overlap"),
        ({"closures": "Christmas"}, "closures", "Write it as 2026-12-24"),
        ({"special_days": "2026-12-24"}, "special_days", "Write hours such as"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(enter, admin, lisbon, wrong, field, sentence):
    answer = await (await enter(admin)).post("/stores/new", BRAGA | wrong)
    assert answer.status == 422
    assert sentence in answer.error_of(field)


async def test_the_form_gives_back_what_it_was_given(enter, admin, conn, lisbon, now):
    hours = {"mon": [("18:00", "02:00")], "tue": [("00:00", "24:00")], "sun": []}
    changes = Changes(opening_hours=hours, closures=[now.date()])
    before = await store_changes.change(conn, admin, lisbon.id, changes, now=now)
    somebody = await enter(admin)
    path = f"/stores/{lisbon.id}/edit"
    page = await somebody.get(path)
    areas = {area["name"]: area.text.strip() for area in page.soup.select("textarea")}
    values = page.form(path) | areas | {"timezone": lisbon.timezone, "address": "Rua 1"}

    assert (await somebody.post(path, values)).location == f"/stores/{lisbon.id}"

    after = await stores.find(conn, admin, lisbon.id)
    assert after.address == "Rua 1"
    assert after.closures == before.closures
    assert after.opening_hours is not None
    assert {day: span for day, span in after.opening_hours.items() if span} == {
        day: span for day, span in hours.items() if span
    }


async def test_a_managers_form_leaves_what_is_the_chains(enter, manager, conn, lisbon):
    somebody = await enter(manager)
    path = f"/stores/{lisbon.id}/edit"
    values = (await somebody.get(path)).form(path)
    assert "name" not in values
    answer = await somebody.post(path, values | {"name": "Mine", "mon": "8-20"})
    assert answer.location == f"/stores/{lisbon.id}"
    after = await stores.find(conn, manager, lisbon.id)
    assert after.name == "Lisbon"
    assert after.opening_hours is not None
    assert after.opening_hours["mon"] == [("08:00", "20:00")]


async def test_an_overtaken_form_of_a_store_changes_nothing(enter, admin, conn, lisbon, now):
    somebody = await enter(admin)
    path = f"/stores/{lisbon.id}/edit"
    values = (await somebody.get(path)).form(path) | {"timezone": lisbon.timezone}
    await store_changes.change(conn, admin, lisbon.id, Changes(address="First"), now=now)
    assert (await somebody.post(path, values | {"address": "Second"})).status == 409


async def test_archiving_names_the_screens_and_is_refused_while_they_stand(
    enter, admin, window_2, porto
):
    somebody = await enter(admin)
    page = await somebody.get(f"/stores/{window_2.store_id}")
    assert "1 screen still stands in Lisbon" in page.text
    assert (await somebody.post(f"/stores/{window_2.store_id}/archive", {})).status == 409
    answer = await somebody.post(f"/stores/{porto.id}/archive", {"revision": str(porto.revision)})
    assert answer.location == "/stores"
    assert (await somebody.get(f"/stores/{porto.id}")).status == 404


async def test_a_file_is_looked_through_before_it_is_imported(enter, admin, conn, now):
    somebody = await enter(admin)
    sample = (await somebody.caller("GET", "/stores/import/sample.csv")).body.decode()
    assert sample == store_import.SAMPLE

    looked = await somebody.post("/stores/import", {"text": sample, "mode": "all"})
    assert "3 stores can be opened" in looked.text
    assert (await store_lists.count(conn, admin, now=now)).stores == 0
    carried = looked.form("/stores/import")

    answer = await somebody.post("/stores/import", carried | {"do": "import"})
    assert answer.location == "/stores"
    assert (await store_lists.count(conn, admin, now=now)).stores == 3


async def test_refused_lines_stand_first_with_their_reason(enter, admin, lisbon):
    somebody = await enter(admin)
    text = "code,name,timezone\nA-1,One,UTC\nLIS-01,Two,UTC\n"
    page = await somebody.post("/stores/import", {"text": text, "mode": "each", "do": "import"})
    assert "1 store opened" in page.text
    rows = [row.get_text(" ", strip=True) for row in page.soup.select("tbody tr")]
    assert rows[0].startswith("3 LIS-01 Two Refused Another store has the code LIS-01.")
    assert "Opened" in rows[1]


async def test_without_a_file_the_import_says_so(enter, admin, manager):
    answer = await (await enter(admin)).post("/stores/import", {"text": " "})
    assert answer.status == 422
    assert "Choose a CSV file." in answer.error_of("file")
    assert (await (await enter(manager)).get("/stores/import")).status == 403
