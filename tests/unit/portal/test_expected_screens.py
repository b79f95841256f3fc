"""The list of a roll-out in the portal: checked line by line, then a sheet with codes, once."""

from urllib.parse import parse_qs, urlsplit

import pytest

from portal import qr
from signage import claims, expected_screens, pairing
from signage.expected_screens import ExpectedScreen
from signage.ids import new_id
from tests.unit.conftest import DEVICE_INFO, SECRET

IMPORT = "/pair/codes/import"
SHEET = "/pair/codes/sheet"
LIST = "store,name,groups\nLIS-01,Window 1,Food counters\nLIS-99,Till 4,\nLIS-01,,Nope\n"


@pytest.fixture
def links(monkeypatch) -> list[str]:
    """Every link that became a QR code."""
    drawn: list[str] = []
    svg = qr.svg

    def draw(link: str):
        drawn.append(link)
        return svg(link)

    monkeypatch.setattr(qr, "svg", draw)
    return drawn


def results(page) -> dict[str, str]:
    rows = page.soup.select("tbody tr")
    return {
        row.select_one('[data-label="Line"]').get_text(strip=True): " ".join(
            row.select_one('[data-label="Result"]').get_text(" ").split()
        )
        for row in rows
    }


def labels(page) -> dict[str, str]:
    return {
        label.select_one("h2").get_text(): label.select_one(".label-code").get_text()[14:].strip()
        for label in page.soup.select(".label")
    }


async def test_checking_says_what_is_wrong_line_by_line_and_makes_nothing(
    enter, installer, lisbon, food, conn
):
    page = await (await enter(installer)).post(IMPORT, {"csv": LIST})

    assert page.heading == "Check the list"
    assert results(page) == {
        "2": "Right",
        "3": "Refused There is no store with the code 'LIS-99' among yours.",
        "4": "Refused A screen's name has 1 to 200 characters. There is no group called 'Nope'.",
    }
    assert await conn.fetchval("SELECT count(*) FROM device_claims") == 0


def multipart(token: str, csv: bytes) -> bytes:
    parts = (
        ('name="csrf_token"', token.encode()),
        ('name="file"; filename="list.csv"\r\nContent-Type: text/csv', csv),
        ('name="csv"', b""),
    )
    body = b"".join(
        b"--X\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (head.encode(), value)
        for head, value in parts
    )
    return body + b"--X--\r\n"


