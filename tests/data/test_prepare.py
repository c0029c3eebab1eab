from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from lfx.data.column import TextColumn
from lfx.data.fit_for_training import check_splits
from lfx.data.prepare import SplitPlan, load_any, load_labelled
from lfx.data.rare import RareClasses
from lfx.data.samples import UNLABELLED
from lfx.data.sources.mvsa import MvsaSource
from lfx.modalities.image.modality import ImageModality
from lfx.modalities.text.modality import TextModality
from lfx.modalities.usable import find_usable
from lfx.runtime.errors import DataError

FIXED = SplitPlan("file")
TEXTS = [f"{word} words that differ from {word}s" for word in "abcdef"]
LABELS = [0, 1, 0, 1, 0, 1]
SPLITS = ["train", "train", "val", "val", "test", "test"]


@pytest.fixture
def load(tmp_path):
    def build(source, plan=FIXED, *, drop_bad=False, **options):
        cache_dir = tmp_path / "cache"
        return load_labelled(source, plan, drop_bad=drop_bad, cache_dir=cache_dir, **options)

    return build


@pytest.fixture
def damaged(make_mvsa):
    """A folder of 80 pairs, three of which have damaged images, and a fourth no image."""
    labels = ["negative", "neutral", "positive", "positive"]
    rows = [(f"p{n:02}", f"text number {n}", labels[n % 4], labels[n % 4]) for n in range(80)]
    root = make_mvsa(rows)
    whole = (root / "data" / "p00.jpg").read_bytes()
    (root / "data" / "p03.jpg").write_bytes(b"")
    (root / "data" / "p05.jpg").write_bytes(b"<html>not found</html>")
    (root / "data" / "p08.jpg").write_bytes(whole[:-20])
    (root / "data" / "p09.jpg").unlink()
    return MvsaSource(str(root))


def test_damaged_images_stop_an_image_model_and_are_named(damaged, load, tmp_path):
    table = load(damaged, SplitPlan("random"))
    assert len(table) == 80
    assert len(find_usable(TextModality(), table, tmp_path, drop_bad=False).rows) == 80
    with pytest.raises(DataError, match=r"^bad samples: 3\n") as caught:
        find_usable(ImageModality(), table, tmp_path, drop_bad=False)
    lines = str(caught.value).splitlines()
    assert lines[1] == "  p03: the file is empty (0 bytes) (p03.jpg)"
    assert lines[2] == "  p05: the file is not an image (p05.jpg)"
    assert lines[3].startswith("  p08: the image is damaged: ")
    assert "data.on_bad_sample=drop" in lines[4]


def test_damaged_images_are_dropped_and_listed(damaged, load, tmp_path, caplog):
    table = load(damaged, SplitPlan("random"), drop_bad=True)
    with caplog.at_level(logging.INFO):
        rows = find_usable(ImageModality(), table, tmp_path, drop_bad=True).rows
    assert len(rows) == 76
    assert not {"p03", "p05", "p08", "p09"} & set(table.ids[rows])
    assert "1 of 80 samples have no image and are left out: train" in caplog.text
    (note,) = [text for text in caplog.messages if "dropped" in text]
    assert note.startswith("bad samples dropped: 3\n  p03: ")
    assert "p08: the image is damaged" in note


def test_the_message_names_ten_bad_samples_but_the_list_names_all(make_source, load):
    bad = [(f"x{n:02}", "it has no text") for n in range(14)]
    source = make_source(TEXTS, LABELS, splits=SPLITS, bad=bad)
    with pytest.raises(DataError, match=r"^bad samples: 14\n.*") as caught:
        load(source)
    assert "x09" in str(caught.value)
    assert "x10" not in str(caught.value)
    assert "  and 4 more" in str(caught.value)
    assert "x13: it has no text" in load(source, drop_bad=True).notes[-1]


def test_nothing_usable_is_an_error(make_source, load):
    with pytest.raises(DataError, match="no usable sample is left"):
        load(make_source([], [], bad=[("a", "it has no text")]), drop_bad=True)


