"""The audit log in the portal: who did what, what was there before, and a file of it all."""

import csv
import io
import re
from datetime import timedelta

import pytest

from portal.audit import PAGES
from signage import audit, devices, keys
from signage.actors import SYSTEM, Actor, Address
from signage.ids import new_id
from tests.unit.callers import Caller
from tests.unit.portal.conftest import Visitor

ADDRESS = Address("198.51.100.7", b"h" * 32)


@pytest.fixture
async def ana(add_user, admin) -> Actor:
    """Ana as she acts when she is signed in, from an address."""
    user = await add_user(admin)
    return Actor("user", user.id, "Ana", "admin", address=ADDRESS, request_id="a1b2c3d4" * 4)


@pytest.fixture
async def renamed(conn, ana, window_2, now) -> devices.Device:
    """Window 2, renamed and put into a group by Ana."""
    changes = devices.Changes(name="Window 3", tags=["window"])
    return await devices.change(conn, ana, window_2.id, changes, now=now)


@pytest.fixture
async def reader(integration) -> Caller:
    """An administrator's key, which reads the page's JSON and file."""
    return await integration("admin")


@pytest.fixture
async def zoe(enter) -> Visitor:
    """Another administrator, signed in."""
    return await enter(Actor("user", new_id(), "Zoe", "admin"))


@pytest.fixture
def page(zoe):
    """Open a page as Zoe."""
    return zoe.get


def rows(seen) -> list[dict[str, str]]:
    """Return the cells of each row by their label."""
    return [
        {cell["data-label"]: " ".join(cell.get_text(" ").split()) for cell in row("td")}
        for row in seen.soup.select("#audit-rows tbody tr")
    ]


async def test_it_says_who_did_what_to_which_from_where(page, renamed):
    seen = await page("/audit?entity=device")

    assert seen.heading == "Audit log"
    newest = rows(seen)[0]
    assert newest["What"].startswith("Changed the screen Window 3")
    assert newest["Who"] == "Ana"
    assert newest["On"] == "Window 3"
    assert newest["From where"] == "198.51.100.7 Request a1b2c3d4"
    assert set(seen.links("Window 3")) == {f"/devices/{renamed.id}"}
    assert seen.links("Export") == ["/audit.csv?entity=device"]


async def test_the_difference_is_in_the_row(page, renamed):
    seen = await page("/audit?entity=device&action=devices.change")

    [difference] = seen.soup.select("details")
    assert difference.summary.get_text(" ", strip=True) == "Name, Tags"
    assert [tag.get_text(" ", strip=True) for tag in difference.select("del, ins")] == [
        "Before: Window 2",
        "After: Window 3",
        "Added: window",
    ]


async def test_a_key_and_the_program_have_names(page, conn, integration, lisbon, now):
    till = await integration("admin")
    await till.post("/groups", {"name": "Tills"})

    seen = rows(await page("/audit?actor=key"))
    assert [row["Who"] for row in seen] == ["Key of admin API key"]
    seen = rows(await page("/audit?entity=store"))
    assert [row["Who"] for row in seen] == ["Playbill The program"]


async def test_what_was_typed_is_shown_as_text(page, conn, ana, window_2, now):
    changes = devices.Changes(name='<img src=x onerror="alert(1)">')
    await devices.change(conn, ana, window_2.id, changes, now=now)

    seen = await page("/audit?action=devices.change")
    assert not seen.soup.select("main img")
    assert "onerror" in rows(seen)[0]["What"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=devices.change", 1),
        ("entity=device&action=devices.change", 1),
        ("entity=playlist", 0),
        ("q=window 2&action=devices.change", 1),
        ("q=%25&action=devices.change", 0),
        ("q=A1B2C3D4A1B2C3D4A1B2C3D4A1B2C3D4", 1),
        ("from=2026-11-23&to=2026-11-23&action=devices.change", 1),
        ("from=2026-11-24", 0),
        ("to=2026-11-22", 0),
        ("from=nonsense&action=devices.change", 1),
    ],
)
async def test_the_address_says_what_is_shown(page, renamed, query, found):
    assert len(rows(await page(f"/audit?{query}"))) == found


async def test_an_actor_is_chosen_by_name(page, renamed, ana):
    seen = await page(f"/audit?actor={ana.id}")

    assert [row["Who"] for row in rows(seen)] == ["Ana"]
    chosen = seen.soup.select_one('select[name="actor"] option[selected]')
    assert chosen.get_text() == "Ana"


async def test_one_things_trail_can_be_asked_for(page, renamed, madrid_screen):
    seen = await page(f"/audit?entity=device&entity_id={renamed.id}")

    assert {row["On"] for row in rows(seen)} == {"Window 3"}


def test_every_link_leads_to_a_page(app):
    served = app.url_map.bind("localhost")

    for path in PAGES.values():
        endpoint, _ = served.match(path.format(new_id()), "GET")
        assert endpoint.startswith("portal."), path


async def test_pages_follow_each_other_without_a_gap(zoe, conn, ana, now):
    for number in range(60):
        await audit.record(conn, ana, action="x.do", entity="x", entity_id=number, now=now)
    first = await zoe.get("/audit?action=x.do")
    [following] = first.links("Next")
    second = await zoe.get(following)

    ids = [row["id"] for seen in (first, second) for row in seen.soup.select("tbody tr")]
    assert len(ids) == len(set(ids)) == 60
    assert "50 of 60 entries" in first.text
    assert second.links("Next") == []


