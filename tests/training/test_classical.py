"""A logistic regression as a model: against scikit-learn's own, and what is chosen and refused."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from transformers import PreTrainedTokenizerFast

from lfx.data.column import NumberColumn
from lfx.data.samples import SampleTable
from lfx.losses.softmax import SupCon
from lfx.modalities.vector.logistic import LogisticEncoder
from lfx.models.heads import LinearHead, MlpHead
from lfx.models.optimization import Objective
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import restore
from lfx.runtime.errors import ConfigError, TrainingError
from lfx.training.classical import Classical, _is_over
from lfx.training.predict import predict
from lfx.training.regime import Request
from lfx.training.trainer import TrainerSettings

NGRAMS = ("modality=text", "encoder=ngrams")
REQUEST = Request(TrainerSettings(device="cpu", precision="fp32"), trainable="nothing")


def two_classes(table):
    """The samples of two of the three classes, in an order of their own."""
    rows = [row for row in range(len(table)) if table.labels[row] != 1]
    return replace(
        table.at(rows),
        classes=("negative", "positive"),
        labels=tuple(int(table.labels[row] == 2) for row in rows),
    )


def pipeline(c, **options):
    """The same model in scikit-learn's own words."""
    common = {"min_df": 2, "sublinear_tf": True, "max_features": 100_000}
    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), **common),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **common),
    )
    return make_pipeline(union, LogisticRegression(C=c, max_iter=1000, tol=1e-7, **options))


def labels_of(table, rows):
    return np.array([table.labels[row] for row in rows])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_predictions_are_those_of_scikit_learns_pipeline(
    begun, configured, table, classes, weights
):
    samples = table if classes == 3 else two_classes(table)
    settings = (f"training.objective.class_weights={weights}", "training.tol=1e-7")
    plan, model, context = begun(configured(*NGRAMS, *settings), samples=samples)
    outcome = plan.regime.fit(model, context, plan.request)
    restored = restore(read_checkpoint(outcome.best))
    texts = {
        split: plan.modality.content(samples, samples.rows(split)) for split in ("train", "val")
    }
    truth = {split: labels_of(samples, samples.rows(split)) for split in texts}
    losses = {}
    for c in sorted(plan.regime.Cs):
        theirs = pipeline(c, class_weight=None if weights == "none" else "balanced")
        theirs.fit(texts["train"], truth["train"])
        expected = theirs.predict_log_proba(texts["val"])
        losses[c] = log_loss(truth["val"], np.exp(expected))
        if losses[c] > min(losses.values()):
            continue
        best = expected
    logits = torch.from_numpy(predict(restored, samples.rows("val"), context))
    np.testing.assert_allclose(logits.log_softmax(dim=1).numpy(), best, atol=2e-5)


def test_the_least_validation_loss_chooses(begun, configured, caplog):
    caplog.set_level(logging.INFO)
    settings = ("training.Cs=[1,0.01,100,0.1,10]", "trainer.patience=1")
    plan, model, context = begun(configured(*NGRAMS, *settings))
    outcome = plan.regime.fit(model, context, plan.request)
    lines = [line for line in caplog.messages if line.startswith("C=")]
    tried = [float(line.split(":")[0].removeprefix("C=")) for line in lines]
    losses = [float(line.split("val loss ")[1].split(",")[0]) for line in lines]
    # From the strongest regularisation on, until a loss is no better.
    assert tried == sorted(tried)
    assert losses[:-1] == sorted(losses[:-1], reverse=True)
    assert len(tried) < 5
    assert losses[-1] > losses[-2]
    assert caplog.messages[-1].startswith(f"best: C={tried[-2]:g}, val loss {losses[-2]:.4f}")
    best, last = (
        read_checkpoint(outcome.best.with_name(f"{name}.ckpt")) for name in ("best", "last")
    )
    assert best.progress is None
    assert last.progress["candidate_losses"] == pytest.approx(losses, abs=1e-4)
    weights = [one.weights["head.weight"] for one in (best, last)]
    assert weights[0].norm() < weights[1].norm()


@pytest.mark.parametrize(
    ("losses", "patience", "is_over"),
    [
        ([], 1, False),
        ([0.5], 1, False),
        ([0.5, 0.4], 1, False),
        ([0.5, 0.6], 1, True),
        ([0.5, 0.6], 2, False),
        ([0.5, 0.6, 0.4, 0.41], 2, False),
        ([0.5, 0.6, 0.4, 0.41, 0.4], 2, True),
        ([0.5, 0.49], 1, True),
    ],
)
def test_the_search_ends_as_early_stopping_does(losses, patience, is_over):
    assert _is_over(losses, patience, 0.02) is is_over


class Logged:
    """Takes the place of a logger."""

    def __init__(self):
        self.metrics = []

    def log_metrics(self, metrics, step):
        self.metrics.append((step, metrics))


