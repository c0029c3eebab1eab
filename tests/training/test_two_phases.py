"""Both phases on little data: what changes in each, and what must not."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from lfx.losses.softmax import NtXent
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.phase_1 import adopt_phase_1
from lfx.runs.restore import restore
from lfx.runtime.errors import TrainingError
from lfx.training.predict import predict

pytestmark = pytest.mark.slow

KINDS = ("image_contrastive", "text_contrastive")
SHORT = "training.phase_2.max_epochs=5"
OFF = [f"modality.augmentation.{key}=0" for key in ("flip", "rotation", "translation", "zoom")]


@pytest.fixture
def train(begun, configured):
    """Train by contrast; returns the model, where it was trained, and the outcome."""

    def fit(*overrides, watch=None, **where):
        plan, model, context = begun(configured(*overrides), **where)
        if watch is not None:
            watch(model)
        return model, context, plan.regime.fit(model, context, plan.request)

    return fit


def copied(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("n_views", ["1", "2", "null"])
@pytest.mark.parametrize("kind", KINDS)
def test_phase_2_changes_nothing_in_the_encoder(begun, configured, train, kind, n_views):
    """No weight and no batch-norm statistic, whether it runs in every epoch or not at all."""
    seen = []

    def watch(model):
        begin = model.begin_classification

        def begin_and_look():
            begin()
            seen.append(copied(model.encoder))

        model.begin_classification = begin_and_look

    start = copied(begun(configured(f"modality={kind}"))[1].encoder)
    model, _, outcome = train(
        f"modality={kind}",
        f"training.phase_2.n_views={n_views}",
        "training.phase_2.max_epochs=3",
        watch=watch,
    )
    assert len(seen) == 1
    assert not same(start, seen[0])  # phase 1 did change it
    assert same(seen[0], copied(model.encoder))
    best = read_checkpoint(outcome.best).weights
    encoder = {k.removeprefix("encoder."): v for k, v in best.items() if k.startswith("encoder.")}
    assert same(seen[0], encoder)
    if kind == "image_contrastive":
        assert any("running_mean" in key for key in encoder)
    assert not any(key.startswith("projection") for key in best)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_never_reach_ntxent(begun, configured, table, kind, tmp_path):
    """With other labels, phase 1 gives the same bits; with a supervised loss it does not."""
    shuffled = list(table.labels)
    np.random.default_rng(0).shuffle(shuffled)
    other = replace(table, labels=tuple(shuffled))
    off = "training.diagnostics.enabled=false"

    def encoder(loss, labelled):
        config = configured(f"modality={kind}", f"loss={loss}", "phase=1", off)
        plan, model, context = begun(config, run=tmp_path / loss, samples=labelled)
        plan.regime.fit(model, context, plan.request)
        return copied(model.encoder)

    assert same(encoder("ntxent", table), encoder("ntxent", other))
    assert not same(encoder("supcon", table), encoder("supcon", other))


def test_ntxent_is_shown_no_labels(train, monkeypatch):
    shown = []
    contrast = NtXent.__call__

    def spy(self, seen, progress=0.0):
        shown.append((seen.labels, seen.logits))
        counts = torch.bincount(seen.instances)
        assert set(counts[counts > 0].tolist()) == {2}
        return contrast(self, seen, progress)

    monkeypatch.setattr(NtXent, "__call__", spy)
    train("modality=image_contrastive", "loss=ntxent", "phase=1")
    assert len(shown) > 4
    assert set(shown) == {(None, None)}


def test_cached_embeddings_give_what_running_the_encoder_gives(train, table):
    logits = []
    for n_views in ("1", "null"):
        _, context, outcome = train(
            "modality=image_contrastive",
            "training.phase_2.max_epochs=10",
            f"training.phase_2.n_views={n_views}",
            *OFF,
        )
        best = restore(read_checkpoint(outcome.best))
        logits.append(predict(best, table.rows("test"), context))
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-5, atol=1e-5)


def test_views_of_phase_2_are_encoded_once_each(train, table):
    calls = []

    def watch(model):
        model.encoder.register_forward_pre_hook(
            lambda _module, inputs: calls.append(len(inputs[0]["image"]))
        )

    train(
        "modality=image_contrastive",
        "training.phase_2.n_views=3",
        "training.phase_2.max_epochs=20",
        "training.diagnostics.enabled=false",
        "trainer.max_epochs=1",
        watch=watch,
    )
    samples = {split: len(table.rows(split)) for split in ("train", "val")}
    batches = len(range(0, samples["train"], 30)) + len(range(0, samples["val"], 30))
    assert sum(calls[batches:]) == 3 * samples["train"] + samples["val"]


def test_two_commands_give_what_one_gives(begun, configured, planned, train, table, tmp_path):
    kind = "modality=image_contrastive"
    both, _, outcome = train(kind, SHORT)
    file = outcome.best.parent / "phase_1/best.ckpt"
    run = tmp_path / "second"
    config = configured(kind, SHORT, "phase=2", f"phase_1_ckpt='{file}'")
    phase_1 = planned(config).read_phase_1(run, resumed=False)
    plan, model, context = begun(config, run=run, phase_1=phase_1)
    adopt_phase_1(phase_1, table, "demo", run)
    again = plan.regime.fit(model, context, plan.request)
    assert set(again.embeddings) == {"phase_2/before", "phase_2/after"}
    assert same(copied(both), copied(model))


def test_the_embeddings_are_those_of_both_phases(train, table):
    model, _, outcome = train("modality=text_contrastive", SHORT)
    names = ["phase_1/before", "phase_1/after", "phase_2/before", "phase_2/after"]
    assert sorted(outcome.embeddings) == sorted(names)
    before, after = (outcome.embeddings[f"phase_1/{when}"] for when in ("before", "after"))
    assert before.train.shape == (len(table.rows("train")), model.encoder.features)
    assert before.val.shape == (len(table.rows("val")), model.encoder.features)
    assert not np.allclose(before.val, after.val)
    assert outcome.embeddings["phase_2/after"].val.shape == (len(table.rows("val")), 3)


def test_a_fresh_start_forgets_an_older_phase_2(train, tmp_path):
    train("modality=image_contrastive", SHORT)
    assert (tmp_path / "checkpoints/last.ckpt").is_file()
    _, _, outcome = train("modality=image_contrastive", "phase=1")
    assert outcome.best is None
    assert not (tmp_path / "checkpoints/last.ckpt").exists()
    assert not (tmp_path / "checkpoints/best.ckpt").exists()


def test_anchors_without_pairs_are_counted_in_the_log(train, caplog):
    caplog.set_level(logging.INFO)
    train(
        "modality=text_contrastive",
        "training.phase_1.balanced=false",
        "training.phase_1.batch_size=4",
        "phase=1",
    )
    told = [text for text in caplog.messages if "without pairs in train" in text]
    assert len(told) == 2
    assert 0 < int(told[0].split("without pairs in train ")[1].split()[0].rstrip(",")) <= 120


def test_a_loss_that_is_no_number_is_told(train):
    def spoil(model):
        model.projection[0].weight.data.fill_(float("nan"))

    with pytest.raises(TrainingError, match="phase 1, the validation loss was no finite number"):
        train("modality=image_contrastive", watch=spoil)


@pytest.mark.parametrize(
    "loss", ["npair", "npair_tfa", "supcon", "ntxent", "triplet", "cross_entropy", "combined"]
)
def test_every_loss_trains(begun, configured, train, loss):
    overrides = ["modality=text_contrastive", f"loss={loss}", "phase=1", "trainer.max_epochs=1"]
    before = copied(begun(configured(*overrides))[1].encoder)
    model, _, _ = train(*overrides)
    after = copied(model.encoder)
    assert not same(before, after)
    assert all(torch.isfinite(value).all() for value in after.values())
