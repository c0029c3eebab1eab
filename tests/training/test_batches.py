from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from lfx.data.samples import UNLABELLED
from lfx.modalities.image.augmentation import ImageAugmentation
from lfx.modalities.image.modality import ImageCollate
from lfx.modalities.text.augmentation import TextAugmentation
from lfx.modalities.text.modality import TokenCollate
from lfx.training.batches import Batches, BatchKey, EpochBatches

LENGTHS = np.random.default_rng(0).integers(3, 60, size=1000).tolist()
STRONG = ImageAugmentation(flip=0.5, rotation=20.0, translation=0.2, zoom=0.2)


def drawn(batches, epoch=0):
    batches.set_epoch(epoch)
    return [list(batch) for batch in batches]


def padding(batches):
    return sum(
        max(LENGTHS[one] for one in batch) * len(batch) - sum(LENGTHS[one] for one in batch)
        for batch in batches
    )


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(1, 9), max_size=60),
    size=st.integers(1, 8),
    seed=st.none() | st.integers(0, 3),
    epoch=st.integers(0, 5),
)
def test_an_epoch_holds_every_sample_once(lengths, size, seed, epoch):
    batches = EpochBatches(size, lengths, seed)
    found = drawn(batches, epoch)
    assert sorted(itertools.chain(*found)) == list(range(len(lengths)))
    assert len(found) == len(batches)
    assert all(0 < len(batch) <= size + (seed is not None) for batch in found)


def test_no_shuffled_batch_holds_a_single_sample():
    # Batch normalisation in training refuses a batch of one.
    for count in (9, 401, 17):
        batches = EpochBatches(8, [1] * count, seed=0)
        sizes = sorted(map(len, drawn(batches, 0)))
        assert sizes == [8] * (count // 8 - 1) + [9]
        assert len(batches) == len(sizes)
    assert sorted(map(len, drawn(EpochBatches(1, [1, 1, 1], seed=0), 0))) == [1, 1, 1]
    assert list(map(len, drawn(EpochBatches(8, [1] * 9, seed=None), 0))) == [8, 1]


def test_seed_and_epoch_alone_decide():
    batches = EpochBatches(16, LENGTHS, seed=3)
    second = drawn(batches, 1)
    drawn(batches, 5)
    np.random.default_rng(0).random()
    # Also for one who comes from a checkpoint and never drew another epoch.
    assert drawn(EpochBatches(16, LENGTHS, seed=3), 1) == drawn(batches, 1) == second
    assert drawn(batches, 2) != second
    assert drawn(EpochBatches(16, LENGTHS, seed=4), 1) != second


def test_batches_of_like_length_have_less_padding():
    by_length = padding(drawn(EpochBatches(16, LENGTHS, seed=0)))
    order = np.random.default_rng(0).permutation(len(LENGTHS))
    at_random = padding([order[at : at + 16] for at in range(0, len(order), 16)])
    assert by_length < 0.25 * at_random


def test_equal_lengths_are_shuffled_too():
    batches = EpochBatches(16, [1] * 200, seed=0)
    assert drawn(batches, 0) != drawn(batches, 1)
    assert drawn(batches, 0)[0] != sorted(drawn(batches, 0)[0])


def test_without_a_seed_the_longest_come_first_in_every_epoch():
    batches = EpochBatches(2, [1, 5, 3, 5, 2], seed=None)
    assert drawn(batches, 0) == drawn(batches, 7) == [[1, 3], [2, 4], [0]]


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 255, (12, 8, 8, 3), dtype=np.uint8)


def test_a_batch_has_position_label_and_collate():
    batches = Batches(
        [0, UNLABELLED, 2], TokenCollate([[1], [2, 3], [4]], 0, [0, 1, 2], TextAugmentation())
    )
    batch = batches[BatchKey([2, 1], epoch=0)]
    assert batch["position"].tolist() == [2, 1]
    assert batch["label"].tolist() == [2, -1]
    assert batch["input_ids"].tolist() == [[4, 0], [2, 3]]
    assert len(batches) == 3


def test_two_views_of_a_batch_are_two_ways_to_see_the_same_samples(images):
    collate = ImageCollate(images, range(12), range(12), STRONG, seed=0)
    batch = Batches([0, 1] * 6, collate, views=2)[BatchKey([4, 1], epoch=3)]
    assert batch["position"].tolist() == [4, 1, 4, 1]
    assert batch["label"].tolist() == [0, 1, 0, 1]
    assert torch.equal(batch["image"][:2], collate([4, 1], 3)["image"])
    assert not torch.equal(batch["image"][0], batch["image"][2])
    half = TextAugmentation(token_drop=0.5)
    tokens = TokenCollate([range(30), range(40)], 0, [5, 7], half, seed=0)
    texts = Batches([0, 1], tokens, views=2)[BatchKey([0, 1], epoch=0)]["input_ids"]
    assert len(texts) == 4
    assert not torch.equal(texts[0], texts[2])
    unchanged = tokens([0], -1, 2)["input_ids"]
    assert torch.equal(unchanged[0], unchanged[1])
    assert unchanged[0].tolist() == list(range(30))


@pytest.mark.slow
def test_worker_processes_give_the_same_batches(images):
    collate = ImageCollate(images, range(12), range(12), STRONG, seed=0)
    found = []
    for workers in (0, 2):
        sampler = EpochBatches(5, [1] * 12, seed=0)
        loader = DataLoader(
            Batches([0] * 12, collate),
            sampler=sampler,
            batch_size=None,
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        epochs = []
        for epoch in range(2):
            sampler.set_epoch(epoch)
            epochs += list(loader)
        found.append(epochs)
    alone, with_workers = found
    assert len(alone) == len(with_workers) == 6
    for one, other in zip(alone, with_workers, strict=True):
        assert torch.equal(one["position"], other["position"])
        assert torch.equal(one["image"], other["image"])
