"""MVSA-Multiple: every kind of disagreement between three annotators, and samples with a half."""

from __future__ import annotations

from itertools import product

import pytest

from lfx.data.sources.mvsa_multiple import MvsaMultipleSource, majority, merge_annotations
from lfx.runtime.errors import ConfigError, DataError

NEG, NEU, POS = CLASSES = ("negative", "neutral", "positive")
PAIRS = list(product(CLASSES, CLASSES))
ALL = list(product(PAIRS, PAIRS, PAIRS))


def naive_majority(one, two, three):
    if one in (two, three):
        return one
    return two if two == three else None


def naive(row, protocol):
    """The rule of the literature, said once more in other words."""
    text = naive_majority(*(pair[0] for pair in row))
    image = naive_majority(*(pair[1] for pair in row))
    if text is None or image is None:
        return None
    if text == image:
        return text
    if protocol == "equal" or {text, image} == {NEG, POS}:
        return None
    return image if text == NEU else text


@pytest.fixture
def make_multiple(tmp_path):
    """Make a folder: rows of three pairs of labels; some files may be missing."""

    def build(rows, *, header=True, without=()):
        root = tmp_path / "multiple"
        (root / "data").mkdir(parents=True)
        lines = ["ID\ttext,image\ttext,image\ttext,image"] if header else []
        for number, row in enumerate(rows, start=1):
            for name, content in ((f"{number}.txt", f"tweet {number}"), (f"{number}.jpg", "")):
                if name not in without:
                    (root / "data" / name).write_text(content, encoding="utf-8")
            lines.append("\t".join([str(number), *(",".join(pair) for pair in row)]))
        (root / "labelResultAll.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return root

    return build


@pytest.mark.parametrize("protocol", ["merged", "equal"])
def test_every_combination_of_annotations_is_merged_as_the_rule_says(protocol):
    assert len(ALL) == 729
    labels = [merge_annotations(row, protocol)[0] for row in ALL]
    assert labels == [naive(row, protocol) for row in ALL]
    counts = {"merged": (147, 49, 147), "equal": (49, 49, 49)}
    assert tuple(map(labels.count, CLASSES)) == counts[protocol]


def test_annotators_are_equals():
    for row in ALL:
        merged = {
            merge_annotations(turned, "merged") for turned in (row, row[::-1], row[1:] + row[:1])
        }
        assert len(merged) == 1


def test_no_majority_is_told_apart_from_opposites():
    assert merge_annotations([(NEG, POS), (NEU, POS), (POS, POS)], "merged") == (None, False)
    assert merge_annotations([(NEG, POS), (NEG, POS), (POS, POS)], "merged") == (None, True)
    assert merge_annotations([(NEU, POS), (NEU, POS), (POS, NEG)], "merged") == (POS, True)
    assert majority([NEU, NEU, POS]) == NEU
    assert majority([NEG, NEU, POS]) is None


@pytest.mark.parametrize("protocol", ["merged", "equal"])
@pytest.mark.parametrize("header", [True, False])
def test_a_folder_of_all_of_them_is_counted(make_multiple, protocol, header):
    reading = MvsaMultipleSource(str(make_multiple(ALL, header=header)), protocol).read()
    expected = {str(number): naive(row, protocol) for number, row in enumerate(ALL, start=1)}
    assert reading.classes == CLASSES
    assert {one.id: CLASSES[one.label] for one in reading.samples} == {
        name: label for name, label in expected.items() if label is not None
    }
    dropped = [name for name, label in expected.items() if label is None]
    assert list(reading.left_out) == dropped
    undecided = sum(
        None in [naive_majority(*(pair[view] for pair in row)) for view in (0, 1)] for row in ALL
    )
    (note,) = reading.notes
    assert note == (
        f"label protocol {protocol}: {len(dropped)} pairs dropped, {undecided} of them since no "
        "two of three annotators agree"
    )
    assert reading.bad == ()


def test_a_half_that_is_missing_is_absent(make_multiple):
    rows = [[(POS, POS)] * 3] * 5
    root = make_multiple(rows, without=("2.txt", "3.jpg", "4.txt", "4.jpg"))
    (root / "data/5.txt").write_text(" \n", encoding="utf-8")
    reading = MvsaMultipleSource(str(root)).read()
    columns = {one.id: one.columns for one in reading.samples}
    assert columns == {
        "1": {"text": "tweet 1", "image": root / "data/1.jpg"},
        "2": {"text": None, "image": root / "data/2.jpg"},
        "3": {"text": "tweet 3", "image": None},
        "5": {"text": None, "image": root / "data/5.jpg"},
    }
    assert reading.bad == (("4", "there is neither data/4.txt nor data/4.jpg"),)
    (root / "labelResultAll.txt").unlink()
    unlabelled = MvsaMultipleSource(str(root)).read()
    assert [one.id for one in unlabelled.samples] == ["1", "2", "3", "5"]
    assert {one.label for one in unlabelled.samples} == {None}
    assert unlabelled.notes == ("no labelResultAll.txt: the samples are unlabelled",)


def test_rows_that_are_no_annotations_are_named(make_multiple):
    root = make_multiple([[(POS, POS)] * 3] * 6)
    file = root / "labelResultAll.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("positive,positive", "angry,positive", 1)
    lines[2] = "2\tpositive,positive\tpositive,positive"
    lines[3] = lines[3].replace("positive,positive", "positive", 1)
    lines[4] += "\tpositive,positive"
    lines[5] = lines[5].replace("positive", " Positive ").replace("\t", " \t") + "\t"
    lines += ["", "nul\0name\tpositive,positive\tpositive,positive\tpositive,positive"]
    file.write_text("\n".join(lines), encoding="utf-8")
    reading = MvsaMultipleSource(str(root)).read()
    assert [one.id for one in reading.samples] == ["5", "6"]
    reasons = dict(reading.bad)
    assert list(reasons) == ["1", "2", "3", "4", "nul\0name"]
    assert reasons["1"].startswith("unknown labels 'angry,positive positive,positive")
    assert (
        "in line 3 of labelResultAll.txt (allowed: 3 times two of negative, neutral" in reasons["2"]
    )
    assert reasons["nul\0name"].endswith("cannot be read: embedded null byte")


def test_texts_in_other_encodings_are_counted(make_multiple):
    root = make_multiple([[(POS, POS)] * 3] * 2)
    (root / "data/1.txt").write_bytes(b"wait\xa1\xad")
    reading = MvsaMultipleSource(str(root)).read()
    assert reading.samples[0].columns["text"] == "wait…"
    assert reading.notes == ("1 texts are not UTF-8 and were decoded as GB18030",)


def test_a_folder_without_data_is_refused(tmp_path):
    for make, reason in (
        (lambda: None, "nowhere is not a folder; give the folder of the data"),
        ((tmp_path / "nowhere").mkdir, r"has no folder data/; the official layout is"),
        ((tmp_path / "nowhere/data").mkdir, "holds no text and no image"),
    ):
        make()
        with pytest.raises(DataError, match=reason):
            MvsaMultipleSource(str(tmp_path / "nowhere")).read()
    with pytest.raises(ConfigError, match="protocol: allowed are merged, equal; got 'both'"):
        MvsaMultipleSource("folder", protocol="both")
