from __future__ import annotations

import string

import numpy as np

from lfx.data.spelling import doubtful_classes, doubtful_groups


def test_near_equal_classes_are_named_and_others_are_not():
    assert doubtful_classes(["good", "bad", "goods"]) == []
    (told,) = doubtful_classes([" positive", "Positive", "positive", "negative", "pos\u200bitive"])
    assert r"' positive', 'Positive', 'positive', 'pos\u200bitive'" in told
    assert "4 classes" in told
    assert r"'e\u0301'" in doubtful_classes(["\u00e9", "e\u0301"])[0]
    assert len(doubtful_classes(['"good"', "good", "BAD", "bad"])) == 2
    assert "a class is called 'NaN'" in doubtful_classes(["NaN", "x"])[0]
    assert doubtful_classes(["sehr\tgut", "sehr gut"])[0].count(r"'sehr\tgut'") == 1


def test_whole_floats_beside_whole_numbers_are_one_class_in_two_spellings():
    assert "'1', '1.0'" in doubtful_classes(["0", "1", "1.0"])[0]
    assert doubtful_classes(["1.0", "1.5", "10"]) == []


def test_groups_in_several_spellings_are_named_in_one_sentence():
    names = ["p0", "p0 ", "P1", "p1", None, "1.0", "1", "\u00e9", "e\u0301", "x"]
    (told,) = doubtful_groups(names)
    assert "'p0' and 'p0 ', 'P1' and 'p1', '1.0' and '1', '\u00e9' and 'e\\u0301'. " in told
    many = [f"{case}{number}" for number in range(1000) for case in ("p", "P")]
    (told,) = doubtful_groups(many)
    assert "'p3' and 'P3' and 996 more. " in told
    assert len(told) < 500


def test_groups_that_really_differ_are_no_doubt():
    chance = np.random.default_rng(0)
    assert doubtful_groups([None] * 3) == []
    assert doubtful_groups([f"p{number}" for number in range(50_000)] * 2) == []
    assert doubtful_groups([f"{one:x}" for one in chance.integers(0, 2**63, 50_000)]) == []
    letters = list(string.ascii_letters + string.digits)
    codes = ["".join(code) for code in chance.choice(letters, (20_000, 4))]
    assert len({code.lower() for code in codes}) < len(set(codes))
    assert doubtful_groups(codes) == []
    (told,) = doubtful_groups([*codes, f"{codes[0]} "])
    assert f"'{codes[0]}' and '{codes[0]} '." in told
    assert doubtful_groups(["VideoA", "videoa", "VideoB"]) != []


def test_a_group_whose_name_means_none_is_named():
    told = doubtful_groups(["NA", "NA", "n/a", "null", "null", "null", "p1", None])
    assert [sentence.split(",")[0] for sentence in told] == [
        "a group of 2 samples is called 'NA'",
        "a group of 3 samples is called 'null'",
    ]
    assert told[0].endswith("where that means no group, leave the cell empty")
