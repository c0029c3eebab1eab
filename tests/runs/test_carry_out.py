"""Whole runs on little data: what they leave, and that carrying one on gives the same bits."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from lfx.artifacts.parquet import read_predictions
from lfx.runs.carry_out import carry_out, folds_of
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.keep import KeepCheckpoints
from lfx.runs.plan import Trained
from lfx.runs.restore import restore
from lfx.runs.status import RunStatus
from lfx.runtime.errors import CheckpointError, ConfigError
from lfx.training.predict import predict

TEXT = ("modality=text", "trainer.max_epochs=3", "data.split=random")
FOLDS = ("modality=text", "trainer.max_epochs=1", "data.split=random", "data.folds=3")
SGD = """
from dataclasses import dataclass
import torch
from lfx.models.optimization import Optimizer

@dataclass(frozen=True, kw_only=True)
class Sgd(Optimizer):
    momentum: float = 0.9

    def build(self, groups):
        return torch.optim.SGD(groups, lr=self.learning_rate, momentum=self.momentum)
"""


@pytest.fixture
def train(planned, configured, tmp_path):
    """Carry a run out in a folder of its own; its artifact is published beside it."""

    def run_in(name, *overrides, siblings=False, plan=None):
        folder = tmp_path / name
        if plan is None:
            plan = planned(configured(*overrides, f"artifacts.dir='{tmp_path}/published'"), folder)
        return carry_out(plan, folder, siblings=siblings)

    return run_in


class KilledError(Exception):
    """Stands for a signal."""


@contextmanager
def killed_after(epochs):
    """Interrupt training at the end of an epoch, once its checkpoint is written."""
    keep, left = KeepCheckpoints.on_train_epoch_end, [epochs]

    def keep_and_stop(self, trainer, module):
        keep(self, trainer, module)
        left[0] -= 1
        if left[0] == 0:
            raise KilledError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeepCheckpoints, "on_train_epoch_end", keep_and_stop)
        with pytest.raises(KilledError, match="killed"):
            yield


def test_a_run_leaves_checkpoints_predictions_and_metrics(train, tmp_path):
    trained = train("run", *TEXT)
    assert isinstance(trained, Trained)
    run = tmp_path / "run"
    best, last = (read_checkpoint(run / f"checkpoints/{name}.ckpt") for name in ("best", "last"))
    assert trained.outcome.best == best.file
    assert (best.progress, last.progress is None) == (None, False)
    assert best.encoder.target.endswith("TransformersEncoder")
    assert best.head.settings["dropout"] == 0.3
    assert best.provenance.settings["trainer"]["max_epochs"] == 3
    predictions = read_predictions(run / "predictions.parquet")
    assert set(predictions.split) == {"val", "test"}
    assert predictions.metadata.modality == predictions.metadata.name == "text"
    assert predictions.metadata.config_hash == best.provenance.config_hash
    assert json.loads((run / "metrics.json").read_text()) == trained.metrics
    published = tmp_path / "published/text.parquet"
    assert published.read_bytes() == (run / "predictions.parquet").read_bytes()
    table = trained.context.table
    rows = [*table.rows("val"), *table.rows("test")]
    np.testing.assert_array_equal(predict(restore(best), rows, trained.context), predictions.logits)
    assert list(predictions.sample_id) == [table.ids[row] for row in rows]


@pytest.mark.parametrize("own", [False, True], ids=["adamw", "an optimizer of one's own"])
def test_a_run_that_was_killed_and_carried_on_gives_the_same_bits(
    train, monkeypatch, tmp_path, own
):
    settings = TEXT
    if own:
        (tmp_path / "steps_of_mine.py").write_text(SGD, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        settings = (*TEXT, "training.optimizer._target_=steps_of_mine.Sgd")
    whole = train("whole", *settings)
    with killed_after(2):
        train("killed", *settings)
    RunStatus("train", state="interrupted").write(tmp_path / "killed")
    optimizer = read_checkpoint(tmp_path / "killed/checkpoints/last.ckpt").progress
    statistics = {"momentum_buffer"} if own else {"step", "exp_avg", "exp_avg_sq"}
    assert set(optimizer["optimizer_states"][0]["state"][0]) == statistics
    resumed = train("again", *settings, "ckpt=last", siblings=True)
    np.testing.assert_array_equal(resumed.predictions.logits, whole.predictions.logits)
    weights = [read_checkpoint(one.outcome.best).weights for one in (resumed, whole)]
    assert all(torch.equal(weights[0][key], value) for key, value in weights[1].items())
    assert (tmp_path / "again/checkpoints/last.ckpt").is_file()


def test_auto_begins_where_there_is_nothing_to_carry_on(train, caplog):
    caplog.set_level(logging.INFO)
    short = ("modality=text", "trainer.max_epochs=1")
    with pytest.raises(CheckpointError, match="there is no unfinished run in"):
        train("run", *short, "ckpt=last", siblings=True)
    train("run", *short, "ckpt=auto", siblings=True)
    assert "ckpt=auto: no unfinished run of this kind" in caplog.text


def test_auto_begins_anew_where_the_data_have_changed(train, planned, configured, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    train("run", "modality=text", "trainer.max_epochs=1", "name=a")
    plan = planned(configured("modality=text", "trainer.max_epochs=1", "name=a", "ckpt=auto"))
    changed = replace(plan, dataset=replace(plan.dataset, split_seed=1))
    resumed = train("run", plan=changed)
    assert "ckpt=auto: the data, or their paraphrases, have changed" in caplog.text
    first = read_checkpoint(tmp_path / "run/checkpoints/last.ckpt").provenance
    assert first.split_fingerprint == resumed.context.table.split_fingerprint()
    with pytest.raises(CheckpointError, match="was trained on other split: the files have changed"):
        train("run", plan=replace(plan, ckpt="last"))


def test_parts_that_do_not_belong_together_stop_before_any_work(planned, configured, tmp_path):
    plan = planned(configured("modality=image", "encoder=tiny_text"))
    broken = replace(plan, dataset=None)  # it is not even read
    with pytest.raises(ConfigError, match="encoder=tiny_text reads text, but modality=image needs"):
        carry_out(broken, tmp_path, siblings=False)


def test_phase_1_alone_leaves_no_predictions(train, tmp_path):
    trained = train("run", "modality=text_contrastive", "phase=1", "trainer.max_epochs=1")
    assert (trained.predictions, trained.metrics, trained.outcome.best) == (None, {}, None)
    run = tmp_path / "run"
    assert not (run / "predictions.parquet").exists()
    assert read_checkpoint(run / "checkpoints/phase_1/best.ckpt").phase == 1


def test_a_cross_validation_predicts_every_sample_unseen(train, configured, planned, tmp_path):
    trained = train("run", *FOLDS)
    assert sorted(trained.parts) == folds_of(planned(configured(*FOLDS))) == [0, 1, 2]
    merged = read_predictions(tmp_path / "run/predictions.parquet")
    unseen = merged.sample_id[merged.split == "oof"]
    table = trained.table
    wanted = [table.ids[row] for split in ("train", "val") for row in table.rows(split)]
    assert sorted(unseen) == sorted(wanted)
    assert set(merged.fold) == {0, 1, 2}
    published = read_predictions(tmp_path / "published/text.parquet")
    np.testing.assert_array_equal(published.logits, merged.logits)


def test_folds_are_carried_on_one_by_one(train, tmp_path, caplog):
    whole = train("whole", *FOLDS)
    # One epoch a fold: the second one has its checkpoint, and has not predicted.
    with killed_after(2):
        train("run", *FOLDS)
    run = tmp_path / "run"
    assert (run / "fold_0/fold.json").is_file()
    assert not (run / "fold_1/fold.json").exists()
    before = (run / "fold_0/checkpoints/last.ckpt").stat().st_mtime_ns
    caplog.set_level(logging.INFO)
    again = train("run", *FOLDS, "ckpt=last")
    assert (run / "fold_0/checkpoints/last.ckpt").stat().st_mtime_ns == before
    assert "fold 0: trained in" in caplog.text
    assert f"resuming from {run / 'fold_1/checkpoints/last.ckpt'}" in caplog.text
    for fold, part in whole.parts.items():
        np.testing.assert_array_equal(again.parts[fold].logits, part.logits)


def test_the_last_of_single_folds_publishes_them_all(train, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    published = tmp_path / "published/text.parquet"
    for fold in (2, 0, 1):
        assert not published.exists()
        trained = train(f"run_{fold}", *FOLDS, f"data.fold={fold}")
        assert list(trained.parts) == [fold]
    assert "folds that are not there yet: 0, 1; the last one publishes all" in caplog.text
    assert set(read_predictions(published).fold) == {0, 1, 2}
