from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from wtforms import Form, StringField
from wtforms.validators import InputRequired

from portal import ui, words

NOW = datetime(2026, 11, 23, 8, 41, 12, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")


class ScreenForm(Form):
    name = StringField("Screen name", [InputRequired("A screen needs a name.")])
    notes = StringField("Notes")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (41882, "41,882"), (3.14, "3.1"), (7.0, "7"), (None, ui.NOTHING)]
)
def test_numbers_set_thousands_apart(value, text):
    assert ui.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"),
        (0.976, "97.6%"),
        (1, "100%"),
        (0.99996, "99.9%"),
        (1.2, "120%"),
        (None, ui.NOTHING),
    ],
)
def test_a_percentage_short_of_the_whole_never_reads_100(share, text):
    assert ui.percent(share) == text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (120450, "EUR", "€1,204.50"),
        (5, "USD", "$0.05"),
        (-5, "GBP", "\N{MINUS SIGN}£0.05"),
        (100, "CHF", "1.00 CHF"),
        (None, "EUR", ui.NOTHING),
    ],
)
def test_money_shows_its_currency(minor, currency, text):
    assert ui.money(minor, currency) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_600, "1.0 MB"),
        (3_120_000_000, "3.1 GB"),
        (84_000_000, "84 MB"),
        (5 * 10**18, "5000 PB"),
        (None, ui.NOTHING),
    ],
)
def test_sizes_are_decimal_with_two_figures(count, text):
    assert ui.size(count) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 s"),
        (500, "500 ms"),
        (59_999, "59 s"),
        (90_000, "1 min 30 s"),
        (4_320_000, "1 h 12 min"),
        (3_600_000, "1 h"),
        (1_051_200_000, "12 d 4 h"),
        (-4_320_000, "\N{MINUS SIGN}1 h 12 min"),
        (None, ui.NOTHING),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(ms, text):
    assert ui.duration(ms) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (4, "just now"),
        (6, "6 s ago"),
        (4320, "1 h 12 min ago"),
        (12 * 86400, "12 d ago"),
        (70 * 86400, "10 weeks ago"),
        (-3 * 3600, "in 3 h"),
    ],
)
def test_an_instant_is_said_as_its_distance_from_now(seconds, text):
    assert ui.ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_what_never_happened_is_said_so():
    assert ui.ago(None, NOW) == "Never"
    assert ui.ago(None, NOW, "Not yet") == "Not yet"


def test_local_time_always_names_its_zone():
    assert ui.local(NOW, LISBON) == "Mon 23 Nov 2026, 08:41 WET"
    assert ui.local(NOW, ZoneInfo("Asia/Kathmandu")) == "Mon 23 Nov 2026, 14:26 UTC+05:45"
    assert ui.local(NOW, ZoneInfo("America/Sao_Paulo")) == "Mon 23 Nov 2026, 05:41 UTC-03:00"
    assert ui.local(NOW) == "Mon 23 Nov 2026, 08:41 UTC"
    assert ui.local(None) == ui.NOTHING


def test_the_time_of_day_and_the_day_are_the_zones_own():
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    assert ui.clock(NOW, kiritimati) == "22:41"
    assert ui.day(NOW + timedelta(hours=2), kiritimati) == "Tue 24 Nov"
    assert ui.clock(None) == ui.day(None) == ui.NOTHING


def test_machine_time_is_utc_to_the_second():
    at = datetime(2026, 7, 1, 12, 0, 0, 999, tzinfo=LISBON)
    assert ui.machine_time(at) == "2026-07-01T11:00:00Z"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 screens"), (1, "1 screen"), (1214, "1,214 screens")]
)
def test_a_count_agrees_with_its_noun(count, text):
    assert ui.plural(count, "screen") == text


def test_a_noun_may_bring_its_own_plural():
    assert ui.plural(2, "company", "companies") == "2 companies"


def test_the_errors_of_a_form_name_the_field_and_what_is_wrong():
    form = ScreenForm(data={})
    form.validate()
    form.form_errors.append("The store is closed.")
    assert ui.listed_errors(form) == [
        "The store is closed.",
        ("name", "Screen name: A screen needs a name."),
    ]


def test_the_first_error_is_found_however_deep_it_lies():
    assert ui.first_error([]) == ""
    assert ui.first_error(["One.", "Two."]) == "One."
    assert ui.first_error([{}, {"name": ["Deep."]}]) == "Deep."


def test_an_attribute_can_be_left_out():
    assert ui.without({"id": "a", "hx-get": "/b"}, "id") == {"hx-get": "/b"}


@pytest.mark.parametrize(
    ("code", "tone"),
    [("offline", "crit"), ("Clock drift", "warn"), ("ONLINE", "ok"), ("unheard_of", "off")],
)
def test_a_status_word_has_a_tone_and_an_unknown_one_claims_nothing(code, tone):
    assert words.tone(code) == tone


def test_no_code_has_two_tones():
    assert sum(len(codes) for codes in words._CODES.values()) == len(words.TONES)


def test_a_code_reads_as_words():
    assert words.sentence("clock_drift") == "Clock drift"
    assert words.sentence("On plan") == "On plan"
    assert words.sentence("") == ""