def test_duplicate_ids_are_named(make_mvsa, load):
    root = make_mvsa([("1", "one", "positive", "positive"), ("2", "b", "negative", "negative")])
    file = root / "labelResultAll.txt"
    file.write_text(file.read_text(encoding="utf-8") * 2, encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace("ID\ttext,image\n", ""), "utf-8")
    with pytest.raises(DataError, match=r"ids that occur more than once: 2 \(1, 2\)"):
        load(MvsaSource(str(root)), drop_bad=True)


def test_training_needs_labels_but_prediction_does_not(make_source, load, tmp_path):
    source = make_source(TEXTS, [*LABELS[:-1], None], splits=SPLITS)
    with pytest.raises(
        DataError, match=r"samples without a label: 1 of .*, namely s005; .*lfx.predict does not"
    ):
        load(source)
    table = load_any(source, drop_bad=False, cache_dir=tmp_path)
    assert table.labels[-1] == UNLABELLED
    assert set(table.splits) == {None}


def test_splits_of_a_file_without_test_are_warned_of(make_source, load, caplog):
    with caplog.at_level(logging.WARNING):
        load(make_source(TEXTS, LABELS, splits=[*SPLITS[:4], None, None]))
    (message,) = caplog.messages
    assert message.startswith("there is no split test: ")


def test_train_needs_every_class_and_other_splits_are_warned_of(make_source, load, caplog):
    splits = ["train", "train", "val", "train", "test", "test"]
    with caplog.at_level(logging.WARNING):
        table = load(make_source(TEXTS, LABELS, splits=splits))
    assert len(table.rows("val")) == 1
    (message,) = caplog.messages
    assert message.startswith("split val has no sample of class good: its recall")
    # A class that the user lists and no sample has.
    with pytest.raises(DataError, match="split train has no sample of class ugly") as caught:
        load(make_source(TEXTS, LABELS, splits=SPLITS, classes=("bad", "good", "ugly")))
    assert "data.split_seed" in str(caught.value)
    assert "data.rare_classes" in str(caught.value)
    table = load(
        make_source(TEXTS, LABELS, splits=SPLITS, classes=("bad", "good", "ugly")),
        rare=RareClasses("drop"),
    )
    assert table.classes == ("bad", "good")


def test_few_groups_are_checked_as_folds_alone(make_source, load, caplog):
    texts = [f"{chr(97 + n % 26)}{n} b{n} c{n} d{n}" for n in range(20)]
    source = make_source(texts, [int(n >= 4 and n % 2 == 0) for n in range(20)])
    samples = source.reading.samples

    def grouped(size):
        named = [replace(one, group=f"g{row // size}") for row, one in enumerate(samples)]
        source.reading = replace(source.reading, samples=tuple(named))
        return load(source, SplitPlan("grouped", folds=True))

    with caplog.at_level(logging.WARNING):
        grouped(4)  # the first group is of one class
    assert not caplog.messages
    with pytest.raises(DataError, match="all samples are of one group; folds need two or more"):
        grouped(20)


def test_classes_that_a_part_alone_lacks_are_warned_of(make_source, load):
    splits = ["train", "train", "val", "test", "test", "test"]
    table = load(make_source(TEXTS, [0, 1, 0, 1, 0, 0], splits=splits))
    part = table.part([0, 1, 2, 4, 5])  # val lacked a class before, test lacks it now
    (warning,) = check_splits(part, " with image", table)
    assert warning.startswith("split test has no sample of class good with image")
    assert len(check_splits(part)) == 2


def test_one_class_is_nothing_to_train_on(make_source, load):
    with pytest.raises(DataError, match=r"all 6 samples are of one class, good\. Training needs"):
        load(make_source(TEXTS, [1] * 6, splits=SPLITS))
    with pytest.raises(DataError, match="all 5 samples are of one class, bad"):
        load(
            make_source(TEXTS, [0, 0, 0, 0, 0, 1], splits=SPLITS),
            rare=RareClasses("drop", fewest=2),
        )


