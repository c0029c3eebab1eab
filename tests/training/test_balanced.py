from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.training.balanced import BalancedBatches
from lfx.training.batches import EpochBatches, EveryEpochAlike

CHANCE = np.random.default_rng(0)
LABELS = CHANCE.choice(3, size=1000, p=[0.3, 0.1, 0.6]).tolist()
LENGTHS = CHANCE.integers(3, 60, size=1000).tolist()


def drawn(batches, epoch=0):
    batches.set_epoch(epoch)
    return [list(batch) for batch in batches]


def test_the_rare_class_is_in_every_batch():
    found = drawn(BalancedBatches(LABELS, 10, 32, LENGTHS, seed=0))
    assert len(found) == 34  # 1,000 samples in batches of 30
    for batch in found:
        assert np.bincount([LABELS[one] for one in batch]).tolist() == [10, 10, 10]
        assert len(set(batch)) == 30


def test_a_class_is_used_up_before_it_comes_again():
    found = list(itertools.chain(*drawn(BalancedBatches(LABELS, 10, 32, LENGTHS, seed=0))))
    counts = np.bincount(found, minlength=1000)
    for name in range(3):
        own = counts[np.asarray(LABELS) == name]
        # Each round over a class leaves out the few that do not fill a batch's part.
        assert own.max() - own.mean() <= 1.5
    assert counts[np.asarray(LABELS) == 2].max() == 1


@settings(deadline=None, max_examples=60)
@given(
    labels=st.lists(st.integers(0, 4), min_size=2, max_size=40).filter(lambda x: len(set(x)) > 1),
    per_class=st.integers(1, 6),
    room=st.integers(2, 6),
    seed=st.integers(0, 3),
)
def test_no_batch_has_a_sample_twice_or_a_class_too_often(labels, per_class, room, seed):
    batches = BalancedBatches(labels, per_class, room * per_class, [1] * len(labels), seed)
    found = drawn(batches)
    assert len(found) == len(batches)
    together = min(room, len(set(labels)))
    for batch in found:
        assert len(set(batch)) == len(batch)
        counts = np.bincount([labels[one] for one in batch])
        assert np.count_nonzero(counts) == together
        for name in np.flatnonzero(counts):
            assert counts[name] == min(per_class, labels.count(name))


def test_where_there_is_no_room_classes_take_turns():
    labels = [0] * 50 + [1] * 50 + [2] * 50 + [3] * 50
    found = drawn(BalancedBatches(labels, 4, 8, [1] * 200, seed=0))
    turns = np.bincount([labels[one] for batch in found for one in batch])
    assert turns.max() - turns.min() <= 4
    pairs = {tuple(sorted({labels[one] for one in batch})) for batch in found}
    assert len(pairs) > 3


def test_seed_and_epoch_alone_decide():
    batches = BalancedBatches(LABELS, 8, 24, LENGTHS, seed=3)
    second = drawn(batches, 1)
    drawn(batches, 5)
    assert drawn(batches, 1) == second
    assert drawn(BalancedBatches(LABELS, 8, 24, LENGTHS, seed=3), 1) == second
    assert drawn(batches, 2) != second
    assert drawn(BalancedBatches(LABELS, 8, 24, LENGTHS, seed=4), 1) != second


def test_batches_hold_samples_of_like_length_and_neighbours_change():
    def padding(batches):
        return sum(
            max(LENGTHS[i] for i in b) * len(b) - sum(LENGTHS[i] for i in b) for b in batches
        )

    first = drawn(BalancedBatches(LABELS, 8, 24, LENGTHS, seed=0))
    plain = drawn(BalancedBatches(LABELS, 8, 24, [1] * 1000, seed=0))
    assert padding(first) < 0.5 * padding(plain)
    second = drawn(BalancedBatches(LABELS, 8, 24, LENGTHS, seed=0), 1)

    def mates(batches):
        return {pair for b in batches for pair in itertools.combinations(sorted(b), 2)}

    assert len(mates(first) & mates(second)) < 0.5 * len(mates(first))


@pytest.mark.parametrize(("labels", "size"), [([0, 1], 3), ([0, 0], 8)])
def test_a_batch_needs_two_classes(labels, size):
    with pytest.raises(ValueError, match="holds fewer than two classes"):
        BalancedBatches(labels, 2, size, [1] * len(labels), seed=0)


def test_every_epoch_alike_cannot_be_told_the_epoch():
    inner = EpochBatches(4, [1] * 20, seed=0)
    batches = EveryEpochAlike(inner)
    assert not hasattr(batches, "set_epoch")
    first = [list(key) for key in batches]
    assert [list(key) for key in batches] == first
    assert len(batches) == 5
    assert {key.epoch for key in batches} == {-1}
    assert {key.epoch for key in EveryEpochAlike(inner, 7)} == {7}
