from __future__ import annotations

import json

import pytest

from lfx.data.column import FileColumn, TextColumn
from lfx.data.samples import SampleTable
from lfx.paraphrasing.paraphrases import (
    ParaphraseFile,
    Paraphrases,
    read_paraphrases,
    write_paraphrases,
)
from lfx.runtime.errors import ConfigError, DataError


def table_of(samples=200):
    """Half of the samples train; a fifth of them are of the second class."""
    numbers = range(samples)
    return SampleTable(
        classes=("a", "b"),
        ids=tuple(f"s{row}" for row in numbers),
        labels=tuple(int(row % 5 == 0) for row in numbers),
        groups=tuple(f"g{row // 2}" for row in numbers),
        splits=tuple(("train", "train", "val", "test")[row // 2 % 4] for row in numbers),
        columns={
            "text": TextColumn([f"text {row}" for row in numbers]),
            "image": FileColumn([f"{row}.jpg" for row in numbers]),
        },
    )


TABLE = table_of()
TEXTS = {name: f"other text {row}" for row, name in enumerate(TABLE.ids)}


def texts_of(table):
    return [table.columns["text"][row] for row in range(len(table))]


def test_paraphrases_stand_beside_their_sources():
    got = Paraphrases(TEXTS).applied(TABLE, "text")
    train = TABLE.rows("train")
    assert len(got) == len(TABLE) + len(train)
    assert texts_of(got)[: len(TABLE)] == texts_of(TABLE)
    for place, row in enumerate(train, start=len(TABLE)):
        assert got.ids[place] == f"{TABLE.ids[row]}~paraphrase"
        assert texts_of(got)[place] == f"other text {row}"
        for column in ("labels", "groups"):
            assert getattr(got, column)[place] == getattr(TABLE, column)[row]
        assert got.columns["image"][place] == TABLE.columns["image"][row]
        assert got.splits[place] == "train"


def test_they_get_nowhere_else():
    for replacing in (False, True):
        got = Paraphrases(TEXTS, replacing=replacing).applied(TABLE, "text")
        for split in ("val", "test"):
            assert got.rows(split) == TABLE.rows(split)
            assert all(texts_of(got)[row] == texts_of(TABLE)[row] for row in got.rows(split))


def test_they_may_stand_in_their_place():
    got = Paraphrases(TEXTS, share=0.25, replacing=True).applied(TABLE, "text")
    assert got.ids.tolist() == TABLE.ids.tolist()
    changed = [row for row in range(len(TABLE)) if texts_of(got)[row] != texts_of(TABLE)[row]]
    assert len(changed) == 25
    assert all(texts_of(got)[row] == f"other text {row}" for row in changed)


@pytest.mark.parametrize("share", [0.15, 0.5, 1.0])
def test_a_share_of_each_class(share):
    rows = Paraphrases(TEXTS, share=share, seed=1).chosen(TABLE)
    train = TABLE.rows("train")
    assert set(rows) <= set(train)
    for label in (0, 1):
        of_class = sum(TABLE.labels[row] == label for row in train)
        assert sum(TABLE.labels[row] == label for row in rows) == round(share * of_class)


def test_seed_and_ids_alone_choose():
    one, again, other = (Paraphrases(TEXTS, share=0.2, seed=s).chosen(TABLE) for s in (0, 0, 1))
    assert one == again != other


def test_what_is_lacking_is_told(caplog):
    few = {f"s{row}": "other" for row in range(0, 200, 3)}
    some = Paraphrases(few).chosen(TABLE)
    share = 1.1 * len(some) / len(TABLE.rows("train"))
    rows = Paraphrases(few, share=share).chosen(TABLE)
    assert {TABLE.ids[row] for row in rows} <= set(few)
    assert f"missing for a share of {share:g}" in caplog.text
    with pytest.raises(DataError, match=r"share=0.5 is \d+ texts, .* of them; .* share=0.5 makes"):
        Paraphrases(few, share=0.5).chosen(TABLE)
    with pytest.raises(DataError, match="none of the paraphrases is of a sample of the train"):
        Paraphrases({"s4": "of the validation split"}).chosen(TABLE)


def test_other_texts_have_another_fingerprint():
    assert Paraphrases(TEXTS).fingerprint() == Paraphrases(dict(TEXTS), share=0.1).fingerprint()
    assert Paraphrases(TEXTS).fingerprint() != Paraphrases(TEXTS | {"s1": "x"}).fingerprint()


def write(folder, *entries):
    file = folder / "texts.jsonl"
    file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in entries))
    return file


def test_a_file_is_read(tmp_path):
    file = write(
        tmp_path, {"id": 1, "text": "ä"}, "", {"id": "2", "text": " "}, {"id": "3", "text": "c"}
    )
    assert read_paraphrases(file) == {"1": "ä", "3": "c"}


def test_what_was_written_is_read(tmp_path):
    # To Python, though not to JSON, some signs within a text end its line.
    texts = {"1": "a\u2028b\x85c", "2": "d\r\ne"}
    write_paraphrases(tmp_path / "texts.jsonl", texts)
    assert read_paraphrases(tmp_path / "texts.jsonl") == texts


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (['{"id": "1"'], "line 1: an object with id and text is needed"),
        (["[1, 2]"], "line 1: an object with id and text"),
        ([{"id": "1"}], "line 1: an object with id and text"),
        ([{"id": "1", "text": "a"}, {"id": "1", "text": "b"}], "names 1 ids twice: 1"),
    ],
)
def test_damaged_files_are_told(tmp_path, entries, message):
    with pytest.raises(DataError, match=message):
        read_paraphrases(write(tmp_path, *entries))
    with pytest.raises(DataError, match=r"paraphrases.file=.*nowhere: there is no such file"):
        read_paraphrases(tmp_path / "nowhere")


def test_settings_name_a_file_and_a_choice(tmp_path):
    file = tmp_path / "texts.jsonl"
    write_paraphrases(file, TEXTS)
    named = ParaphraseFile(file=str(file), share=0.5, replace=True, seed=3)
    assert named.read() == Paraphrases(TEXTS, share=0.5, replacing=True, seed=3)
    assert ParaphraseFile().read() is None
    assert ParaphraseFile(file="nowhere", share=0.0).read() is None
    with pytest.raises(DataError, match=r"paraphrases.file=nowhere: there is no such file"):
        ParaphraseFile(file="nowhere").read()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"share": 0.5}, r"are only read with paraphrases\.file=FILE"),
        ({"replace": True}, r"are only read with paraphrases\.file=FILE"),
        ({"file": "a", "share": 1.5}, "share must be at least 0 and at most 1, got 1.5"),
        ({"file": "a", "seed": -1}, "seed must be at least 0"),
    ],
)
def test_settings_that_nothing_reads_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        ParaphraseFile(**settings)


def test_the_published_back_translations_are_a_ready_file(mvsa_root):
    texts = read_paraphrases(mvsa_root / "back_translations.jsonl")
    assert len(texts) > 4000