@pytest.mark.parametrize("blank", ["", " \n", "\u200b\ufeff", None])
def test_blank_texts_are_absent_whatever_the_source(make_source, load, tmp_path, blank, caplog):
    source = make_source([*TEXTS[:5], blank], LABELS, splits=SPLITS)
    with caplog.at_level(logging.INFO):
        tables = [load(source), load_any(source, drop_bad=False, cache_dir=tmp_path)]
    assert "of 6 samples 5 have text, 6 have image" in caplog.messages
    for table in tables:
        assert table.columns["text"].present.tolist() == [True] * 5 + [False]
        text, image = (
            find_usable(kind(), table, tmp_path, drop_bad=False).rows.tolist()
            for kind in (TextModality, ImageModality)
        )
        assert (text, image) == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5])


def test_what_every_sample_lacks_cannot_be_read(make_source, load, tmp_path):
    table = load(make_source([None] * 6, LABELS, splits=SPLITS))
    with pytest.raises(DataError, match=r"no column text; they have image\. modality\.column=NAME"):
        find_usable(TextModality(), table, tmp_path, drop_bad=False)
    with pytest.raises(DataError, match="column image holds files, and modality=text reads texts"):
        find_usable(TextModality("image"), table, tmp_path, drop_bad=False)
    nothing = replace(table, columns={"text": TextColumn([None] * 6)})
    with pytest.raises(DataError, match="no sample has a usable text"):
        find_usable(TextModality(), nothing, tmp_path, drop_bad=False)


def test_a_split_file_may_name_what_rare_classes_lost(make_source, load, tmp_path):
    file = tmp_path / "split.csv"
    rows = [f"s{row:03},{split}" for row, split in enumerate(SPLITS)]
    file.write_text("\n".join(["id,split", *rows]), encoding="utf-8")
    source = make_source(TEXTS, [0, 1, 0, 1, 0, 2], classes=("bad", "good", "odd"))
    table = load(source, SplitPlan("file", file=file), rare=RareClasses("drop", fewest=2))
    assert table.ids.tolist() == ["s000", "s001", "s002", "s003", "s004"]


