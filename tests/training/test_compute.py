from __future__ import annotations

import warnings

import pytest
import torch

from lfx.runtime.errors import ConfigError, UserError
from lfx.training.compute import Compute, choose_precision, make_trainer, quietly
from lfx.training.fit import Stop
from lfx.training.trainer import TrainerSettings


def test_precision_follows_the_hardware():
    device = torch.device("cpu")
    assert choose_precision("fp32", device) == "fp32"
    assert choose_precision("bf16", device) == "bf16"
    assert choose_precision("auto", device) in {"fp32", "bf16"}
    assert choose_precision("auto", torch.device("mps")) == "fp32"


@pytest.mark.parametrize(("precision", "expected"), [("fp32", "32-true"), ("bf16", "bf16-mixed")])
def test_a_trainer_runs_where_and_how_it_is_told(tmp_path, precision, expected):
    compute = Compute(torch.device("cpu"), precision, 8)
    trainer = make_trainer(compute, tmp_path, logger=False, callbacks=[], max_epochs=3)
    assert trainer.precision == expected
    assert trainer.strategy.root_device == torch.device("cpu")
    assert trainer.max_epochs == 3
    assert trainer.checkpoint_callbacks == []
    assert trainer.default_root_dir == str(tmp_path)


def test_quiet_is_what_was_decided_and_nothing_else():
    quietly(warnings.warn, "the loader does not have many workers which may be slow", stacklevel=1)
    with pytest.warns(UserWarning, match="something else"):
        quietly(warnings.warn, "something else", stacklevel=1)


def test_settings_become_a_device_and_an_end():
    settings = TrainerSettings(
        device="cpu", precision="bf16", batch_size=5, workers=2, limit_train_batches=7, max_epochs=4
    )
    compute = settings.compute()
    assert (compute.device.type, compute.precision) == ("cpu", "bf16")
    assert (compute.batch_size, compute.workers, compute.most_steps) == (5, 2, 7)
    assert settings.stop(0.5) == Stop(4, 3, 1e-4, 0.5)


def test_threads_are_set_where_they_are_given():
    threads = torch.get_num_threads()
    try:
        TrainerSettings(device="cpu", threads=threads + 1).compute()
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_epochs": 0}, "max_epochs must be at least 1, got 0"),
        ({"precision": "fp16"}, "precision: allowed are auto, fp32, bf16; got 'fp16'"),
        ({"workers": -1}, "workers must be at least 0 and at most 256, got -1"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"batch_size": 2.5}, "batch_size must be an integer, got 2.5"),
    ],
)
def test_what_is_no_setting_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        TrainerSettings(**settings)


def test_a_device_that_is_not_there_is_told():
    with pytest.raises(UserError, match=r"trainer\.device"):
        TrainerSettings(device="tpu").compute()
