from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.modalities.image.augmentation import ImageAugmentation
from lfx.modalities.image.modality import ImageCollate, ImageModality
from lfx.modalities.modality import NO_EPOCH

STRONG = ImageAugmentation(flip=0.5, rotation=20.0, translation=0.2, zoom=0.2)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 255, (12, 8, 8, 3), dtype=np.uint8)


def test_images_come_from_their_rows_with_channels_first(images):
    batch = ImageCollate(images, [7, 2, 9], [17, 12, 19], STRONG)([2, 0], 0)["image"]
    assert batch.dtype == torch.uint8
    assert batch.shape == (2, 3, 8, 8)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    for place, row in enumerate((9, 7)):
        assert np.array_equal(batch[place].permute(1, 2, 0).numpy(), images[row])


def test_only_training_images_are_changed_and_the_cache_never(images):
    before = images.copy()
    collate = ImageCollate(images, range(12), range(12), STRONG, seed=0)
    plain = ImageCollate(images, range(12), range(12), STRONG)
    positions = list(range(12))
    one, again, next_epoch = (collate(positions, epoch)["image"] for epoch in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, next_epoch)
    unchanged = collate(positions, NO_EPOCH)["image"]
    assert torch.equal(unchanged, plain(positions, 0)["image"])
    assert np.array_equal(images, before)


def test_a_change_does_not_depend_on_the_batch(images):
    collate = ImageCollate(images, range(12), range(12), STRONG, seed=0)
    together = collate([4, 8, 1], 3)["image"]
    assert torch.equal(collate([8], 3)["image"][0], together[1])


def test_a_table_becomes_batches_of_decoded_images(make_image, table, tmp_path):
    """Of training samples they are augmented, of others they are what was decoded."""
    modality, encoder = ImageModality(augmentation=STRONG), make_image()
    rows = table.rows("val")
    assert modality.content(table, rows) == [str(table.columns["image"][row]) for row in rows]
    inputs = modality.inputs(table, rows, encoder, tmp_path)
    assert list(inputs.lengths) == [1] * len(rows)
    plain = inputs.collate([0, 1], 0)["image"]
    assert plain.shape == (2, 3, 32, 32)
    assert torch.equal(plain, inputs.collate([0, 1], 5)["image"])
    trained = modality.inputs(table, rows, encoder, tmp_path, seed=0)
    assert not torch.equal(plain, trained.collate([0, 1], 0)["image"])
    assert torch.equal(plain, trained.collate([0, 1], NO_EPOCH)["image"])
    assert encoder.eval()({"image": plain}).shape == (2, encoder.features)
