"""A study from its first step to its table, killed on the way and carried on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from running import environment, fail, succeed

from lfx.artifacts.parquet import read_predictions
from lfx.runs.status import read_status

if TYPE_CHECKING:
    from pathlib import Path

SHORT = ["data.source.pairs=200", "arguments.train.trainer.max_epochs=2"]
SHORT += ["arguments.train.trainer.progress=false"]
STUDY = ["study=demo", "leave_out=[detection_rate]", *SHORT]


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lfx.study", *arguments]
    with (folder / "log.txt").open("w") as log:
        return subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT
        )


def wait_for(condition, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.slow
def test_a_study_ends_in_its_table_and_is_carried_on_after_a_kill(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    output = succeed(whole, "study", *STUDY)
    assert "step 1 of 5, image, seed 0: python -m lfx.train modality=image" in output
    assert "step 5 of 5, report: " in output
    assert (whole / "outputs/studies/demo/report/seeds.csv").is_file()

    # Once by a signal that the study hears, once by one that nobody hears.
    for number, step in ((signal.SIGTERM, "image"), (signal.SIGKILL, "text")):
        process = start(killed, *STUDY)
        folder = killed / f"outputs/studies/demo/seed_0/{step}"
        wait_for(lambda at=folder: (at / "checkpoints/last.ckpt").is_file())
        process.send_signal(number)
        status = process.wait(timeout=60)
        assert status == (143 if number == signal.SIGTERM else -signal.SIGKILL)
        wait_for(lambda at=folder: not read_status(at).is_alive())
    output = succeed(killed, "study", *STUDY)
    assert " of 5 steps are done" in output
    for name in ("image", "text", "mean", "minimizing_loss"):
        one, two = (
            read_predictions(at / f"outputs/studies/demo/seed_0/{name}/predictions.parquet")
            for at in (whole, killed)
        )
        assert np.array_equal(one.logits, two.logits)
    output = succeed(killed, "study", *STUDY)
    assert "4 of 5 steps are done" in output
    assert "step 1 of 1, report: " in output


def test_a_failed_step_ends_the_study_with_its_message(tmp_path: Path) -> None:
    message = fail(tmp_path, "study", "study=demo", *SHORT, "arguments.image.encoder=tiny_text")
    assert "encoder=tiny_text reads text, but" in message
    assert "error: image, seed 0 ended with status 2" in message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("leave_out=[smell]", "leave_out: there is no step smell; there are image, text, mean"),
        ("arguments.smell.a=1", "arguments.smell: there is no such command or step"),
        ("arguments.image=3", "arguments.image takes settings: arguments.image.KEY=VALUE; got 3"),
        ("seeds=[]", "seeds: at least one is needed"),
        ("seeds=[1,1]", "seeds: each once, got 1, 1"),
        (
            "study.steps.image.command=smell",
            "study.steps.image.command: allowed are augment",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_told(tmp_path: Path, given: str, message: str) -> None:
    assert message in fail(tmp_path, "study", given)
