"""Runs without Lightning: killed and carried on, cross-validated, applied to other data."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from lfx.artifacts.parquet import read_predictions
from lfx.modalities.text.ngrams import NgramsEncoder
from lfx.runs.apply import apply_checkpoint
from lfx.runs.carry_out import carry_out
from lfx.runs.checkpoint_file import read_content, write_content
from lfx.runs.checkpoints import RunCheckpoints, read_checkpoint
from lfx.runs.own_classes import OWN_CLASSES
from lfx.runs.restore import restore
from lfx.runs.status import RunStatus
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import is_plain

NGRAMS = ("modality=text", "encoder=ngrams", "data.split=random", "training.Cs=[0.1,1,10]")


@pytest.fixture
def train(planned, configured, tmp_path):
    """Carry a run out in a folder of its own; its artifact is published beside it."""

    def run_in(name, *overrides, siblings=False):
        folder = tmp_path / name
        settings = (*NGRAMS, f"artifacts.dir='{tmp_path}/published'", *overrides)
        return carry_out(planned(configured(*settings), folder), folder, siblings=siblings)

    return run_in


class KilledError(Exception):
    """Stands for a signal."""


@contextmanager
def killed_after(candidates):
    """Interrupt training once the checkpoint of some candidates is written."""
    write, left = RunCheckpoints.write, [candidates]

    def write_and_stop(self, *arguments, **options):
        write(self, *arguments, **options)
        left[0] -= 1
        if left[0] == 0:
            raise KilledError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunCheckpoints, "write", write_and_stop)
        with pytest.raises(KilledError, match="killed"):
            yield


def tried(caplog):
    return [line.split(":")[0] for line in caplog.messages if line.startswith("C=")]


def test_a_run_leaves_what_any_run_leaves(train, tmp_path):
    trained = train("run")
    run = tmp_path / "run"
    assert trained.outcome.best == run / "checkpoints/best.ckpt"
    predictions = read_predictions(run / "predictions.parquet")
    assert set(predictions.split) == {"val", "test"}
    published = tmp_path / "published/text_classical.parquet"
    assert published.read_bytes() == (run / "predictions.parquet").read_bytes()
    assert trained.metrics["val"]["accuracy"] > 0.6
    best = read_checkpoint(trained.outcome.best)
    assert set(best.weights) == {"encoder.idf", "head.weight", "head.bias"}
    assert all(name in OWN_CLASSES for part in best.parts.values() for name in part.classes())


@pytest.mark.parametrize("candidates", [1, 2])
def test_killed_and_carried_on_it_gives_the_same_bits(train, tmp_path, caplog, candidates):
    whole = train("whole")
    with killed_after(candidates):
        train("killed")
    RunStatus("train", state="interrupted").write(tmp_path / "killed")
    caplog.set_level(logging.INFO)
    caplog.clear()
    resumed = train("again", "ckpt=last", siblings=True)
    assert tried(caplog) == ["C=0.1", "C=1", "C=10"][candidates:]
    np.testing.assert_array_equal(resumed.predictions.logits, whole.predictions.logits)
    weights = [read_checkpoint(one.outcome.best).weights for one in (resumed, whole)]
    assert all(torch.equal(weights[0][key], value) for key, value in weights[1].items())


@pytest.mark.parametrize("asked", ["last", "auto"])
def test_of_a_finished_run_nothing_is_fitted_again(train, tmp_path, caplog, asked):
    first = train("run")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "run/checkpoints").iterdir()}
    caplog.set_level(logging.INFO)
    caplog.clear()
    again = train("run", f"ckpt={asked}")
    assert tried(caplog) == []
    assert any(line.startswith("best: C=") for line in caplog.messages)
    assert before == {file: file.stat().st_mtime_ns for file in before}
    np.testing.assert_array_equal(again.predictions.logits, first.predictions.logits)
    with pytest.raises(CheckpointError, match=r"trained with other settings:(.|\n)*max_iter: 1000"):
        train("run", f"ckpt={tmp_path}/run/checkpoints/last.ckpt", "training.max_iter=7")


def test_auto_begins_where_there_is_nothing(train, caplog):
    caplog.set_level(logging.INFO)
    train("run", "ckpt=auto", siblings=True)
    assert tried(caplog) == ["C=0.1", "C=1", "C=10"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("candidate_losses", []),
        ("candidate_losses", [0.5] * 4),
        ("candidate_losses", [-1.0]),
        ("candidate_losses", [float("nan")]),
        ("candidate_losses", ["0.5"]),
        ("candidate_losses", {"a": 1}),
        ("candidate_losses", None),
        ("state_dict|head.bias", torch.zeros(4)),
    ],
)
def test_a_strangers_progress_is_refused(train, put, tmp_path, key, value):
    train("run")
    file = tmp_path / "run/checkpoints/last.ckpt"
    content = read_content(file)
    put(content, key, value)
    write_content(file, content)
    with pytest.raises(CheckpointError, match=r"(?s)last\.ckpt cannot be resumed from:.*allowed: "):
        train("run", "ckpt=last")


def test_the_best_checkpoint_has_to_fit_too(train, tmp_path):
    train("run")
    best = tmp_path / "run/checkpoints/best.ckpt"
    content = read_content(best)
    content["state_dict"]["head.bias"] = torch.zeros(4)
    write_content(best, content)
    with pytest.raises(CheckpointError, match=r"head.bias is float32 \(4,\), allowed: float32"):
        train("run", "ckpt=last")
    best.unlink()
    with pytest.raises(CheckpointError, match=r"together with best\.ckpt of its run"):
        train("run", "ckpt=last")


def test_folds_are_trained_and_carried_on(train, tmp_path, caplog):
    whole = train("whole", "data.folds=3")
    merged = read_predictions(tmp_path / "whole/predictions.parquet")
    assert set(merged.fold) == {0, 1, 2}
    with killed_after(4):  # in the second fold, after its first candidate
        train("run", "data.folds=3")
    caplog.set_level(logging.INFO)
    caplog.clear()
    again = train("run", "data.folds=3", "ckpt=last")
    assert "fold 0: trained in" in caplog.text
    assert tried(caplog) == ["C=1", "C=10", "C=0.1", "C=1", "C=10"]
    for fold, part in whole.parts.items():
        np.testing.assert_array_equal(again.parts[fold].logits, part.logits)


def test_a_model_predicts_other_data(train, planned, configured, tmp_path):
    trained = train("run")
    checkpoint, compute = read_checkpoint(trained.outcome.best), trained.context.compute
    dataset = planned(configured(*NGRAMS)).dataset
    predictions = apply_checkpoint(checkpoint, dataset, compute, tmp_path / "new")
    known = dict(zip(predictions.sample_id, predictions.logits, strict=True))
    assert len(known) == len(trained.context.table)
    first = trained.predictions
    for name, logits in zip(first.sample_id, first.logits, strict=True):
        np.testing.assert_allclose(known[name], logits, atol=1e-5)


class InPairs:
    """A source whose samples are in groups of two."""

    def __init__(self, source):
        self.source = source

    def read(self):
        reading = self.source.read()
        named = [replace(one, group=f"g{row // 2}") for row, one in enumerate(reading.samples)]
        return replace(reading, samples=tuple(named))


def test_a_group_stays_seen_where_its_training_samples_are_not_predicted(
    train, planned, configured, tmp_path
):
    trained = train("run")
    checkpoint, compute = read_checkpoint(trained.outcome.best), trained.context.compute
    dataset = planned(configured(*NGRAMS)).dataset
    dataset = replace(dataset, source=InPairs(dataset.source))
    fewer = replace(dataset, missing={"text": 1.0}, missing_splits=("train",))
    whole, rest = (
        apply_checkpoint(checkpoint, one, compute, tmp_path / "new") for one in (dataset, fewer)
    )
    assert "train" not in set(rest.split)
    expected = dict(zip(whole.sample_id, whole.seen.tolist(), strict=True))
    assert rest.seen.tolist() == [expected[name] for name in rest.sample_id]
    assert set(rest.seen) == {0, 1}


def test_of_other_data_it_is_unknown_what_was_seen(train, planned, configured, tmp_path):
    trained = train("run")
    checkpoint, compute = read_checkpoint(trained.outcome.best), trained.context.compute
    other = planned(configured(*NGRAMS, "data.source.pairs=120")).dataset
    assert set(apply_checkpoint(checkpoint, other, compute, tmp_path / "new").seen) == {-1}


def test_a_checkpoint_of_many_ngrams_is_read(tmp_path, make_classifier, content_of):
    texts = [" ".join(f"w{number}" for number in range(100_000))] * 2
    encoder = NgramsEncoder(char_ngrams=None, max_features=None).build(texts)
    assert encoder.features > 190_000
    model = make_classifier()
    model.encoder, model.head = encoder, torch.nn.Linear(encoder.features, 3)
    content = content_of(model, kind="text")
    content["lfx"]["encoder"]["class"] = "lfx.modalities.text.ngrams.NgramsEncoder"
    assert is_plain(content["lfx"])
    write_content(tmp_path / "large.ckpt", content)
    restored = restore(read_checkpoint(tmp_path / "large.ckpt"))
    assert restored.encoder.words.terms == list(encoder.words.terms)
