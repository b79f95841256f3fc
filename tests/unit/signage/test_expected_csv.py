"""Lists of expected screens as CSV: what spreadsheets write is read, what is no list is refused."""

import pytest

from signage import expected_csv
from signage.errors import Invalid


def rows(text: str) -> list[tuple[int, str, str, list[str]]]:
    return [
        (one.line, one.screen.store_code, one.screen.name, one.screen.groups)
        for one in expected_csv.read(text)
    ]


def test_the_sample_is_a_list():
    assert rows(expected_csv.SAMPLE) == [
        (2, "LIS-01", "Window 1", ["Food counters"]),
        (3, "LIS-01", "Till 4", ["Food counters", "Tills"]),
        (4, "OPO-01", "Entrance", []),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "store_code,screen_name\nLIS-01,Window 1",
        "Store code;Screen name\r\nLIS-01;Window 1\r\n",
        "\ufeffname\tstore\nWindow 1\tLIS-01\n",
        'screen,store_code,groups\n"Window 1",LIS-01,\n\n,,\n',
        "store,name,\nLIS-01 , Window 1,\n",
    ],
)
def test_what_spreadsheets_write_is_read(text):
    assert rows(text) == [(2, "LIS-01", "Window 1", [])]


def test_lines_are_counted_as_the_spreadsheet_does():
    text = 'store,name\nLIS-01,"Window\n1"\n\nLIS-01,Till 4\n'

    assert [line for line, *_ in rows(text)] == [3, 5]


def test_a_line_with_too_few_cells_is_a_screen_without_a_name():
    assert rows("store,name\nLIS-01\n") == [(2, "LIS-01", "", [])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no screen in it"),
        ("store,name\n", "no screen in it"),
        ("store,label\nA,B\n", "no column screen_name"),
        ("name\nB\n", "no column store_code"),
        ("store,name,colour\nA,B,red\n", "colour is no column"),
        ("store,name,name\nA,B,C\n", "or has it twice"),
        ("store,name\n" + "A,B\n" * 1001, "At most 1,000 screens"),
        ("store,name\n" + "x" * 200_000, "At most 200,000 characters"),
        ('store,name\n"' + "x" * 140_000 + '",B\n', "cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(text, said):
    with pytest.raises(Invalid) as refused:
        expected_csv.read(text)

    assert refused.value.errors[0].pointer == "/csv"
    assert said in refused.value.detail


def test_a_thousand_screens_are_a_list():
    assert len(rows("store,name\n" + "A,B\n" * 1000)) == 1000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_any_spreadsheet_are_decoded(encoding):
    assert expected_csv.decode("Café".encode(encoding)) == "Café"
