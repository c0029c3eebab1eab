"""Training by contrast as a regime: what it refuses, and the model and plan that it builds."""

from __future__ import annotations

import pytest

from lfx.losses.cross_entropy import CrossEntropy
from lfx.losses.softmax import NtXent, SupCon
from lfx.models.heads import LinearHead
from lfx.models.optimization import AdamW
from lfx.runtime.errors import ConfigError
from lfx.training.contrastive import ClassificationPhase, Contrastive, ContrastPhase, Diagnostics
from lfx.training.fit import Stop
from lfx.training.regime import Request
from lfx.training.trainer import TrainerSettings

TRAINER = TrainerSettings(device="cpu", precision="fp32")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("training.phase_1.batch_size=3", r"at least 4 .* got 3: .* two classes"),
        ("training.phase_1.samples_per_class=1", r"at least 2 with 1 view, got 1: .* a positive"),
        ("training.phase_1.batch_size=1 loss=ntxent", r"must be at least 2 .* two samples"),
        ("training.phase_1.views=1 loss=ntxent", "views must be at least 2 for this loss, got 1"),
        ("training.phase_1.samples_per_class=4 loss=ntxent", "is not read with this loss"),
        ("loss._target_=lfx.data.sources.demo.DemoSource", r"loss._target_=.* cannot be built"),
        (
            "loss._target_=builtins.dict",
            r"builtins.dict is not a lfx.losses.loss.Loss",
        ),
    ],
)
def test_what_leaves_nothing_to_contrast_stops_before_any_work(
    configured, planned, overrides, message
):
    config = configured("modality=image_contrastive", *overrides.split())
    with pytest.raises(ConfigError, match=message):
        planned(config).require_possible()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"loss": None}, "training=contrastive needs a loss; `--help` lists them: loss=npair"),
        ({"phase": "3"}, "phase is both, 1, 2, got 3"),
        ({"phase": "1", "cross_validates": True}, "phase=1 alone predicts nothing"),
        ({"phase": "2"}, "phase=2 needs the encoder of a phase 1: phase_1_ckpt=RUN/"),
        ({"starts_from_phase_1": True}, "phase_1_ckpt is only read with phase=2, not with phase="),
        ({"trainable": "nothing"}, "phase 1 trains the encoder; encoder.trainable=nothing leaves"),
    ],
)
def test_what_is_impossible_is_told(asked, message):
    request = Request(**({"trainer": TRAINER, "loss": SupCon()} | asked))
    assert any(problem.startswith(message) for problem in Contrastive().problems(request))


@pytest.mark.parametrize(
    "asked", [{}, {"phase": "1"}, {"phase": "2", "starts_from_phase_1": True, "loss": NtXent()}]
)
def test_what_is_possible_is_not_refused(asked):
    request = Request(**({"trainer": TRAINER, "loss": SupCon()} | asked))
    assert Contrastive().problems(request) == []


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (ContrastPhase, {"samples_per_class": 4, "balanced": False}, "is only read with"),
        (ContrastPhase, {"samples_per_class": 9, "batch_size": 16}, "fewer than two classes"),
        (ContrastPhase, {"views": 0}, "views must be at least 1, got 0"),
        (ClassificationPhase, {"n_views": 0}, "n_views must be at least 1, got 0"),
        (Diagnostics, {"picture": "umap"}, "picture: allowed are pca, tsne, none; got 'umap'"),
    ],
)
def test_what_is_no_setting_is_refused(kind, settings, message):
    with pytest.raises(ConfigError, match=message):
        kind(**settings)


def test_each_phase_has_its_own_settings(make_classifier, table):
    regime = Contrastive(
        phase_1=ContrastPhase(optimizer=AdamW(learning_rate=0.5)),
        phase_2=ClassificationPhase(optimizer=AdamW(learning_rate=0.25)),
    )
    request = Request(TRAINER, SupCon())
    encoder = make_classifier().encoder
    model = regime.build(encoder, LinearHead(l2=0.1), table, request, seed=7)
    assert model.contrasts
    assert model.contrast.optimization.optimizer.learning_rate == 0.5
    assert model.required_optimization.optimizer.learning_rate == 0.25
    assert (model.l2, model.seed, model.contrast.views) == (0.1, 7, 1)
    second = regime.build(encoder, LinearHead(), table, Request(TRAINER, SupCon(), "2"), seed=7)
    assert not second.contrasts


@pytest.mark.parametrize(
    ("settings", "loss", "phase", "expected"),
    [
        ({}, SupCon(), "both", ((1, 2), 10)),  # three classes in a batch of 32
        ({}, NtXent(), "1", ((1,), None)),  # which uses no labels
        ({}, CrossEntropy(), "2", ((2,), 10)),
        ({"balanced": False}, SupCon(), "both", ((1, 2), None)),
        ({"samples_per_class": 4}, SupCon(), "both", ((1, 2), 4)),
        ({"batch_size": 4}, SupCon(), "both", ((1, 2), 2)),
        ({"batch_size": 4, "views": 2}, SupCon(), "both", ((1, 2), 1)),
    ],
)
def test_a_plan_says_which_phases_run_and_what_is_in_a_batch(
    table, settings, loss, phase, expected
):
    regime = Contrastive(phase_1=ContrastPhase(max_epochs=4, patience=2, **settings))
    plan = regime._plan(table, Request(TRAINER, loss, phase))
    assert (plan.phases, plan.samples_per_class) == expected
    assert plan.contrast_size == settings.get("batch_size", 32)
    assert plan.contrast == Stop(4, 2, 1e-4, 1.0)
    assert (plan.classification, plan.classification_size) == (Stop(100, 10, 1e-4, 1.0), 64)
    assert (plan.n_views, plan.diagnostics) == (1, True)


def test_a_model_of_another_regime_is_not_trained(begun, configured):
    _, model, context = begun(configured("modality=image"))
    with pytest.raises(TypeError, match="Classifier is not a ContrastiveClassifier"):
        Contrastive().fit(model, context, Request(TRAINER, SupCon()))
