"""Parts that are aligned first: what phase 1 sees, what it changes, what phase 2 starts from."""

from __future__ import annotations

import logging
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from lfx.modalities.joint.batch import present_key
from lfx.models.cross_modal import CrossModalClassifier
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.phase_1 import adopt_phase_1
from lfx.runs.restore import restore
from lfx.runtime.errors import ConfigError, DataError
from lfx.training.predict import predict

pytestmark = pytest.mark.slow

KIND = ("modality=joint", "training=cross_modal")


def copied(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture
def train(begun, configured):
    """Train in two phases; returns the model, where it was trained, and the outcome."""

    def fit(*overrides, watch=None, **where):
        plan, model, context = begun(configured(*KIND, *overrides), **where)
        if watch is not None:
            watch(model)
        return model, context, plan.regime.fit(model, context, plan.request)

    return fit


def test_phase_1_aligns_the_parts_and_phase_2_trains_all(begun, configured, train, caplog):
    caplog.set_level(logging.INFO)
    start = copied(begun(configured(*KIND))[1].encoder)
    aligned, scales = [], []

    def watch(model):
        begin = model.begin_classification

        def begin_and_look():
            scales.append(model.aligner.log_scale.item())
            begin()
            aligned.append(copied(model.encoder))

        model.begin_classification = begin_and_look

    settings = ("trainer.max_epochs=4", "trainer.patience=4")
    model, context, outcome = train(*settings, watch=watch)
    (after,) = aligned
    moved = {name for name in start if not torch.equal(start[name], after[name])}
    assert any(name.startswith("parts.text.") for name in moved)
    assert any(name.startswith("parts.image.") for name in moved)
    # What joins them is not part of the alignment.
    assert not any(name.startswith("joining.") for name in moved)
    assert not same(after, copied(model.encoder))
    assert scales[0] != pytest.approx(np.log(1 / 0.07), abs=1e-4)  # it is learned
    losses = [float(found) for found in re.findall(r"phase 1.*train loss (\S+),", caplog.text)]
    assert len(losses) == 4
    assert losses[-1] < 0.9 * losses[0]
    assert "phase 2, epoch 1/4" in caplog.text
    best = read_checkpoint(outcome.best)
    assert best.phase == 2
    assert not any("aligner" in name for name in best.weights)
    assert context.checkpoints.epochs == {"phase_1": 4, "phase_2": 4}
    rows = context.table.rows("test")
    assert predict(restore(best), rows, context).shape == (len(rows), 3)


def test_labels_never_reach_phase_1(begun, configured, table, tmp_path):
    shuffled = list(table.labels)
    np.random.default_rng(0).shuffle(shuffled)
    other = replace(table, labels=tuple(shuffled))
    encoders = []
    for place, labelled in enumerate((table, other)):
        config = configured(*KIND, "phase=1", "trainer.max_epochs=1")
        plan, model, context = begun(config, run=tmp_path / str(place), samples=labelled)
        assert plan.regime.fit(model, context, plan.request).best is None
        encoders.append(copied(model.encoder))
    assert same(*encoders)


def test_samples_with_one_part_wait_for_phase_2(train, lacking):
    seen = {True: set(), False: set()}

    def watch(model):
        step = model.training_step

        def step_and_look(batch, batch_idx):
            both = torch.stack([batch[present_key(name)] for name in ("text", "image")]).all(dim=0)
            seen[model.aligner is None] |= set(both.tolist())
            return step(batch, batch_idx)

        model.training_step = step_and_look

    train("trainer.max_epochs=1", watch=watch, samples=lacking)
    assert seen == {False: {True}, True: {True, False}}


def test_two_commands_give_what_one_gives(begun, configured, planned, train, table, tmp_path):
    settings = (
        "trainer.max_epochs=1",
        "joint=gated",
        "modality.encoders.text.trainable=last_blocks",
    )
    both, _, outcome = train(*settings)
    file = outcome.best.parent / "phase_1/best.ckpt"
    config = configured(*KIND, *settings, "phase=2", f"phase_1_ckpt='{file}'")
    run = tmp_path / "second"
    phase_1 = planned(config).read_phase_1(run, resumed=False)
    plan, model, context = begun(config, run=run, phase_1=phase_1)
    trained = {name for name, one in model.encoder.named_parameters() if one.requires_grad}
    assert trained == {n for n, one in both.encoder.named_parameters() if one.requires_grad}
    assert not all(one.requires_grad for one in model.encoder.parameters())
    adopt_phase_1(phase_1, table, "demo", run)
    plan.regime.fit(model, context, plan.request)
    assert same(copied(both), copied(model))


def test_what_cannot_be_aligned_is_refused_before_any_work(planned, configured):
    for settings, message in (
        (("modality=text", "training=cross_modal"), "with two encoders or more, got 0"),
        ((*KIND, "encoder@modality.encoders.text=null"), "with two encoders or more, got 1"),
        ((*KIND, "loss=supcon"), "loss is for training=contrastive"),
        ((*KIND, "training.phase_1.batch_size=1"), "phase_1.batch_size must be at least 2, got 1"),
        ((*KIND, "phase=2"), "phase=2 needs the encoder of a phase 1: phase_1_ckpt="),
        ((*KIND, "phase=1", "data.folds=3"), "phase=1 alone predicts nothing"),
        ((*KIND, "phase_1_ckpt=x.ckpt"), "phase_1_ckpt is only read with phase=2"),
    ):
        with pytest.raises(ConfigError, match=message):
            planned(configured(*settings)).require_possible()
    planned(configured(*KIND)).require_possible()


def test_data_without_pairs_are_refused(train, lacking):
    columns = lacking.columns
    either = columns["image"].without(np.asarray(columns["text"].present))
    bare = replace(lacking, columns={**columns, "image": either})
    with pytest.raises(DataError, match="and 0 samples of train have two of image, text"):
        train(samples=bare)


def test_frozen_parts_leave_phase_1_nothing_to_train(begun, configured, table):
    plan, model, _ = begun(configured(*KIND))
    model.encoder.parts.requires_grad_(False)
    with pytest.raises(ConfigError, match="leaves it nothing to train; allowed: phase=2"):
        plan.regime.build(model.encoder, plan.head, table, plan.request, 0)
    plan.regime.build(model.encoder, plan.head, table, replace(plan.request, phase="2"), 0)


def test_a_phase_of_its_own_has_weights_of_its_own(begun, configured):
    _, model, _ = begun(configured(*KIND))
    assert isinstance(model, CrossModalClassifier)
    assert {name for name, _ in model.aligner.named_parameters()} == {
        "log_scale",
        *(f"projections.{name}.0.{of}" for name in ("image", "text") for of in ("weight", "bias")),
    }
    _, second, _ = begun(configured(*KIND, "phase=2", "phase_1_ckpt=x.ckpt"))
    assert second.aligner is None
