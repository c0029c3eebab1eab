from __future__ import annotations

import logging
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lfx.data.column import NumberColumn, TextColumn
from lfx.data.dataset import Dataset
from lfx.data.missing import take_away, uniform_numbers
from lfx.data.samples import SampleTable
from lfx.runtime.errors import ConfigError

SIZE = 2000
TABLE = SampleTable.of(
    ("a", "b"),
    ids=[f"s{row}" for row in range(SIZE)],
    labels=[row % 2 for row in range(SIZE)],
    splits=[("train", "val", "test", None)[row % 4] for row in range(SIZE)],
    columns={
        "text": TextColumn(["words"] * SIZE),
        "sound": NumberColumn.of([[1.0, 2.0]] * SIZE),
    },
)
EVERYWHERE = ("train", "val", "test")


def missing(table, name="text"):
    return set(table.ids[~table.columns[name].present])


def test_a_share_of_the_content_is_taken_away_and_nothing_else_changes():
    table = take_away(TABLE, {"text": 0.3}, EVERYWHERE, seed=0)
    assert len(missing(table)) == pytest.approx(0.3 * SIZE, abs=4 * np.sqrt(SIZE * 0.21))
    assert not missing(table, "sound")
    assert TABLE.columns["text"].present.all()
    for name in ("ids", "labels", "groups", "splits"):
        assert np.array_equal(getattr(table, name), getattr(TABLE, name))
    assert table.data_fingerprint() == TABLE.data_fingerprint()


def test_a_larger_share_takes_the_same_and_more():
    shares = [0.0, 0.25, 0.5, 1.0]
    sets = [missing(take_away(TABLE, {"text": share}, EVERYWHERE, 0)) for share in shares]
    assert all(less < more for less, more in pairwise(sets))
    assert (len(sets[0]), len(sets[-1])) == (0, SIZE)


def test_columns_and_seeds_lose_other_samples_by_id_alone():
    both = take_away(TABLE, {"text": 0.5, "sound": 0.5}, EVERYWHERE, 0)
    shared = len(missing(both) & missing(both, "sound"))
    assert shared == pytest.approx(0.25 * SIZE, abs=4 * np.sqrt(SIZE * 0.19))
    assert missing(take_away(TABLE, {"text": 0.5}, EVERYWHERE, 1)) != missing(both)
    order = np.random.default_rng(0).permutation(SIZE)
    again = take_away(TABLE.at(order), {"text": 0.5}, EVERYWHERE, 0)
    assert missing(again) == missing(both)


def test_splits_are_chosen_and_samples_in_none_count_as_test():
    table = take_away(TABLE, {"text": 1.0}, ("test",), 0)
    gone = ~table.columns["text"].present
    assert set(TABLE.splits[gone]) == {"test", None}
    assert gone.sum() == SIZE // 2


@pytest.mark.parametrize(
    ("splits", "lost"),
    [
        (("train", "val"), {"train", "val", "oof"}),
        (("val",), {"val", "oof"}),
        (("test",), {None}),
        (("oof",), {"oof"}),
    ],
)
def test_samples_of_a_fold_lose_content_as_those_of_train_and_val(splits, lost):
    of_fold = [("train", "val", "oof", None)[row % 4] for row in range(SIZE)]
    table = take_away(TABLE.with_splits(of_fold), {"text": 1.0}, splits, 0)
    assert set(table.splits[~table.columns["text"].present]) == lost


def test_splits_without_a_sample_are_warned_of(caplog):
    table = TABLE.with_splits(["train", "val"] * (SIZE // 2))
    with caplog.at_level(logging.WARNING):
        assert not missing(take_away(table, {"text": 0.5}, ("test",), 0))
        take_away(table, {"text": 0.0}, ("test",), 0)
    (message,) = caplog.messages
    assert message.endswith("data.missing_splits=[test]; the splits are train, val")


@pytest.mark.parametrize("splits", [("val",), ("train", "test")])
def test_train_and_val_lose_content_together_where_they_become_folds(splits):
    dataset = Dataset("demo", ".", object(), folds=5)
    with pytest.raises(ConfigError, match=r"with data.folds train and val go together, .* got \["):
        replace(dataset, missing_splits=splits)
    for allowed in (("test",), ("train", "val"), ()):
        replace(dataset, missing_splits=allowed)
    replace(dataset, folds=None, missing_splits=splits)


def test_a_column_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match=r"no column image; there are text, sound"):
        take_away(TABLE, {"image": 0.1}, EVERYWHERE, 0)


def test_numbers_are_spread_evenly():
    numbers = uniform_numbers([f"s{row}" for row in range(10_000)], "salt")
    assert 0 <= numbers.min() < numbers.max() < 1
    counts, _ = np.histogram(numbers, bins=10, range=(0, 1))
    assert ((counts - 1000) ** 2 / 1000).sum() < 30  # chi-square, 9 degrees of freedom
