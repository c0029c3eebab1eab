"""What training costs is measured, noted, and added up where a run carries on."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

from lfx.runs.checkpoints import RunCheckpoints, read_checkpoint
from lfx.runs.cost import Cost, parse_cost
from lfx.runs.epochs import Spent, note_epochs, read_epochs, read_seconds, read_training
from lfx.runs.meter import Meter
from lfx.runtime.memory import forget_peak, peak_memory

COST = Cost(seconds=2.5, memory=2**20, device_memory=None, parameters=10, trained=4)
START = {"name": "text", "config_hash": "t", "epochs": 3, "seconds": 40.0}


def test_a_meter_goes_on_from_what_was_spent_before():
    layers = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2, bias=False))
    layers[1].requires_grad_(False)
    cost = Meter(before=100.0).read(layers)
    assert 100 <= cost.seconds < 110
    assert (cost.parameters, cost.trained) == (12, 8)
    assert (cost.device_memory is None) is not torch.cuda.is_available()


def test_the_peak_of_memory_is_of_what_comes_after_it_is_forgotten():
    large = np.ones(30_000_000)  # 240 MB
    with_it = peak_memory()
    if with_it is None:
        pytest.skip("this system does not say")
    assert with_it >= large.nbytes
    del large
    forget_peak()
    assert peak_memory() <= with_it


def test_a_file_says_what_a_model_and_its_starts_have_cost(tmp_path):
    note_epochs(tmp_path, {"train": 5}, {"text": START}, COST)
    training = read_training(tmp_path)
    assert training.cost == COST
    assert training.starts == {("text", "t"): Spent(3, 40.0)}
    assert (read_epochs(tmp_path), read_seconds(tmp_path)) == (8, 42.5)


@pytest.mark.parametrize(
    "changed",
    [
        {"seconds": -1},
        {"seconds": "1"},
        {"parameters": None},
        {"trained": True},
        {"memory": -5},
        {"memory": 1.5},
    ],
    ids=str,
)
def test_nonsense_in_a_file_is_no_cost(tmp_path, changed):
    assert parse_cost(COST.plain() | changed) is None
    note_epochs(tmp_path, {"train": 5}, {"text": START | {"epochs": 3}}, COST)
    file = tmp_path / "training.json"
    content = json.loads(file.read_text())
    content["cost"] |= changed
    file.write_text(json.dumps(content))
    assert read_training(tmp_path).cost is None
    assert read_seconds(tmp_path) is None


def test_an_older_run_has_epochs_and_no_cost(tmp_path):
    (tmp_path / "training.json").write_text('{"epochs": {"train": 2}, "epochs_in_all": 2}')
    assert (read_epochs(tmp_path), read_seconds(tmp_path)) == (2, None)
    assert read_training(tmp_path / "elsewhere") is None


def test_a_run_that_carries_on_adds_to_the_seconds_of_its_checkpoint(interrupted):
    run, carry_on = interrupted
    before = read_checkpoint(run / "checkpoints/last.ckpt").seconds
    assert before > 0
    carry_on(epochs=2)
    after = read_checkpoint(run / "checkpoints/last.ckpt").seconds
    assert after > before
    resumed = read_checkpoint(run / "checkpoints/last.ckpt")
    assert RunCheckpoints(run, {}, resumed).meter.seconds() >= after
