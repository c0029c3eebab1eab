"""Finding completed runs again, by what they left."""

from __future__ import annotations

import logging
import shutil

import pytest
import yaml

from lfx.runs.carry_out import carry_out
from lfx.runs.find import collect_runs, newest_of_each
from lfx.runs.status import RunStatus
from lfx.runtime.errors import DataError


@pytest.fixture
def leave_run(planned, configured, tmp_path):
    """Train, and leave a folder as the command does."""

    def leave(name, *overrides, state="completed", started="2026-01-01"):
        plan = planned(configured("modality=text", "trainer.max_epochs=1", *overrides))
        folder = tmp_path / "runs" / name
        carry_out(plan, folder, siblings=False)
        (folder / ".hydra").mkdir()
        (folder / ".hydra/config.yaml").write_text(yaml.safe_dump(dict(plan.settings)))
        RunStatus("train", state, started, overrides=list(overrides)).write(folder)
        return folder

    return leave


def test_completed_runs_are_found_with_what_tells_them_apart(leave_run, tmp_path, caplog):
    first = leave_run("a", started="2026-01-01")
    leave_run("b", "seed=1", started="2026-01-02")
    shutil.copytree(first, tmp_path / "runs/again")
    RunStatus("train", "completed", "2026-01-03").write(tmp_path / "runs/again")
    leave_run("killed", state="interrupted")
    shutil.copytree(first, tmp_path / "runs/damaged")
    (tmp_path / "runs/damaged/predictions.parquet").unlink()
    caplog.set_level(logging.WARNING)
    runs = collect_runs(tmp_path / "runs")
    assert [run.folder.name for run in runs] == ["a", "b", "again"]
    assert "predictions.parquet is not there" in caplog.text
    one, other, again = runs
    assert (one.stage, one.data, one.name, one.model) == ("train", "demo", "text", "tiny_text")
    assert (one.seed, other.seed, other.overrides) == (0, 1, ("seed=1",))
    assert one.settings == again.settings != other.settings
    assert one.kind == other.kind
    assert list(one.splits) == ["val", "test"]
    assert not one.leaky
    assert [run.folder.name for run in newest_of_each(runs)] == ["again", "b"]
    assert collect_runs(tmp_path / "runs", data="tweets") == []


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match=r"^runs=.*nowhere is not a folder; give the folder that"):
        collect_runs(tmp_path / "nowhere")