async def test_htmx_gets_the_rows_alone(page, renamed):
    seen = await page("/audit", HX_Target="div#audit-rows")

    assert not seen.soup.select("html")
    assert rows(seen)


async def test_nothing_found_leads_back_to_all(page):
    seen = await page("/audit?q=nobody-ever-wrote-this")

    assert seen.links("Show the whole log") == ["/audit"]


async def test_an_address_is_forgotten_after_90_days(reader, conn, renamed, clock):
    at = clock.pass_(days=90)
    assert await audit.forget_addresses(conn, now=at) == 1
    assert await audit.forget_addresses(conn, now=at) == 0

    assert await address_of(reader, "devices.change") is None


async def test_an_old_entrys_address_is_unreadable_though_it_was_seen_since(
    reader, conn, ana, renamed, clock
):
    later = clock.pass_(days=90)
    await audit.record(conn, ana, action="x.do", entity="x", entity_id=1, now=later)
    assert await audit.forget_addresses(conn, now=later) == 0

    assert await address_of(reader, "devices.change") is None
    assert await address_of(reader, "x.do") == ADDRESS


async def address_of(reader: Caller, action: str) -> str | None:
    [entry] = (await reader.get(f"/audit?action={action}")).json["items"]
    return entry["address"]


async def test_an_address_can_be_compared_when_it_is_forgotten(conn, renamed, now):
    await audit.forget_addresses(conn, now=now + timedelta(days=91))

    kept = await conn.fetchval("SELECT address_hmac FROM audit_log WHERE action = 'devices.change'")
    assert kept == ADDRESS.hmac


async def test_a_request_brings_its_address(app, conn, add_user, admin, integration):
    till = await integration("admin")
    till.scope = {"client": ("203.0.113.9", 1)}
    await till.post("/groups", {"name": "Tills"})

    entry = await conn.fetchrow("""
        SELECT address_hmac, a.address
        FROM audit_log l JOIN audit_addresses a USING (address_hmac)
        WHERE l.action = 'groups.create'""")
    assert entry["address"] == "203.0.113.9"
    assert b"203.0.113.9" not in entry["address_hmac"]
    assert len(entry["address_hmac"]) == 32


async def test_only_administrators_read_it(enter, manager, analyst):
    for somebody in (manager, analyst):
        visitor = await enter(somebody)
        assert (await visitor.get("/audit")).status == 403
        assert (await visitor.get("/audit.csv")).status == 403
        assert not (await visitor.get("/")).links("Audit log")


async def test_a_page_takes_the_same_statements_for_any_number_of_rows(
    zoe, conn, ana, renamed, now
):
    await _some_entries(conn, ana, now)
    few = await _statements(conn, zoe)
    await _some_entries(conn, ana, now)

    many = await _statements(conn, zoe)
    assert many == few
    own = [query for query in many if re.search(r"/\* audit", query)]
    assert len(own) <= 6


async def _some_entries(conn, ana, now) -> None:
    for number in range(60):
        await audit.record(
            conn, ana, action="x.do", entity="x", entity_id=new_id(), after={"n": number}, now=now
        )


async def _statements(conn, visitor) -> list[str]:
    seen: list[str] = []

    def note(record) -> None:
        if "/*" in record.query:
            seen.append(record.query)

    with conn.query_logger(note):
        assert (await visitor.get("/audit")).status == 200
    return seen


# The file -----------------------------------------------------------------------------------------


def read(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


async def test_the_file_holds_what_the_page_shows(reader, conn, renamed, now):
    reader.prefix = "/v1/admin"
    answer = await reader.get("/audit.csv?action=devices.change")

    [row] = read(answer)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="audit-log-2026-11-23.csv"' in answer.headers["Content-Disposition"]
    assert (row["actor"], row["name"], row["address"]) == ("Ana", "Window 3", "198.51.100.7")
    assert row["what"] == "Changed the screen Window 3"
    assert '"name":"Window 2"' in row["before"]
    head = await conn.fetchrow("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1")
    assert answer.headers["Playbill-Audit-Head"] == f"{head['seq']}:{head['hash'].hex()}"


async def test_a_formula_in_a_name_is_only_text(reader, conn, ana, window_2, now):
    formula = '=HYPERLINK("https://evil.example.net")'
    await devices.change(conn, ana, window_2.id, devices.Changes(name=formula), now=now)

    [row] = read(await reader.get("/audit.csv?action=devices.change"))
    assert row["name"] == f"'{formula}"


async def test_the_file_is_whole_however_long(reader, conn, ana, now):
    for number in range(audit.PIECE_ROWS + 3):
        await audit.record(conn, ana, action="x.do", entity="x", entity_id=number, now=now)

    found = read(await reader.get("/audit.csv?action=x.do"))
    assert [int(row["entity_id"]) for row in found] == list(reversed(range(audit.PIECE_ROWS + 3)))


async def test_no_secret_is_in_it(reader, conn, ana, now):
    key = await keys.add(conn, ana, name="Till system", role="manager", now=now)

    body = (await reader.get("/audit.csv")).body.decode()
    assert key not in body
    assert "Made the API key Till system" in body


async def test_what_the_program_did_has_no_address(reader, conn, now):
    await audit.record(conn, SYSTEM, action="x.do", entity="x", entity_id="1", now=now)

    [row] = read(await reader.get("/audit.csv?action=x.do"))
    assert (row["actor"], row["address"], row["request_id"]) == ("Playbill", "", "")
