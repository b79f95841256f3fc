"""Entity tags: If-None-Match and If-Match as in RFC 9110 section 13.1."""

import pytest

from web import etags


@pytest.mark.parametrize(
    "field",
    [
        '"a"',
        'W/"a"',
        ' "a" ',
        '"x","a"',
        '"x" , W/"a"',
        '"x,y", "a"',
        ',"a",',
        "*",
        " * ",
    ],
)
def test_a_field_that_names_the_tag_matches(field):
    assert etags.matches(field, {"a", "a-gzip"})


@pytest.mark.parametrize(
    "field",
    [
        None,
        "",
        " ",
        ",",
        '""',
        '"b"',
        "a",
        '"a',
        'a"',
        'w/"a"',
        'W/ "a"',
        '"a" x',
        '"b", a, "a"',
        '"A"',
        '"x,a"',
        '"a b"',
        "'a'",
        '*, "b"',
        '"' * 20_000,
        '"a,' * 20_000,
    ],
)
def test_another_and_a_malformed_field_do_not(field):
    assert not etags.matches(field, {"a", "a-gzip"})
