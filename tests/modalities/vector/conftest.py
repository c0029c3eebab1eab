from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.data.column import NumberColumn
from lfx.data.samples import SampleTable
from lfx.modalities.vector.gru import GruEncoder
from lfx.modalities.vector.logistic import LogisticEncoder
from lfx.modalities.vector.mlp import MlpEncoder
from lfx.modalities.vector.transformer import SequenceTransformerEncoder

BUILDERS = {
    "mlp": MlpEncoder(hidden=(8, 6)),
    "gru": GruEncoder(hidden=5, layers=2),
    "gru_one_way": GruEncoder(hidden=5, bidirectional=False, pooling="last"),
    "gru_last": GruEncoder(hidden=5, pooling="last"),
    "transformer": SequenceTransformerEncoder(width=12, heads=3, feedforward=16),
    "logistic": LogisticEncoder(),
}


def draw_sequences(samples, seed=0, width=4, longest=9):
    chance = np.random.default_rng(seed)
    lengths = chance.integers(1, longest + 1, samples)
    return [chance.normal(3, 5, (length, width)).astype(np.float32) for length in lengths.tolist()]


@pytest.fixture
def sequences():
    """Sequences of 4 features and different lengths."""
    return draw_sequences(20)


@pytest.fixture
def make_vector():
    """Build an encoder by its name, on content to be standardised by."""

    def build(name, train):
        torch.manual_seed(0)
        return BUILDERS[name].build(train)

    return build


@pytest.fixture
def make_numbers():
    """Make a table with a column of numbers; every other sample is of the first class."""

    def build(arrays, column="vector", splits=None):
        names = [f"s{row}" for row in range(len(arrays))]
        return SampleTable.of(
            ("bad", "good"),
            ids=names,
            columns={column: NumberColumn.of(arrays)},
            labels=[row % 2 for row in range(len(arrays))],
            splits=["train"] * len(arrays) if splits is None else splits,
        )

    return build