def test_given_groups_never_straddle_and_are_told_of(make_source, load, caplog):
    texts = [f"{chr(97 + n % 26)}{n} b{n} c{n} d{n}" for n in range(80)]
    source = make_source(texts, [n // 40 for n in range(80)])
    samples = [replace(one, group=f"g{row % 20}") for row, one in enumerate(source.reading.samples)]
    source.reading = replace(source.reading, samples=tuple(samples))
    table = load(source, SplitPlan("grouped"))
    places = {}
    for row, split in enumerate(table.splits):
        places.setdefault(row % 20, set()).add(split)
    assert all(len(splits) == 1 for splits in places.values())
    with caplog.at_level(logging.WARNING):
        load(source, SplitPlan("random"))
    assert "have a near duplicate or a sample of their group in train, or are" in caplog.messages[0]


def test_a_large_group_that_skews_the_split_is_warned_of(make_source, load, caplog):
    numbers = [f"{name}{number}" for number in range(10) for name in "abcdef"]
    texts = [f"one{number} two{number} three{number}" for number in numbers]
    source = make_source(texts, LABELS * 10)
    load(source, SplitPlan("grouped"))
    assert "groups stay whole" not in caplog.text
    named = [
        replace(one, group="all" if row < 30 else None)
        for row, one in enumerate(source.reading.samples)
    ]
    source.reading = replace(source.reading, samples=tuple(named))
    load(source, SplitPlan("grouped"))
    assert "that of sample 's000', holds 30 of 60 samples" in caplog.text


def test_groups_in_two_spellings_are_warned_of(make_source, load, caplog):
    source = make_source(TEXTS, LABELS, splits=SPLITS)
    samples = source.reading.samples
    named = [replace(one, group=f"p{row % 3}") for row, one in enumerate(samples)]
    source.reading = replace(source.reading, samples=tuple(named))
    load(source)
    assert "names of groups" not in caplog.text
    named[0] = replace(named[0], group="P0 ")
    source.reading = replace(source.reading, samples=tuple(named))
    load(source)
    assert "names of groups that differ in case, white space" in caplog.text


def test_train_and_val_must_be_there_but_test_need_not(make_source, load):
    with pytest.raises(DataError, match="there is no split val"):
        load(make_source(TEXTS[:2], LABELS[:2], splits=SPLITS[:2]))
    table = load(make_source(TEXTS[:4], LABELS[:4], splits=SPLITS[:4]))
    assert table.present_splits() == ("train", "val")


def test_a_split_file_goes_before_the_tables_own_splits(make_source, load, tmp_path):
    file = tmp_path / "split.csv"
    rows = [f"s{row:03},{split}" for row, split in enumerate(SPLITS[::-1][:4])]
    file.write_text("\n".join(["id,split", *rows]), encoding="utf-8")
    splits = ["train", "train", "train", "train", "val", "val"]
    with pytest.raises(DataError, match="there is no split train"):
        load(make_source(TEXTS, LABELS, splits=splits), SplitPlan("file", file=file))
    file.write_text("\n".join(["id,split", *rows, "s004,train", "s005,train"]), encoding="utf-8")
    table = load(make_source(TEXTS, LABELS, splits=splits), SplitPlan("file", file=file))
    assert table.splits.tolist() == SPLITS[::-1]


def test_samples_in_no_split_are_told_of(make_source, load, caplog):
    with caplog.at_level(logging.INFO):
        table = load(make_source(TEXTS, LABELS, splits=[*SPLITS[:4], None, None]))
    assert table.splits[4:].tolist() == [None, None]
    assert "2 samples are in no split and are left out" in caplog.messages
    assert "train: 2 samples (bad 1, good 1)" in caplog.messages


def test_near_duplicates_across_splits_are_warned_of(make_source, load, caplog):
    texts = [*TEXTS[:5], f"RT @me: {TEXTS[0]}"]
    with caplog.at_level(logging.WARNING):
        load(make_source(texts, LABELS, splits=SPLITS))
    (told,) = caplog.messages
    assert told.startswith("1 of 2 test samples have a near duplicate in train, or are tied to one")


def test_a_grouped_split_keeps_copies_together(make_source, load):
    words = [f"{chr(97 + n % 26)}{n} b{n} c{n} d{n}" for n in range(40)]
    texts = words + [f"RT @me: {text} http://t.co/a" for text in words]
    table = load(make_source(texts, [n % 2 for n in range(40)] * 2), SplitPlan("grouped"))
    assert table.groups[40:].tolist() == table.groups[:40].tolist()
    assert table.splits[40:].tolist() == table.splits[:40].tolist()
    assert set(table.splits) == {"train", "val", "test"}


def test_repeated_class_names_are_refused(make_source, load):
    with pytest.raises(DataError, match="class names repeat: bad, bad"):
        load(make_source(TEXTS, [0] * 6, splits=SPLITS, classes=("bad", "bad")))


def test_what_was_dropped_is_listed_before_a_check_fails(make_source, load, caplog):
    source = make_source(TEXTS, [0] * 6, splits=SPLITS, bad=[("x", "it has no text")])
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(DataError, match="of one class"),
    ):
        load(source, drop_bad=True)
    assert caplog.messages.count("bad samples dropped: 1\n  x: it has no text") == 1
    caplog.clear()
    source = make_source([], [], bad=[("x", "it has no id")])
    with caplog.at_level(logging.INFO), pytest.raises(DataError, match="no usable sample"):
        load(source, drop_bad=True)
    assert "bad samples dropped: 1" in caplog.text