def test_the_best_is_logged_once(begun, configured):
    plan, model, context = begun(configured(*NGRAMS))
    logger = Logged()
    outcome = plan.regime.fit(model, replace(context, logger=logger), plan.request)
    ((step, metrics),) = logger.metrics
    assert step == 0
    assert metrics.keys() == {"C", "train/loss", "val/loss", "val/accuracy"}
    table, restored = context.table, restore(read_checkpoint(outcome.best))
    for split in ("train", "val"):
        rows = table.rows(split)
        logits = torch.from_numpy(predict(restored, rows, context))
        truth = torch.from_numpy(labels_of(table, rows))
        loss = torch.nn.functional.cross_entropy(logits, truth)
        assert metrics[f"{split}/loss"] == pytest.approx(float(loss), abs=1e-5)
    assert metrics["val/accuracy"] == float((logits.argmax(dim=1) == truth).double().mean())


def test_a_frozen_encoder_is_probed(begun, configured, tmp_path):
    """A text encoder with weights from a folder, as minilm's are from a package."""
    _, source, _ = begun(configured("modality=text"))
    folder = tmp_path / "weights"
    source.encoder.backbone.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(source.encoder.tokenizer.state, encoding="utf-8")
    PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        pad_token="<pad>",  # noqa: S106, a token of a text
    ).save_pretrained(folder)
    settings = (
        "modality=text",
        "training=classical",
        "encoder.trainable=nothing",
        "encoder.weights.source=path",
        f"encoder.weights.path='{folder}'",
    )
    plan, model, context = begun(configured(*settings), run=tmp_path / "probe")
    before = {key: value.clone() for key, value in model.encoder.state_dict().items()}
    outcome = plan.regime.fit(model, context, plan.request)
    weights = read_checkpoint(outcome.best).weights
    assert all(torch.equal(weights[f"encoder.{key}"], value) for key, value in before.items())
    rows = context.table.rows("val")
    logits = predict(restore(read_checkpoint(outcome.best)), rows, context)
    assert (logits.argmax(axis=1) == labels_of(context.table, rows)).mean() > 0.6


def test_vectors_are_classified_as_scikit_learn_does(begun, configured):
    chance = np.random.default_rng(0)
    labels = chance.integers(2, size=200)
    vectors = chance.normal(size=(200, 5)) * [1, 10, 0.1, 3, 0] + np.outer(labels, [1, 5, 0, 0, 0])
    samples = SampleTable.of(
        ("bad", "good"),
        ids=[f"s{row}" for row in range(200)],
        columns={"face": NumberColumn.of(vectors)},
        labels=labels.tolist(),
        splits=["train"] * 150 + ["val"] * 50,
    )
    settings = ("modality=vector", "modality.column=face", "encoder=logistic", "training.tol=1e-8")
    plan, model, context = begun(configured(*settings, "training.Cs=[0.1]"), samples=samples)
    assert isinstance(plan.encoder, LogisticEncoder)
    outcome = plan.regime.fit(model, context, plan.request)
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, tol=1e-8))
    theirs.fit(vectors[:150].astype(np.float32).astype(np.float64), labels[:150])
    logits = torch.from_numpy(
        predict(restore(read_checkpoint(outcome.best)), range(150, 200), context)
    )
    expected = theirs.predict_log_proba(vectors[150:])
    np.testing.assert_allclose(logits.log_softmax(dim=1).numpy(), expected, atol=2e-5)


def test_what_cannot_be_fitted_is_told():
    regime = Classical()
    assert regime.problems(REQUEST) == []
    (problem,) = regime.problems(replace(REQUEST, trainable="last_blocks"))
    assert problem.startswith("encoder.trainable=last_blocks, and training=classical trains the")
    (problem,) = regime.problems(replace(REQUEST, trainable="everything", parts=("image", "text")))
    assert "a joint model takes training=supervised" in problem
    given = replace(REQUEST, loss=SupCon(), phase="2")
    assert [one.split(" ")[0] for one in regime.problems(given)] == ["loss", "phase"]
    with pytest.raises(ConfigError, match=r"label_smoothing=0.1: a logistic regression has none"):
        Classical(objective=Objective(label_smoothing=0.1))
    with pytest.raises(ConfigError, match=r"Cs\[1\] must be above 0, got -1"):
        Classical(Cs=(1.0, -1.0))
    with pytest.raises(ConfigError, match="Cs must be of length 1 or more"):
        Classical(Cs=())


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (MlpHead(), "training=classical fits a linear classifier; head=linear is one"),
        (LinearHead(l2=0.1), r"head.l2=0.1: training=classical chooses the penalty from"),
    ],
)
def test_another_head_is_refused(make_classifier, table, head, reason):
    with pytest.raises(ConfigError, match=reason):
        Classical().build(make_classifier().encoder, head, table, REQUEST, 0)


def test_features_that_are_not_finite_are_told(begun, configured):
    plan, model, context = begun(configured(*NGRAMS))
    model.encoder.idf[0] = float("nan")
    with pytest.raises(TrainingError, match="features of train that are not finite numbers"):
        plan.regime.fit(model, context, plan.request)


def test_a_solver_that_is_not_done_is_told(begun, configured, caplog):
    plan, model, context = begun(configured(*NGRAMS, "training.max_iter=1", "training.Cs=[10]"))
    plan.regime.fit(model, context, plan.request)
    (warning,) = [one.message for one in caplog.records if one.levelname == "WARNING"]
    assert warning.startswith("C=10: not converged after 1 iterations (training.max_iter")
