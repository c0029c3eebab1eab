from __future__ import annotations

from dataclasses import replace

import pytest

from lfx.data.column import TextColumn
from lfx.data.rare import RareClasses
from lfx.data.samples import SampleTable
from lfx.runtime.errors import DataError


def table_of(names, classes=None):
    classes = tuple(classes or sorted(set(names)))
    numbers = range(len(names))
    return SampleTable(
        classes=classes,
        ids=tuple(f"s{n}" for n in numbers),
        labels=tuple(classes.index(name) for name in names),
        groups=tuple(f"s{n}" for n in numbers),
        splits=(None,) * len(names),
        columns={"text": TextColumn([f"text {n}" for n in numbers])},
    )


NAMES = [*"aaaaa", *"bbb", "c", *"dddd", "e", "c"]


def labels_of(table):
    return [table.classes[label] for label in table.labels]


def test_by_default_every_class_stays():
    table = table_of(NAMES, [*"abcde", "none"])
    assert RareClasses().applied(table) == (table, [])


def test_rare_classes_are_named():
    with pytest.raises(DataError, match=r"fewer than 3 samples: c \(2\), e \(1\)\. .*drop"):
        RareClasses("error", 3).applied(table_of(NAMES))
    table = table_of(NAMES)
    assert RareClasses("error", 1).applied(table)[0] is table


def test_rare_classes_are_left_out():
    table, left_out = RareClasses("drop", 3).applied(table_of(NAMES))
    assert left_out == ["s8", "s13", "s14"]
    assert table.classes == ("a", "b", "d")
    assert labels_of(table) == [*"aaaaa", *"bbb", *"dddd"]
    assert len(table.ids) == len(table.columns["text"]) == len(table.groups) == 12
    assert "c (2), e (1); their 3 samples are left out: s8, s13, s14" in table.notes[0]


def test_a_class_without_any_sample_is_left_out_too():
    table, left_out = RareClasses("drop").applied(table_of([*"aabb"], [*"abc"]))
    assert (table.classes, left_out) == (("a", "b"), [])


@pytest.mark.parametrize("how", ["drop", "merge"])
def test_where_nothing_is_rare_a_note_says_so(how):
    given = table_of(NAMES)
    table, left_out = RareClasses(how).applied(given)
    assert table.labels.tolist() == given.labels.tolist()
    assert (table.classes, left_out) == (given.classes, [])
    assert f"data.rare_classes={how} changes nothing" in table.notes[-1]


def test_rare_classes_become_one():
    table, left_out = RareClasses("merge", 3).applied(table_of(NAMES))
    assert left_out == []
    assert table.classes == ("a", "b", "d", "other")
    assert labels_of(table) == [*"aaaaa", *"bbb", "other", *"dddd", "other", "other"]
    assert "merged into other: c (2), e (1)" in table.notes[0]


def test_what_they_are_merged_into_must_be_new_and_large_enough():
    names = [*"aaaa", *(["other"] * 4), "c", "d"]
    with pytest.raises(DataError, match=r"a class other, which exists already; .*merged_class"):
        RareClasses("merge", 3).applied(table_of(names))
    with pytest.raises(DataError, match="merged they have 2, which is too few as well"):
        RareClasses("merge", 3, "rest").applied(table_of(names))
    # A rare class may have the name itself.
    table, _ = RareClasses("merge", 3).applied(table_of([*"aaaa", "other", "c", "d"]))
    assert table.classes == ("a", "other")


def test_of_new_data_the_models_classes_are_never_rare():
    table = table_of([*"aab", "c", "d"])
    known = ("a", "b", "other")
    dropped = RareClasses("drop", 10).as_in_training(table, known)
    assert (labels_of(dropped), dropped.ids.tolist()) == ([*"aab"], ["s0", "s1", "s2"])
    assert "does not know: c, d; their 2 samples are left out: s3, s4" in dropped.notes[-1]
    merged = RareClasses("merge", 10).as_in_training(table, known)
    assert labels_of(merged) == [*"aab", "other", "other"]
    assert RareClasses("error", 10).as_in_training(table, known) is table
    assert RareClasses("drop", 10).as_in_training(table, [*"abcd"]) is table


def test_of_new_data_something_has_to_be_left():
    table = table_of([*"cdd"])
    with pytest.raises(DataError, match=r"does not know: c, d; .*drop leaves no sample"):
        RareClasses("drop").as_in_training(table, ("a", "b"))
    with pytest.raises(DataError, match=r"makes them other, which it does not know .* a, b\)"):
        RareClasses("merge").as_in_training(table, ("a", "b"))
    with pytest.raises(DataError, match="leaves no sample"):
        RareClasses("drop", 9).applied(table)


def test_without_labels_nothing_is_rare():
    table = replace(table_of([*"ab"]), classes=(), labels=(None, None))
    assert RareClasses("drop", 5).applied(table) == (table, [])
