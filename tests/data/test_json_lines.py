from __future__ import annotations

import pytest

from lfx.data.json_lines import read_json_lines
from lfx.runtime.errors import DataError


def test_one_object_a_line_with_all_its_digits():
    text = '{"id": 12345678901234567890, "x": [1]}\r\n\n{"id": 7.0}\n{"id": "007", "x": null}'
    objects, lines, broken = read_json_lines(text)
    assert objects == [
        {"id": 12345678901234567890, "x": [1]},
        {"id": 7.0},
        {"id": "007", "x": None},
    ]
    assert lines == [1, 3, 4]
    assert broken == []


def test_old_line_breaks_split_too():
    assert read_json_lines('{"a": 1}\r{"a": 2}')[0] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 1', "not a JSON object: Expecting"),
        ("id,text", "not a JSON object: Expecting value"),
        ("[1, 2]", "not a JSON object but a list"),
        ('"x"', "not a JSON object but a text"),
        ("null", "not a JSON object but null"),
        ("true", "not a JSON object but true or false"),
        ("1.5", "not a JSON object but a number"),
        ('{"id": 1, "id": 2}', "a key occurs twice"),
        ('{"id": ' + "9" * 5000 + "}", "not a JSON object: Exceeds the limit"),
        ('{"id": ' + "[" * 100_000, "nested too deep"),
        ('{"id": 1} {"id": 2}', "not a JSON object: Extra data"),
    ],
)
def test_a_broken_line_costs_itself_alone(line, reason):
    objects, _, broken = read_json_lines(f'{{"id": "a"}}\n{line}\n{{"id": "b"}}\n')
    assert [one["id"] for one in objects] == ["a", "b"]
    ((number, told),) = broken
    assert number == 2
    assert reason in told
    assert len(told) < 160


def test_a_file_that_is_one_list_is_told_how_to_become_lines():
    with pytest.raises(DataError, match="one list, not one object per line"):
        read_json_lines('[\n{"id": 1},\n{"id": 2}\n]\n')


@pytest.mark.parametrize("text", ["id,text\n1,a\n", "1\n2\n", "null"])
def test_a_file_without_any_object_is_refused_as_a_whole(text):
    with pytest.raises(DataError, match="none of its lines is a JSON object: line 1: not a"):
        read_json_lines(text)
