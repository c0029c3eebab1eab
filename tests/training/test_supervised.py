from __future__ import annotations

import pytest
import torch

from lfx.losses.softmax import SupCon
from lfx.models.heads import LinearHead
from lfx.models.optimization import AdamW, Objective
from lfx.runs.checkpoints import read_checkpoint
from lfx.training.regime import Request
from lfx.training.supervised import Supervised
from lfx.training.trainer import TrainerSettings

REQUEST = Request(TrainerSettings(device="cpu", precision="fp32"))


@pytest.mark.parametrize("kind", ["image", "text"])
def test_an_epoch_trains_encoder_and_head(begun, configured, kind):
    plan, model, context = begun(configured(f"modality={kind}", "trainer.max_epochs=1"))
    before = {key: value.clone() for key, value in model.named_parameters()}
    outcome = plan.regime.fit(model, context, plan.request)
    assert outcome.best == context.run / "checkpoints/best.ckpt"
    assert outcome.embeddings == {}
    weights = read_checkpoint(outcome.best).weights
    changed = {key for key, value in before.items() if not torch.equal(weights[key], value)}
    assert {"head.weight", "head.bias"} <= changed
    assert sum(key.startswith("encoder.") for key in changed) > 5


def test_a_frozen_encoder_stays_as_it_is(begun, configured):
    settings = ("encoder.trainable=last_blocks", "trainer.max_epochs=1")
    plan, model, context = begun(configured("modality=image", *settings))
    before = {key: value.clone() for key, value in model.encoder.state_dict().items()}
    plan.regime.fit(model, context, plan.request)
    after = model.encoder.state_dict()
    changed = {key.split(".")[1] for key, one in before.items() if not torch.equal(after[key], one)}
    assert changed == {"layer4"}


def test_settings_reach_the_model(make_classifier, table):
    regime = Supervised(
        optimizer=AdamW(learning_rate=0.5),
        objective=Objective(label_smoothing=0.1, class_weights="balanced"),
    )
    assert regime.problems(REQUEST) == []
    encoder = make_classifier().encoder
    model = regime.build(encoder, LinearHead(l2=0.1, dropout=0.2), table, REQUEST, seed=7)
    how = model.required_optimization
    counts = table.class_counts(table.rows("train"))
    assert how.class_weights == Objective(class_weights="balanced").weights(counts)
    assert (how.optimizer.learning_rate, how.label_smoothing) == (0.5, 0.1)
    assert (model.l2, model.dropout.p, model.seed, model.classes) == (0.1, 0.2, 7, table.classes)


def test_what_is_for_two_phases_is_told():
    request = Request(REQUEST.trainer, SupCon(), phase="2", starts_from_phase_1=True)
    problems = Supervised().problems(request)
    assert [problem.split(" is for training in two phases")[0] for problem in problems] == [
        "loss",
        "phase",
        "phase_1_ckpt",
    ]
