from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.fusion.crossfit import folds

few = settings(max_examples=40, deadline=None)
SIZES = {
    "seed": st.integers(0, 10_000),
    "samples": st.integers(2, 60),
    "classes": st.integers(1, 4),
    "count": st.integers(2, 7),
}


def draw(seed, samples, classes, *, mixed=False):
    """Draw groups of unequal size; samples of a group share a label unless mixed."""
    rng = np.random.default_rng(seed)
    group = np.minimum(rng.geometric(0.1, size=samples), samples)
    label = rng.integers(0, classes, size=samples + 1)
    labels = rng.integers(0, classes, size=samples) if mixed else label[group]
    return labels, np.array([f"g{place}" for place in group], dtype=object)


@few
@given(**SIZES, mixed=st.booleans())
def test_folds_are_a_partition_into_whole_groups(seed, samples, classes, count, mixed):
    labels, groups = draw(seed, samples, classes, mixed=mixed)
    parts = folds(labels, groups, count, seed)
    there = len(set(groups))
    assert len(parts) == (min(count, there) if there > 1 else 0)
    for train, held in parts:
        assert held.tolist() == sorted(held)
        assert train.tolist() == sorted(set(range(samples)) - set(held.tolist()))
        assert len(held) > 0
        assert not set(groups[train]) & set(groups[held])
    if parts:
        assert sorted(np.concatenate([held for _, held in parts]).tolist()) == list(range(samples))


@few
@given(**SIZES, mixed=st.booleans())
def test_groups_classes_and_sizes_are_spread_evenly(seed, samples, classes, count, mixed):
    labels, groups = draw(seed, samples, classes, mixed=mixed)
    parts = folds(labels, groups, count, seed)
    if not parts:
        return
    sizes = Counter(groups)
    kind = {name: labels[place] for place, name in reversed(list(enumerate(groups)))}
    held = [set(groups[rows]) for _, rows in parts]
    assert spread([len(rows) for _, rows in parts]) <= max(sizes.values())
    for label in set(kind.values()):
        assert spread([sum(kind[name] == label for name in names) for names in held]) <= 1


def spread(numbers):
    return max(numbers) - min(numbers)


def test_large_groups_do_not_pile_up():
    # Each of six classes has a group of 20 and one of 1.
    names = [f"{label} {size}" for label in range(6) for size in (20, 1) for _ in range(size)]
    parts = folds(np.repeat(np.arange(6), 21), np.array(names, dtype=object), 2, 0)
    assert [len(held) for _, held in parts] == [63, 63]


@few
@given(**SIZES)
def test_ungrouped_samples_make_folds_of_one_size(seed, samples, classes, count):
    labels, _ = draw(seed, samples, classes, mixed=True)
    parts = folds(labels, np.arange(samples).astype(str), count, seed)
    assert spread([len(held) for _, held in parts]) <= 1


@few
@given(**SIZES, data=st.data())
def test_names_of_classes_do_not_matter(seed, samples, classes, count, data):
    labels, groups = draw(seed, samples, classes, mixed=True)
    other = np.array(data.draw(st.permutations(range(classes))))[labels]
    one, two = folds(labels, groups, count, seed), folds(other, groups, count, seed)
    assert [held.tolist() for _, held in one] == [held.tolist() for _, held in two]


@few
@given(**SIZES, data=st.data())
def test_order_of_samples_does_not_matter(seed, samples, classes, count, data):
    labels, groups = draw(seed, samples, classes)
    order = np.array(data.draw(st.permutations(range(samples))))
    one, two = folds(labels, groups, count, seed), folds(labels[order], groups[order], count, seed)
    assert [set(held) for _, held in one] == [set(order[held]) for _, held in two]


def test_the_seed_deals():
    labels, groups = np.arange(40) % 2, np.arange(40).astype(str)
    one, again, two = (folds(labels, groups, 5, seed) for seed in (0, 0, 1))
    assert [held.tolist() for _, held in one] == [held.tolist() for _, held in again]
    assert [held.tolist() for _, held in one] != [held.tolist() for _, held in two]


@pytest.mark.parametrize(
    ("groups", "count", "found"),
    [([], 5, 0), (["a"], 5, 0), (["a"] * 9, 5, 0), (["a", "b"], 5, 2), (["a", "b", "c"], 1, 0)],
)
def test_too_few_for_folds(groups, count, found):
    parts = folds(np.zeros(len(groups), dtype=int), np.array(groups, dtype=object), count, 0)
    assert len(parts) == found
