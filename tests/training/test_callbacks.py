"""Early stopping and the epoch log, in Lightning's own trainer with losses that are given."""

from __future__ import annotations

import logging
import re

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from lfx.training.callbacks import EpochLog, Stopping
from lfx.training.compute import Compute, make_trainer, quietly


class Losing(pl.LightningModule):
    """Logs a given validation loss in each epoch; its weights do not matter."""

    def __init__(self, losses, idle=0.0):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.losses, self.idle = losses, idle

    def training_step(self, batch, _index):
        loss = self.layer(batch["x"]).square().mean()
        self.log("train/loss", 2.0, on_step=False, on_epoch=True, batch_size=4)
        if self.idle:
            self.log("train/unpaired", self.idle, on_step=False, on_epoch=True, reduce_fx="sum")
        return loss

    def validation_step(self, _batch, _index):
        self.log("val/loss", self.losses[self.current_epoch], batch_size=4)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.fixture
def run(tmp_path):
    """Train with some callbacks; returns the number of epochs."""

    def train(losses, *callbacks, idle=0.0):
        rows = [{"x": torch.ones(1), "label": torch.tensor(0)} for _ in range(8)]
        loader = DataLoader(rows, batch_size=4)
        compute = Compute(torch.device("cpu"), "fp32", 4)
        trainer = make_trainer(
            compute, tmp_path, logger=False, callbacks=list(callbacks), max_epochs=len(losses)
        )
        quietly(trainer.fit, Losing(losses, idle), loader, loader)
        return trainer.current_epoch

    return train


def stopping(patience=2, min_delta=0.0):
    return Stopping("val/loss", min_delta=min_delta, patience=patience)


def test_training_ends_when_the_loss_no_longer_falls(run):
    stop = stopping()
    assert run([0.9, 0.8, 0.85, 0.81, 0.1], stop) == 4
    assert float(stop.best_score) == pytest.approx(0.8)
    assert run([0.9, 0.8, 0.7, 0.6, 0.5], stopping()) == 5


def test_a_fall_has_to_be_large_enough(run):
    assert run([0.9, 0.89, 0.88, 0.1], stopping(min_delta=0.05)) == 3


def test_a_run_that_had_stopped_stays_stopped(run):
    """Lightning's own trains one epoch more each time that a stopped run is resumed."""
    stopped = stopping()
    run([0.9, 0.95, 0.96, 0.1], stopped)
    again = stopping()
    again.load_state_dict(stopped.state_dict())
    assert run([0.1] * 4, again) == 0
    waiting = stopping()
    waiting.load_state_dict(stopped.state_dict() | {"wait_count": 1})
    assert run([0.95, 0.1], waiting) == 1


def lines(caplog):
    return [one.message for one in caplog.records if one.name == "lfx.training.callbacks"]


def test_each_epoch_has_a_line(run, caplog):
    caplog.set_level(logging.INFO)
    run([0.5, 0.25], EpochLog(title="phase 2, "))
    first, second = lines(caplog)
    assert re.fullmatch(
        r"phase 2, epoch 1/2: train loss 2\.0000, val loss 0\.5000 \(\d+\.\d s, \d+/s\)", first
    )
    assert second.startswith("phase 2, epoch 2/2: train loss 2.0000, val loss 0.2500 (")


def test_anchors_without_pairs_are_told_where_there_are_some(run, caplog):
    caplog.set_level(logging.INFO)
    run([0.5], EpochLog(), idle=3.0)
    (line,) = lines(caplog)
    assert "val loss 0.5000, anchors without pairs in train 6 (" in line


def test_fast_epochs_share_a_line_and_the_last_has_its_own(run, caplog):
    caplog.set_level(logging.INFO)
    run([0.5, 0.4, 0.3, 0.2], EpochLog(pause=3600.0))
    assert [line.split(":")[0] for line in lines(caplog)] == ["epoch 1/4", "epoch 4/4"]
