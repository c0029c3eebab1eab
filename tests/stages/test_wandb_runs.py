"""Offline runs of W&B, made for real and read back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from running import succeed, terminate
from wandb_file import read_runs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_job_that_is_carried_on_goes_on_with_its_run(tmp_path: Path) -> None:
    arguments = ["-m", "modality=text", "data.source.pairs=200", "trainer.max_epochs=4", "seed=0,1"]
    arguments += [
        "trainer.progress=false",
        "logger=wandb",
        "ckpt=auto",
        "hydra.sweep.dir=day/sweep",
    ]
    assert terminate(tmp_path, "epoch 2/4", "train", *arguments) == 143
    (begun,) = read_runs(tmp_path / "day/sweep/0")
    assert begun.exit_code == 1
    succeed(tmp_path, "train", *arguments)
    first, second = read_runs(tmp_path / "day/sweep/0")
    (other,) = read_runs(tmp_path / "day/sweep/1")
    assert first.run.run_id == begun.run.run_id == second.run.run_id != other.run.run_id
    assert second.exit_code == 0
    assert second.config["trainer"]["max_epochs"] == 4
    for seed, logged in enumerate((second, other)):
        assert logged.run.display_name == f"text tiny_text seed {seed} max_epochs=4"
        assert (logged.run.run_group, logged.run.job_type) == ("day/sweep", "train")
    # Epochs are logged once each, and what belongs to training beside them.
    epochs = [row["epoch"] for row in first.history + second.history if "train/loss" in row]
    assert epochs == [0, 1, 2, 3]
    rates = {
        row["trainer/global_step"]: row["train/learning_rate"]
        for row in first.history + second.history
        if "train/learning_rate" in row
    }
    assert sorted(rates) == [0, 5, 10, 15]
    assert [*rates.values()] == other.values("train/learning_rate")
    assert all(pace > 0 for pace in second.values("train/samples_per_second"))
    assert 0 <= second.summary["test/f1_macro"] <= 1
