from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lfx.data.values import cell_id, cell_text, is_blank, rounded_ids

NAN = float("nan")


@pytest.mark.parametrize(
    "text", ["", " ", "\t\r\n", "\u00a0\u2003", "\u200b\ufeff\u200d", " \u2060 ", "\u3164", "\x00"]
)
def test_what_shows_nothing_is_blank(text):
    assert is_blank(text)
    assert cell_text(text) is None
    assert cell_id(text) is None


@pytest.mark.parametrize("text", ["a", " .", "\u200bx", "😀", "null", "nan", "0", "\u4e2d"])
def test_what_shows_something_stays_as_it_is(text):
    assert not is_blank(text)
    assert cell_text(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (NAN, None),
        (Decimal("NaN"), None),
        (7, "7"),
        (7.0, "7"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (1e300, "1e+300"),
        (12345678901234567890, "12345678901234567890"),
        (Decimal("7.00"), "7"),
        (Decimal("2.50"), "2.50"),
        (
            Decimal(10**37 + 1),
            str(10**37 + 1),
        ),
        (True, "True"),
        (b"caf\xc3\xa9", "café"),
        (date(2014, 1, 2), "2014-01-02"),
        (datetime(2014, 1, 2, 3, tzinfo=UTC), "2014-01-02 03:00:00+00:00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ],
)
def test_every_kind_of_cell_has_one_text(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([1], r"a list, not a text: \[1\]"),
        ({"a": 1}, r"a mapping, not a text: \{'a': 1\}"),
        (float("inf"), "inf, not a number"),
        (b"\xff\xfe", "2 bytes that are not a text"),
        ("a\ud83d", r"half a character, '\\ud83d'"),
        (["x" * 10_000], r"^.{1,140}$"),
    ],
)
def test_what_is_no_text_is_refused_in_a_few_words(value, reason):
    for read in (cell_text, cell_id):
        with pytest.raises(ValueError, match=reason):
            read(value)


@pytest.mark.parametrize(
    ("value", "exact", "reason"),
    [
        (7.5, 2**53, "7.5, not an integer"),
        (Decimal("7.5"), 2**53, "7.5, not an integer"),
        (2.0**53, 2**53, "9007199254740992 as a float, which has lost digits"),
        (-1e300, 2**53, "has lost digits"),
        (2.0**24, 2**24, "16777216 as a float"),
    ],
)
def test_an_id_that_lost_digits_is_refused(value, exact, reason):
    with pytest.raises(ValueError, match=reason):
        cell_id(value, exact)


def test_ids_that_tools_made_floats_are_whole_again():
    assert [cell_id(one) for one in (7.0, 2.0**53 - 1, NAN)] == ["7", "9007199254740991", None]


def test_ids_that_a_spreadsheet_rounded_are_told():
    (told,) = rounded_ids(["1.23457E+17", "1,2E+17", "12", "E+1"])
    assert told.startswith("2 ids")
    assert rounded_ids(["12", "1.5"]) == []
