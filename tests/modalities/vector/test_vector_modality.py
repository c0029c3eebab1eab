from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from lfx.data.column import TextColumn
from lfx.data.samples import SampleTable
from lfx.modalities.modality import NO_EPOCH
from lfx.modalities.vector.augmentation import VectorAugmentation
from lfx.modalities.vector.logistic import LogisticEncoder
from lfx.modalities.vector.modality import VectorModality
from lfx.modalities.vector.standardize import LARGEST
from lfx.runtime.errors import ConfigError, DataError


def test_a_column_becomes_padded_batches(make_numbers, sequences, tmp_path):
    modality, table = VectorModality(column="audio"), make_numbers(sequences, "audio")
    assert modality.columns() == ("audio",)
    encoder = LogisticEncoder().build(modality.content(table, [3, 4, 5]))
    rows = [7, 2, 9]
    inputs = modality.inputs(table, rows, encoder, tmp_path)
    assert inputs.lengths == [len(sequences[row]) for row in rows]
    batch = inputs.collate([2, 0], NO_EPOCH, 2)
    longest = max(inputs.lengths[0], inputs.lengths[2])
    assert batch["values"].shape == (4, longest, 4)
    assert batch["values"].dtype == torch.float32
    assert batch["lengths"].tolist() == [inputs.lengths[2], inputs.lengths[0]] * 2
    for values, row in zip(batch["values"], [9, 7, 9, 7], strict=True):
        length = len(sequences[row])
        assert np.array_equal(values[:length], sequences[row])
        assert values[length:].abs().sum() == 0
    assert encoder.eval()(batch).shape == (4, 4)


def test_vectors_are_sequences_of_one_step(make_numbers, tmp_path):
    table = make_numbers([[1.0, 2.0], [3.0, 5.0]])
    modality = VectorModality()
    content = modality.content(table, [0, 1])
    assert [array.tolist() for array in content] == [[[1, 2]], [[3, 5]]]
    encoder = LogisticEncoder().build(content)
    batch = modality.inputs(table, [1, 0], encoder, tmp_path).collate([0, 1], 0, 1)
    assert batch["values"].tolist() == [[[3, 5]], [[1, 2]]]
    assert batch["lengths"].tolist() == [1, 1]


def test_numbers_that_are_not_finite_are_problems_of_their_rows(make_numbers, sequences, tmp_path):
    long = max(range(20), key=lambda row: len(sequences[row]))
    sequences[long][2, 1] = np.nan
    sequences[long][3, 0] = np.inf
    sequences[4] = np.array([[0, 0, -np.inf, 0]], dtype=np.float32)
    sequences[6][0, 0] = np.nan
    rows = [row for row in range(20) if row != 6]
    problems = VectorModality().problems_of(make_numbers(sequences), rows, tmp_path)
    steps = len(sequences[long])
    assert problems == {
        long: f"feature 2 of 4 in step 3 of {steps} is nan, and 1 more are not finite; write a "
        "number, or leave the sample out",
        4: "feature 3 of 4 is -inf; write a number, or leave the sample out",
    }


def test_numbers_too_large_to_be_standardised_are_problems_of_their_rows(
    make_numbers, sequences, tmp_path
):
    sequences[3] = np.array([[0, 3e38, 0, -2e38]], dtype=np.float32)
    sequences[4] = np.array([[3e38, 0, np.nan, 0]], dtype=np.float32)
    sequences[5] = np.array([[0, LARGEST, 0, -LARGEST]], dtype=np.float32)
    problems = VectorModality().problems_of(make_numbers(sequences), range(20), tmp_path)
    assert problems == {
        3: "feature 2 of 4 is 3.0000000054977558e+38, and 1 more are too large; write a number of "
        "at most 8.5e+37 in size, or leave the sample out",
        4: "feature 3 of 4 is nan; write a number, or leave the sample out",
    }


def test_long_sequences_are_cut_which_is_told_once(make_numbers, sequences, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    modality, table = VectorModality(), make_numbers(sequences)
    encoder = LogisticEncoder(max_length=3).build(sequences)
    for _ in range(2):
        inputs = modality.inputs(table, range(20), encoder, tmp_path)
    assert max(inputs.lengths) == 3
    batch = inputs.collate(list(range(20)), NO_EPOCH, 1)
    assert batch["values"].shape == (20, 3, 4)
    cut = sum(len(array) > 3 for array in sequences)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    share = f"{cut} of 20 sequences ({5 * cut}.0 %)"
    assert record.message.startswith(f"{share} are longer than the 3 steps that the model reads")


def test_noise_is_drawn_by_seed_epoch_row_and_view(make_numbers, sequences, tmp_path):
    modality = VectorModality(augmentation=VectorAugmentation(noise=0.5))
    table, encoder = make_numbers(sequences), LogisticEncoder().build(sequences)

    def values(rows, positions, epoch, views=1, seed=1):
        inputs = modality.inputs(table, rows, encoder, tmp_path, seed)
        return inputs.collate(positions, epoch, views)["values"]

    clean = values([5, 6], [0, 1], NO_EPOCH)
    first = values([5, 6], [0, 1], 0)
    assert not torch.equal(first, clean)
    assert torch.equal(first, values([5, 6], [0, 1], 0))
    assert torch.equal(first[1], values([3, 6, 5], [2, 1], 0)[1])
    for other in (values([5, 6], [0, 1], 1), values([5, 6], [0, 1], 0, seed=2)):
        assert not torch.equal(first, other)
    one, two = values([5], [0], 0, views=2)
    assert not torch.equal(one, two)
    assert torch.equal(values([5, 6], [0, 1], 0, seed=None), clean)
    # Padding stays padding.
    short, long = sorted((5, 6), key=lambda row: len(sequences[row]))
    padded = values([short, long], [0, 1], 0)[0][len(sequences[short]) :]
    assert padded.abs().sum() == 0


def test_noise_has_each_features_spread():
    steps = np.zeros((20_000, 3), dtype=np.float32)
    spread = np.array([0.0, 1.0, 20.0], dtype=np.float32)
    noise = VectorAugmentation(noise=0.5)(steps, spread, (0, 0, 0, 0))
    assert noise.dtype == np.float32
    assert noise.std(axis=0) == pytest.approx(0.5 * spread, rel=0.03)
    assert VectorAugmentation()(steps, spread, (0, 0, 0, 0)) is steps


def test_other_features_than_the_models_are_refused(make_numbers, sequences, tmp_path):
    encoder = LogisticEncoder().build(sequences)
    with pytest.raises(DataError, match="column vector has 2 features, and the model reads 4: it"):
        VectorModality().inputs(make_numbers([[1.0, 2.0]]), [0], encoder, tmp_path)


def test_a_column_of_texts_is_refused():
    table = SampleTable.of(("a", "b"), ids=["1"], columns={"x": TextColumn(["a"])}, labels=[0])
    with pytest.raises(DataError, match="column x holds texts, and modality=vector reads numbers"):
        VectorModality(column="x").content(table, [0])
    empty = replace(table, columns={"x": TextColumn([None])})
    with pytest.raises(DataError, match="column x holds nothing, and modality=vector reads"):
        VectorModality(column="x").content(empty, [0])


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="noise must be at least 0, got -1"):
        VectorAugmentation(noise=-1.0)
