"""One phase of training: what it keeps, when it ends, and what it tells."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import torch

from lfx.runs.checkpoints import read_checkpoint
from lfx.runtime.errors import TrainingError
from lfx.training.fit import Phase, Stop, fit
from lfx.training.loaders import classifier_loaders


@pytest.fixture
def ready(begun, configured):
    """A model of texts, its batches, and where it is trained."""
    _, model, context = begun(configured("modality=text"))
    return model, classifier_loaders(model, context), context


def test_the_best_checkpoint_is_kept_and_the_last_one(ready, caplog):
    model, loaders, context = ready
    caplog.set_level(logging.INFO)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    best = fit(model, loaders, Stop(2, 3, 0.0), context)
    assert best == context.run / "checkpoints/best.ckpt"
    last = read_checkpoint(context.run / "checkpoints/last.ckpt")
    assert last.progress is not None
    assert all(torch.equal(last.weights[key], one) for key, one in model.state_dict().items())
    assert any(not torch.equal(before[key], one) for key, one in model.state_dict().items())
    assert "2 epochs, least validation loss" in caplog.text


def test_a_phase_has_its_own_metrics_folder_and_title(ready, caplog):
    model, loaders, context = ready
    caplog.set_level(logging.INFO)
    log = model.log
    model.log = lambda name, *values, **options: log(f"own/{name}", *values, **options)
    best = fit(model, loaders, Stop(1, 3, 0.0), context, Phase(1, "own/", "first, "))
    assert best == context.run / "checkpoints/phase_1/best.ckpt"
    assert read_checkpoint(best).phase == 1
    assert "first, epoch 1/1: train loss" in caplog.text
    assert "first, 1 epoch, least validation loss" in caplog.text


def test_an_epoch_may_have_fewer_steps(ready):
    model, loaders, context = ready
    seen = []
    model.register_forward_pre_hook(lambda *_: seen.append(model.training))
    few = replace(context, compute=replace(context.compute, most_steps=1))
    fit(model, loaders, Stop(2, 3, 0.0), few)
    assert seen.count(True) == 2


def test_without_a_better_loss_training_stops_early(ready, caplog):
    model, loaders, context = ready
    caplog.set_level(logging.INFO)
    fit(model, loaders, Stop(9, 1, 100.0), context)
    assert "2 epochs, stopped early, least validation loss" in caplog.text


def test_a_loss_that_is_no_number_is_told(ready):
    model, loaders, context = ready
    model.head.weight.data.fill_(float("nan"))
    with pytest.raises(TrainingError, match="validation loss was no finite number after any epoch"):
        fit(model, loaders, Stop(1, 1, 0.0), context)
