from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from lfx.data.column import TextColumn
from lfx.data.duplicates import group_samples
from lfx.data.folds import assign_folds
from lfx.data.samples import SampleTable
from lfx.data.splits import tenths_split
from lfx.runtime.errors import DataError


def table_of(samples=400, seed=0):
    """Samples in pairs of near duplicates, split 8:1:1; one in forty is in no split."""
    chance = np.random.default_rng(seed)
    labels = chance.choice(3, size=samples // 2, p=[0.3, 0.2, 0.5]).repeat(2).tolist()
    groups = tuple(f"g{row // 2}" for row in range(samples))
    splits = tenths_split(labels, groups, seed, stratify=True)
    numbers = range(samples)
    return SampleTable(
        classes=("a", "b", "c"),
        ids=tuple(f"s{row}" for row in numbers),
        labels=tuple(labels),
        groups=groups,
        splits=tuple(None if row % 40 < 2 else split for row, split in enumerate(splits)),
        columns={"text": TextColumn([f"text {row}" for row in numbers])},
    )


def folds_of(table, count=4, *, grouped=True, stratify=True, seed=0):
    return assign_folds(table, count, grouped=grouped, stratify=stratify, seed=seed)


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("count", [2, 4, 5])
def test_each_sample_is_unseen_by_one_model(count, grouped, stratify):
    table = table_of(800)
    folds = folds_of(table, count, grouped=grouped, stratify=stratify)
    assert len(folds.tables) == count
    pool = {row for row, split in enumerate(table.splits) if split in {"train", "val"}}
    unseen = Counter(row for own in folds.tables for row in own.rows("oof"))
    assert unseen == dict.fromkeys(pool, 1)
    for own in folds.tables:
        assert own.rows("test") == table.rows("test")
        parts = [set(own.rows(split)) for split in ("train", "val", "oof")]
        assert set.union(*parts) == pool
        assert sum(map(len, parts)) == len(pool)
        assert len(parts[2]) == pytest.approx(len(pool) / count, abs=3)
        # Early stopping sees a ninth of the rest, as with 8:1:1.
        assert len(parts[1]) == pytest.approx((len(pool) - len(parts[2])) / 9, abs=4)
        assert {own.splits[row] for row in range(len(table)) if row not in pool} == {"test", None}


def test_near_duplicates_stay_together():
    for own in folds_of(table_of()).tables:
        places = {}
        for group, split in zip(own.groups, own.splits, strict=True):
            places.setdefault(group, set()).add(split)
        assert all(len(found) == 1 for found in places.values())


def test_folds_keep_the_shares_of_the_classes():
    table = table_of(800)
    for own in folds_of(table).tables:
        counts = np.array(own.class_counts(own.rows("oof")))
        np.testing.assert_allclose(counts / counts.sum(), [0.3, 0.2, 0.5], atol=0.06)


def test_seed_and_count_alone_decide():
    table = table_of(800)
    one, again, other = (folds_of(table, seed=seed) for seed in (0, 0, 1))
    for own, same in zip(one.tables, again.tables, strict=True):
        assert own.splits.tolist() == same.splits.tolist()
    assert one.fingerprint == again.fingerprint
    assert one.fingerprint != other.fingerprint != folds_of(table, 5, seed=1).fingerprint
    assert one.tables[0].data_fingerprint() == table.data_fingerprint()


def test_what_cannot_be_dealt_is_told():
    with pytest.raises(DataError, match="cannot be split into 300 folds: there are fewer groups"):
        folds_of(table_of(), 300)
    table = table_of()
    rare = tuple(2 if label == 1 else label for label in table.labels)
    rare = (1, 1, *rare[2:])
    splits = ("train", "train", *table.splits[2:])
    with pytest.raises(
        DataError, match=r"fold \d: its part \w+ has no sample of class b; take few"
    ):
        folds_of(replace(table, labels=rare, splits=splits))


def test_what_the_table_groups_stays_together_in_folds(tmp_path):
    """Forty videos of ten samples each: near duplicates in pairs would scatter them."""
    table = table_of()
    videos = [f"video {row // 10}" for row in range(len(table))]
    texts = TextColumn([f"only{row} word{row} here{row}" for row in range(len(table))])
    groups = group_samples(table.ids, [texts], tmp_path, given=videos)
    splits = tenths_split(table.labels, groups, 0, stratify=True)
    folds = folds_of(replace(table, groups=groups, splits=splits))
    for own in folds.tables:
        places = {}
        for video, split in zip(videos, own.splits, strict=True):
            places.setdefault(video, set()).add(split)
        assert all(len(found) == 1 for found in places.values())
        assert {"train", "val", "oof", "test"} == {name for (name,) in places.values()}


def test_each_of_a_few_groups_is_left_out_in_turn():
    table = table_of()
    speakers = tuple(f"speaker {row % 5}" for row in range(len(table)))
    folds = folds_of(replace(table, groups=speakers, splits=("train",) * len(table)), 5)
    left_out = set()
    for own in folds.tables:
        heard = {split: set(own.groups[own.rows(split)]) for split in ("train", "val", "oof")}
        assert [len(heard[split]) for split in ("train", "val", "oof")] == [4, 4, 1]
        assert not heard["oof"] & heard["train"]
        assert len(own.rows("val")) == pytest.approx(320 / 9, abs=1)
        left_out |= heard["oof"]
    assert left_out == set(speakers)


def test_too_few_groups_are_told_by_what_they_are_needed_for():
    table = table_of()
    halves = tuple(f"video {row % 2}" for row in range(len(table)))
    halved = replace(table, groups=halves, splits=("train",) * len(table))
    with pytest.raises(DataError, match=r"into 3 folds: there are fewer groups"):
        folds_of(halved, 3)


def test_a_group_that_is_too_large_for_its_fold_is_told_of(caplog):
    table = table_of()
    folds_of(table, 5)
    assert not caplog.messages
    groups = tuple("s0" if row < 200 else group for row, group in enumerate(table.groups))
    folds_of(replace(table, groups=groups), 5)
    assert "that of sample 's0', holds" in caplog.messages[0]
    caplog.clear()
    folds_of(replace(table, groups=groups), 5, grouped=False)
    assert not caplog.messages
