from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from lfx.data.splits import TENTHS, file_split, named_splits, tenths_split, uneven_parts
from lfx.runtime.errors import DataError

LABELS = [0] * 300 + [1] * 100 + [2] * 600


def shares(splits, labels):
    counts = defaultdict(Counter)
    for split, label in zip(splits, labels, strict=True):
        counts[split][label] += 1
    return counts


def test_a_random_split_is_eight_to_one_to_one():
    for stratify in (True, False):
        splits = tenths_split(LABELS, None, 0, stratify=stratify)
        assert Counter(splits) == {"train": 800, "val": 100, "test": 100}


def test_a_stratified_split_keeps_the_shares():
    counts = shares(tenths_split(LABELS, None, 0, stratify=True), LABELS)
    assert counts["val"] == counts["test"] == {0: 30, 1: 10, 2: 60}
    loose = shares(tenths_split(LABELS, None, 0, stratify=False), LABELS)
    assert loose["val"] != counts["val"]


def test_the_seed_alone_decides():
    groups = [f"g{n // 2}" for n in range(1000)]
    for split in (
        lambda seed: tenths_split(LABELS, None, seed, stratify=True),
        lambda seed: tenths_split(LABELS, None, seed, stratify=False),
        lambda seed: tenths_split(LABELS, groups, seed, stratify=True),
        lambda seed: tenths_split(LABELS, groups, seed, stratify=False),
    ):
        first = split(3)
        np.random.default_rng(1).random()
        assert split(3) == first
        assert split(4) != first


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_no_group_straddles(seed, stratify):
    chance = np.random.default_rng(seed)
    labels = chance.choice(3, size=600, p=[0.3, 0.1, 0.6]).tolist()
    groups = [f"g{group}" for group in chance.integers(0, 350, size=600)]
    splits = tenths_split(labels, groups, seed, stratify=stratify)

    of_group = defaultdict(set)
    for group, split in zip(groups, splits, strict=True):
        of_group[group].add(split)
    assert all(len(found) == 1 for found in of_group.values())
    sizes = Counter(splits)
    # Without stratification only the number of groups is balanced.
    assert sizes["val"] == pytest.approx(60, abs=6 if stratify else 15)
    assert sizes["test"] == pytest.approx(60, abs=6 if stratify else 15)
    if stratify:
        counts = shares(splits, labels)
        for split in ("val", "test"):
            share = np.array([counts[split][label] for label in range(3)]) / sizes[split]
            assert share == pytest.approx(np.bincount(labels) / 600, abs=0.05)


def test_a_group_that_is_too_large_for_its_part_is_told_of():
    groups = ["big"] * 40 + [f"g{number}" for number in range(20)]
    splits = tenths_split([0, 1] * 30, groups, 0, stratify=True)
    parts = {name: [row for row, one in enumerate(splits) if one == name] for name in TENTHS}
    (told,) = uneven_parts(groups, parts, TENTHS)
    assert f"test {len(parts['test'])} instead of 6" in told
    assert "The largest group, that of sample 'big', holds 40 of 60 samples" in told
    parts = {"train": range(48), "val": range(6), "test": range(6)}
    assert uneven_parts(groups, parts, TENTHS) == []


@pytest.mark.parametrize("size", [20, 60, 1000])
def test_small_groups_are_divided_without_a_word(size):
    groups = [f"g{number // 2}" for number in range(size)]
    splits = tenths_split(([0, 1, 1, 0] * size)[:size], groups, 0, stratify=True)
    parts = {name: [row for row, one in enumerate(splits) if one == name] for name in TENTHS}
    assert uneven_parts(groups, parts, TENTHS) == []


def test_too_few_samples_are_refused():
    with pytest.raises(DataError, match="there are fewer samples than 10"):
        tenths_split([0, 1] * 4, None, 0, stratify=True)
    with pytest.raises(DataError, match="fewer groups of samples that belong together than 10"):
        tenths_split([0, 1] * 20, ["a", "b"] * 20, 0, stratify=True)
    with pytest.raises(DataError, match="cannot be split 8:1:1"):
        tenths_split([0, 1] * 5, None, 0, stratify=True)


@pytest.fixture
def write(tmp_path):
    def build(text):
        file = tmp_path / "split.csv"
        file.write_text(text, encoding="utf-8")
        return file

    return build


def test_a_file_says_the_splits(write):
    file = write("id,split\n007,val\n1,train\n3,\n")
    assert file_split(["1", "007", "2", "3"], file) == ("train", "val", None, None)
    quoted = write('"id","split"\n"1","train"\n"2",""\n')
    assert file_split(["1", "2"], quoted) == ("train", None)


def test_a_file_may_name_what_was_left_out(write):
    file = write("id,split\n1,train\n8,val\n")
    assert file_split(["1", "2"], file, {"8", "7"}) == ("train", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,split\n1,train\n9,val\n8,val\n", "names 2 ids that the data do not have: 8, 9"),
        ("id,split\n1,dev\n", "splits are train, val, test, got dev"),
        ("id,split\n1,train\n1,val\n", "names 1 ids twice: 1"),
        ("id,part\n1,train\n", "has no column split; it needs id and split"),
        ("id,split\n1,train\n,val\n", r"split\.csv has no id in 1 rows: line 3"),
        (
            "id,split\n1,train,x\n2\n",
            r"2 rows that .* read\n  line 2: .*\n  line 3: .*\ncorrect them",
        ),
        ('"id","split"\n"","val"\n', r"split\.csv has no id in 1 rows: line 2"),
    ],
)
def test_a_wrong_split_file_is_refused(write, text, message):
    with pytest.raises(DataError, match=message):
        file_split(["1", "2"], write(text))


def test_names_that_differ_only_in_spelling_are_shown_so_that_it_can_be_seen(write):
    ids = ["caf\u00e9", "b", "c"]
    with pytest.raises(DataError, match="have: 9, caf") as caught:
        file_split(ids, write("id,split\ncafe\u0301,train\n9,val\n"))
    (told,) = str(caught.value).splitlines()
    assert "names 2 ids" in told
    assert r"Of these 1 differ only in case, white space" in told
    assert r"'cafe\u0301' for 'caf" + "\u00e9'; write them alike" in told
    with pytest.raises(DataError, match="'b ' for 'b', 'c ' for 'c'"):
        file_split(ids, write("id,split\nb ,train\nc ,val\n"))
    with pytest.raises(DataError, match=r"got Train \. Of these 1 .*: 'Train ' for 'train'"):
        file_split(ids, write("id,split\nb,Train \n"))


def test_ids_that_a_table_tool_made_floats_match(tmp_path):
    file = tmp_path / "split.parquet"
    parquet.write_table(pa.table({"id": [1.0, 2.0], "split": ["train", None]}), file)
    assert file_split(["2", "1"], file) == (None, "train")
    parquet.write_table(pa.table({"id": [1.5], "split": ["train"]}), file)
    with pytest.raises(DataError, match=r"a cell is 1\.5, not an integer"):
        file_split(["1"], file)


def test_a_split_file_with_semicolons_is_read(write):
    assert file_split(["1"], write("id;split\n1;train\n")) == ("train",)


def test_a_missing_split_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"data.split_file=.*none\.csv: there is no such file in"):
        file_split(["1"], tmp_path / "none.csv")


def test_a_tables_own_splits_are_checked():
    assert named_splits(["a", "b"], {"a": "test", "b": None}, "the table") == ("test", None)
    with pytest.raises(DataError, match="the table: splits are train, val, test, got valid"):
        named_splits(["a"], {"a": "valid"}, "the table")
