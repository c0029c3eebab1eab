"""Encoders of sequences, trained: what depends on the order of steps, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from lfx.data.column import NumberColumn
from lfx.data.samples import SampleTable
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import restore, restore_modality
from lfx.training.predict import predict

LABELS = [row % 2 for row in range(240)]


@pytest.fixture(scope="module")
def ordered():
    """Sequences of 4 to 12 steps: of two features, the one that has its peak first is the class."""
    chance = np.random.default_rng(0)
    arrays = []
    for label in LABELS:
        steps = chance.normal(100, 0.3, (chance.integers(4, 13), 3))
        first, second = sorted(chance.choice(len(steps), 2, replace=False))
        steps[first, label] += 3
        steps[second, 1 - label] += 3
        arrays.append(steps)
    return SampleTable.of(
        ("left", "right"),
        ids=[f"s{row}" for row in range(len(LABELS))],
        columns={"pose": NumberColumn.of(arrays)},
        labels=LABELS,
        splits=["train"] * 180 + ["val"] * 60,
    )


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        (["encoder=gru", "encoder.hidden=16"], 0.9),
        (["encoder=transformer", "encoder.width=32"], 0.8),
        (["encoder=mlp"], None),
    ],
)
def test_an_order_is_learned_where_it_can_be(begun, configured, ordered, settings, least):
    own = ("modality=vector", "modality.column=pose", "trainer.max_epochs=25")
    rate = ("encoder.recipe.learning_rate=0.01", "encoder.recipe.head_learning_rate=0.01")
    plan, model, context = begun(configured(*own, *rate, *settings), samples=ordered)
    outcome = plan.regime.fit(model, context, plan.request)
    checkpoint = read_checkpoint(outcome.best)
    assert restore_modality(checkpoint).columns() == ("pose",)
    rows = ordered.rows("val")
    logits = predict(restore(checkpoint), rows, context)
    accuracy = (logits.argmax(axis=1) == np.array([LABELS[row] for row in rows])).mean()
    if least is None:  # the mean over time says nothing
        assert accuracy < 0.7
    else:
        assert accuracy > least