@pytest.mark.parametrize("role", ["installer", "admin"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
async def test_the_list_comes_as_a_file(enter, request, lisbon, role, encoding):
    somebody = await enter(request.getfixturevalue(role))
    token = (await somebody.get(IMPORT)).form(IMPORT)["csrf_token"]
    csv = "Store;Name\r\nLIS-01;Café 1\r\nLIS-01;\r\n".encode(encoding)

    answer = await somebody.caller.post(
        IMPORT, multipart(token, csv), Content_Type="multipart/form-data; boundary=X"
    )

    assert answer.status == 200
    assert "Café 1" in answer.body.decode()
    assert "1 screen can be expected, 1 line refused" in answer.body.decode()


async def test_a_file_of_megabytes_is_no_list(enter, installer, lisbon):
    somebody = await enter(installer)
    token = (await somebody.get(IMPORT)).form(IMPORT)["csrf_token"]

    answer = await somebody.caller.post(
        IMPORT,
        multipart(token, b"x" * (2 * 1024 * 1024 + 1)),
        Content_Type="multipart/form-data; boundary=X",
    )

    assert answer.status == 413


async def test_the_sheet_has_a_label_for_each_right_line(
    enter, installer, lisbon, food, conn, now, links
):
    somebody = await enter(installer)
    form = (await somebody.post(IMPORT, {"csv": LIST})).form(SHEET)
    sent = {"csv": LIST, "batch_id": form["batch_id"], "left_out": ["3", "4"], "ttl_s": "86400"}

    sheet = await somebody.post(SHEET, sent)

    assert sheet.status == 201
    assert sheet.heading == "1 screen to pair"
    assert "Tue 24 Nov 2026, 12:00 UTC" in sheet.text
    assert sheet.soup.select_one('html[data-theme="light"]') is not None
    [(name, code)] = labels(sheet).items()
    assert name == "Window 1"
    await pairing.redeem(
        conn, code, device_info=DEVICE_INFO, address="192.0.2.7", secret=SECRET, now=now
    )
    [link] = links
    assert urlsplit(link).path == "/pair"
    assert parse_qs(urlsplit(link).query) == {
        "store": ["LIS-01"],
        "name": ["Window 1"],
        "group": ["Food counters"],
    }
    assert code.replace("-", "") not in link


async def test_a_form_sent_twice_makes_one_set_of_codes(enter, installer, lisbon, conn):
    somebody = await enter(installer)
    sent = {"csv": "store,name\nLIS-01,Till", "batch_id": str(new_id()), "ttl_s": "86400"}
    assert (await somebody.post(SHEET, sent)).status == 201

    again = await somebody.post(SHEET, sent)

    assert again.status == 409
    assert "A new sheet makes new ones." in again.text
    assert await conn.fetchval("SELECT count(*) FROM device_claims") == 1


@pytest.mark.parametrize(
    ("csv", "said"),
    [("", "There is no screen in it."), ("store,colour\nA,B", "no column screen_name")],
)
async def test_what_is_no_list_comes_back_with_the_reason(enter, installer, lisbon, csv, said):
    page = await (await enter(installer)).post(IMPORT, {"csv": csv})

    assert (page.status, page.heading) == (422, "Import screens")
    assert said in page.text
    assert page.soup.select_one("textarea").get_text() == csv


@pytest.mark.parametrize("ttl_s", ["", "5", "x"])
async def test_a_sheet_lives_as_long_as_one_of_the_choices(enter, installer, lisbon, ttl_s):
    sent = {"csv": "store,name\nLIS-01,Till", "ttl_s": ttl_s}

    assert (await (await enter(installer)).post(SHEET, sent)).status == 422


async def test_a_new_sheet_takes_the_old_codes_back(enter, installer, lisbon, conn, now):
    batch = await expected_screens.expect(
        conn, installer, [ExpectedScreen("LIS-01", "Till 4")], secret=SECRET, now=now
    )
    somebody = await enter(installer)
    page = await somebody.get(f"/pair/codes?state=all&batch_id={batch.batch_id}")
    assert "1 unused code of the old sheet" in page.soup.select_one("#new-sheet").get_text(
        " "
    ).replace("The ", "")

    sheet = await somebody.post(f"/pair/codes/batches/{batch.batch_id}/sheet", {"ttl_s": "86400"})

    [code] = labels(sheet).values()
    old = await claims.find(conn, installer, batch.codes[0].claim_id, now=now)
    assert (old.state, code == batch.codes[0].claim_code) == ("revoked", False)


async def test_another_stores_sheet_does_not_exist(
    enter, installer, madrid_manager, lisbon, conn, now
):
    batch = await expected_screens.expect(
        conn, installer, [ExpectedScreen("LIS-01", "Till 4")], secret=SECRET, now=now
    )

    answer = await (await enter(madrid_manager)).post(
        f"/pair/codes/batches/{batch.batch_id}/sheet", {"ttl_s": "86400"}
    )

    assert answer.status == 404


async def test_the_sample_can_be_checked_as_it_is(enter, admin, lisbon, porto, conn, now):
    somebody = await enter(admin)
    sample = await somebody.caller.get("/pair/codes/sample.csv")

    assert sample.headers["Content-Disposition"] == 'attachment; filename="screens.csv"'
    page = await somebody.post(IMPORT, {"csv": sample.body.decode()})
    assert list(results(page)) == ["2", "3", "4"]
    assert results(page)["4"] == "Right"
