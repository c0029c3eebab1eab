"""Joint models in training: one part is the unimodal model, and the order of parts is nothing."""

from __future__ import annotations

import logging
import re
from dataclasses import replace

import pytest
import torch

from lfx.models.optimization import parameter_groups
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import restore
from lfx.training.predict import predict

pytestmark = pytest.mark.slow

PARTS = ("image", "text")
# What the joint encoder's own recipe leaves to the part's.
RECIPE = ("dropout", "label_smoothing", "learning_rate", "head_learning_rate", "weight_decay")


@pytest.fixture
def fitted(begun, caplog, tmp_path):
    """Train; returns the untrained weights, the model, its groups, the log, and test logits."""
    caplog.set_level(logging.INFO)

    def fit(config, *, run="run", **given):
        plan, model, context = begun(config, run=tmp_path / run, **given)
        start = {name: value.clone() for name, value in model.state_dict().items()}
        optimizer = model.required_optimization.optimizer
        groups = [
            ([tuple(one.shape) for one in group["params"]], group["lr"], group["weight_decay"])
            for group in parameter_groups(model.encoder, model.head, optimizer)
        ]
        caplog.clear()
        outcome = plan.regime.fit(model, context, plan.request)
        lines = [re.sub(r"\(.* s, .*/s\)", "", text) for text in caplog.messages]
        best = restore(read_checkpoint(outcome.best))
        logits = predict(best, context.table.rows("test"), context)
        return start, model, groups, [line for line in lines if "epoch" in line], logits

    return fit


def alone(model_state, prefix):
    """A joint model's weights under the names of the unimodal model."""
    return {name.replace(f"encoder.parts.{prefix}.", "encoder."): of for name, of in model_state}


@pytest.mark.parametrize(
    ("part", "precision"), [("text", "fp32"), ("image", "fp32"), ("text", "bf16")]
)
def test_a_joint_model_of_one_part_is_the_unimodal_model_to_the_bit(
    fitted, configured, part, precision
):
    (other,) = set(PARTS) - {part}
    precision = f"trainer.precision={precision}"
    trainable = ("trainable=last_blocks", "recipe.learning_rate=2e-3", "recipe.weight_decay=0.1")
    of_encoder = [f"encoder.{setting}" for setting in trainable]
    single = configured(f"modality={part}", *of_encoder).encoder
    recipe = [f"encoder.recipe.{name}={getattr(single.recipe, name)}" for name in RECIPE]
    joint = [
        *("modality=joint", "joint=concat", f"encoder@modality.encoders.{other}=null", precision),
        *(f"modality.encoders.{part}.{setting}" for setting in trainable),
        *recipe[:3],
        # The part has its own rate: this one is of what joins parts, which is nothing here.
        "encoder.recipe.learning_rate=0.5",
        "encoder.recipe.weight_decay=0.01",
        f"training.optimizer.weight_decay={single.recipe.weight_decay}",
    ]
    start, model, groups, lines, logits = fitted(
        configured(f"modality={part}", *of_encoder, precision), run="single"
    )
    joint_start, joint_model, joint_groups, joint_lines, joint_logits = fitted(
        configured(*joint), run="joint"
    )
    assert len(lines) == 3
    assert joint_lines == lines
    assert joint_groups == groups
    for ours, theirs in (
        (start, alone(joint_start.items(), part)),
        (model.state_dict(), alone(joint_model.state_dict().items(), part)),
    ):
        assert list(ours) == list(theirs)
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert any(not torch.equal(start[name], of) for name, of in model.state_dict().items())
    assert (logits == joint_logits).all()


def reordered(config):
    """The same settings, the parts the other way round."""
    for section in (config.modality, config.encoder):
        section.encoders = dict(reversed(section.encoders.items()))
    return config


@pytest.mark.parametrize("joint", ["concat", "hybrid"])
def test_the_order_of_the_parts_changes_no_bit(fitted, configured, lacking, joint):
    settings = ("modality=joint", f"joint={joint}", "trainer.max_epochs=1")
    results = [
        fitted(change(configured(*settings)), run=str(place), samples=lacking)
        for place, change in enumerate((lambda config: config, reordered))
    ]
    (start, model, groups, lines, logits), (start_2, model_2, groups_2, lines_2, logits_2) = results
    assert list(start) == list(start_2)
    assert all(torch.equal(start[name], start_2[name]) for name in start)
    state, state_2 = model.state_dict(), model_2.state_dict()
    assert all(torch.equal(state[name], state_2[name]) for name in state)
    assert groups == groups_2
    assert lines == lines_2
    assert (logits == logits_2).all()


@pytest.mark.parametrize("joint", ["gated", "cross_attention", "tensor", "hybrid"])
def test_every_kind_is_trained_on_samples_that_lack_parts(fitted, configured, lacking, joint):
    settings = ("modality=joint", f"joint={joint}", "trainer.max_epochs=1", "trainer.batch_size=9")
    start, model, _, lines, logits = fitted(configured(*settings), samples=lacking)
    assert len(lines) == 2
    assert logits.shape == (len(lacking.rows("test")), 3)
    assert torch.isfinite(torch.from_numpy(logits)).all()
    moved = {name for name, of in model.state_dict().items() if not torch.equal(start[name], of)}
    for place in ("encoder.parts.text.", "encoder.parts.image.", "encoder.joining.", "head."):
        assert any(name.startswith(place) for name in moved), place


def test_what_is_missing_is_not_read_and_what_is_there_is(begun, configured, lacking):
    """A sample's logits are the same whatever stands where it lacks a part."""
    plan, model, context = begun(configured("modality=joint"), samples=lacking)
    rows = lacking.rows("test")
    before = predict(model.eval(), rows, context)
    images = lacking.columns["image"].present[rows]
    assert 0 < images.sum() < len(rows)
    bare = replace(lacking, columns={**lacking.columns, "image": none_of(lacking.columns["image"])})
    after = predict(model, rows, replace(context, table=bare))
    same = (abs(before - after) < 1e-5).all(axis=1)
    assert same[~images].all()
    assert not same[images].any()
    assert plan.modality.columns() == ("image", "text")


def none_of(column):
    """A column of the same length in which no sample has anything."""
    without = next(row for row in range(len(column)) if not column.present[row])
    return column.at([without] * len(column))
