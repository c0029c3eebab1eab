from __future__ import annotations

import string

import numpy as np

from lfx.data.spelling import class_name_warnings, group_name_warnings


def test_near_equal_classes_are_named_and_others_are_not():
    assert class_name_warnings(["good", "bad", "goods"]) == []
    (told,) = class_name_warnings(
        [" positive", "Positive", "positive", "negative", "pos\u200bitive"]
    )
    assert r"' positive', 'Positive', 'positive', 'pos\u200bitive'" in told
    assert "4 classes" in told
    assert r"'e\u0301'" in class_name_warnings(["\u00e9", "e\u0301"])[0]
    assert len(class_name_warnings(['"good"', "good", "BAD", "bad"])) == 2
    assert "a class is called 'NaN'" in class_name_warnings(["NaN", "x"])[0]
    assert class_name_warnings(["sehr\tgut", "sehr gut"])[0].count(r"'sehr\tgut'") == 1


def test_whole_floats_beside_whole_numbers_are_one_class_in_two_spellings():
    assert "'1', '1.0'" in class_name_warnings(["0", "1", "1.0"])[0]
    assert class_name_warnings(["1.0", "1.5", "10"]) == []


def test_groups_in_several_spellings_are_named_in_one_sentence():
    names = ["p0", "p0 ", "P1", "p1", None, "1.0", "1", "\u00e9", "e\u0301", "x"]
    (told,) = group_name_warnings(names)
    assert "'p0' and 'p0 ', 'P1' and 'p1', '1.0' and '1', '\u00e9' and 'e\\u0301'. " in told
    many = [f"{case}{number}" for number in range(1000) for case in ("p", "P")]
    (told,) = group_name_warnings(many)
    assert "'p3' and 'P3' and 996 more. " in told
    assert len(told) < 500


def test_groups_that_really_differ_are_no_doubt():
    chance = np.random.default_rng(0)
    assert group_name_warnings([None] * 3) == []
    assert group_name_warnings([f"p{number}" for number in range(50_000)] * 2) == []
    assert group_name_warnings([f"{one:x}" for one in chance.integers(0, 2**63, 50_000)]) == []
    letters = list(string.ascii_letters + string.digits)
    codes = ["".join(code) for code in chance.choice(letters, (20_000, 4))]
    assert len({code.lower() for code in codes}) < len(set(codes))
    assert group_name_warnings(codes) == []
    (told,) = group_name_warnings([*codes, f"{codes[0]} "])
    assert f"'{codes[0]}' and '{codes[0]} '." in told
    assert group_name_warnings(["VideoA", "videoa", "VideoB"]) != []


def test_a_group_whose_name_means_none_is_named():
    told = group_name_warnings(["NA", "NA", "n/a", "null", "null", "null", "p1", None])
    assert [sentence.split(",")[0] for sentence in told] == [
        "a group of 2 samples is called 'NA'",
        "a group of 3 samples is called 'null'",
    ]
    assert told[0].endswith("if that means no group, leave the cell empty")
