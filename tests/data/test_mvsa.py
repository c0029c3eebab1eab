from __future__ import annotations

import os

import pytest

from lfx.data.sources.mvsa import MvsaSource, merge_labels
from lfx.runtime.errors import ConfigError, DataError

NEG, NEU, POS = "negative", "neutral", "positive"
TABLE = [
    (NEG, NEG, NEG, NEG),
    (NEG, NEU, NEG, None),
    (NEG, POS, None, None),
    (NEU, NEG, NEG, None),
    (NEU, NEU, NEU, NEU),
    (NEU, POS, POS, None),
    (POS, NEG, None, None),
    (POS, NEU, POS, None),
    (POS, POS, POS, POS),
]
ROWS = [("1", "first", POS, NEU), ("2", b"wait\xa1\xad", NEG, POS), ("3", "third", NEU, NEU)]


@pytest.mark.parametrize(("text", "image", "merged", "equal"), TABLE)
def test_two_labels_become_one(text, image, merged, equal):
    assert merge_labels(text, image, "merged") == merged
    assert merge_labels(text, image, "equal") == equal


@pytest.mark.parametrize("header", [True, False])
def test_a_folder_is_read(make_mvsa, header):
    root = make_mvsa(ROWS, header=header)
    reading = MvsaSource(str(root)).read()

    assert reading.classes == (NEG, NEU, POS)
    assert [(one.id, one.columns["text"], one.label) for one in reading.samples] == [
        ("1", "first", 2),
        ("3", "third", 1),
    ]
    assert reading.samples[0].columns["image"] == root / "data" / "1.jpg"
    assert reading.bad == ()
    assert reading.notes == ("label protocol merged: 1 pairs dropped",)


def test_the_equal_protocol_keeps_equal_labels_only(make_mvsa):
    reading = MvsaSource(str(make_mvsa(ROWS)), protocol="equal").read()
    assert [one.id for one in reading.samples] == ["3"]
    assert reading.notes == ("label protocol equal: 2 pairs dropped",)


def test_encodings_are_counted(make_mvsa):
    rows = [("1", b"wait\xa1\xad", POS, POS), ("2", b"bad \xff", POS, POS), ("3", "ok", POS, POS)]
    reading = MvsaSource(str(make_mvsa(rows))).read()
    assert [one.columns["text"] for one in reading.samples] == ["wait…", "bad �", "ok"]
    assert reading.notes == (
        "1 texts are not UTF-8 and were decoded as GB18030",
        "1 texts are in no known encoding; their bad bytes were replaced",
    )


def test_without_a_label_file_pairs_are_unlabelled(make_mvsa):
    reading = MvsaSource(str(make_mvsa(ROWS, labels=False))).read()
    assert [(one.id, one.label) for one in reading.samples] == [
        ("1", None),
        ("2", None),
        ("3", None),
    ]
    assert reading.classes == ()
    assert reading.notes[0] == "no labelResultAll.txt: the samples are unlabelled"


def test_a_first_id_that_begins_like_a_header_is_no_header(make_mvsa):
    reading = MvsaSource(str(make_mvsa([("id1", "text", POS, POS)], header=False))).read()
    assert [one.id for one in reading.samples] == ["id1"]


def test_a_byte_order_mark_hides_no_header(make_mvsa):
    root = make_mvsa(ROWS)
    file = root / "labelResultAll.txt"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert MvsaSource(str(root)).read().bad == ()


def test_bad_rows_are_named_with_their_reason(make_mvsa):
    root = make_mvsa([(str(n), "text", POS, POS) for n in range(1, 7)])
    (root / "data" / "1.txt").unlink()
    (root / "data" / "2.jpg").unlink()
    (root / "data" / "3.txt").unlink()
    (root / "data" / "3.txt").mkdir()
    file = root / "labelResultAll.txt"
    text = file.read_text(encoding="utf-8")
    text = text.replace("4\tpositive,positive", "4\tpositive,angry").replace("5\tpositive,", "5\t")
    file.write_text(text + "\tpositive,positive\n", encoding="utf-8")

    assert MvsaSource(str(root)).read().samples.columns["text"].present.tolist() == [
        False,
        True,
        True,
    ]
    reading = MvsaSource(str(root)).read()
    assert [one.id for one in reading.samples] == ["1", "2", "6"]
    reasons = dict(reading.bad)
    assert list(reasons) == ["3", "4", "5", "line 8"]
    assert reasons["3"].startswith("data/3.txt cannot be read: ")
    assert reasons["4"].startswith("unknown label 'positive,angry' in line 5 of labelResultAll.txt")
    assert "allowed: two of negative, neutral, positive" in reasons["5"]


@pytest.mark.parametrize("labels", [True, False])
def test_a_sample_may_lack_its_text_or_its_image_but_not_both(make_mvsa, labels):
    rows = [(str(n), " " if n == 3 else "text", POS, POS) for n in range(1, 5)]
    root = make_mvsa(rows, labels=labels)
    (root / "data" / "1.txt").unlink()
    (root / "data" / "2.jpg").unlink()
    if labels:
        for suffix in ("txt", "jpg"):
            (root / "data" / f"4.{suffix}").unlink()
    reading = MvsaSource(str(root)).read()
    present = {name: one.present.tolist() for name, one in reading.samples.columns.items()}
    rest = [] if labels else [True]
    assert present == {"text": [False, True, False, *rest], "image": [True, False, True, *rest]}
    assert reading.bad == ((("4", "there is neither data/4.txt nor data/4.jpg"),) if labels else ())


def test_a_file_name_that_is_not_utf_8_is_a_bad_sample(make_mvsa):
    root = make_mvsa(ROWS, labels=False)
    (root / "data" / os.fsdecode(b"caf\xe9.txt")).write_text("a text", encoding="utf-8")
    reading = MvsaSource(str(root)).read()
    assert list(reading.samples.ids) == ["1", "2", "3"]
    assert reading.bad == (("caf\\udce9", "the name of its file in data/ is not UTF-8"),)


@pytest.mark.parametrize("labels", [True, False])
def test_a_blank_text_without_a_picture_is_told_as_such(make_mvsa, labels):
    root = make_mvsa([("1", "text", POS, POS), ("2", " \n", POS, POS)], labels=labels)
    (root / "data" / "2.jpg").unlink()
    reading = MvsaSource(str(root)).read()
    assert reading.bad == (("2", "data/2.txt is blank and there is no data/2.jpg"),)


def test_a_missing_or_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"data.root=.*nowhere is not a folder; give the folder"):
        MvsaSource(str(tmp_path / "nowhere")).read()
    with pytest.raises(DataError, match=r"has no folder data/; the official layout is data/ID.jpg"):
        MvsaSource(str(tmp_path)).read()
    (tmp_path / "data").mkdir()
    with pytest.raises(DataError, match="holds no text and no image"):
        MvsaSource(str(tmp_path)).read()
    (tmp_path / "labelResultAll.txt").write_text("ID\ttext,image\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no text and no image"):
        MvsaSource(str(tmp_path)).read()


def test_an_unknown_protocol_is_refused():
    with pytest.raises(ConfigError, match="protocol: allowed are merged, equal; got 'both'"):
        MvsaSource("folder", protocol="both")
