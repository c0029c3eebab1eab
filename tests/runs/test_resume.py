"""Which run is carried on, with which settings and data."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from lfx.runs.checkpoint_file import write_content
from lfx.runs.resume import require_same_data, resume_from
from lfx.runs.status import RunStatus, read_status
from lfx.runtime.errors import CheckpointError, NothingToResumeError
from lfx.training.wandb_runs import keep_run_id, read_run_id


def test_resuming_needs_an_unfinished_run(tmp_path):
    (tmp_path / "runs/this").mkdir(parents=True)
    with pytest.raises(NothingToResumeError, match="there is no unfinished run in"):
        resume_from("last", tmp_path / "runs/this", {})
    (tmp_path / "runs/alive").mkdir()
    alive = RunStatus("train", started="2027", pid=os.getpid(), host=platform.node())
    alive.write(tmp_path / "runs/alive")
    with pytest.raises(NothingToResumeError, match="there is no unfinished run in"):
        resume_from("last", tmp_path / "runs/this", {})
    (tmp_path / "runs/killed").mkdir()
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    RunStatus("train", started="2026", pid=killed.pid).write(tmp_path / "runs/killed")
    assert resume_from("last", tmp_path / "runs/this", {}) is None


def test_the_newest_run_with_these_settings_is_carried_on_once(leave_unfinished, tmp_path):
    leave_unfinished(tmp_path / "old", "1", {"seed": 0})
    mine = leave_unfinished(tmp_path / "mine", "2", {"seed": 0})
    leave_unfinished(tmp_path / "other", "3", {"seed": 1})
    damaged = leave_unfinished(tmp_path / "damaged", "4", {"seed": 0})
    (damaged / "checkpoints/last.ckpt").write_bytes(b"PK")
    this = tmp_path / "this"
    resumed = resume_from("last", this, {"seed": 0})
    assert resumed is not None
    assert resumed.file == this / "checkpoints/last.ckpt"
    status = read_status(mine)
    assert status is not None
    assert status.resumed_by == str(this)
    status.write(this)
    again = tmp_path / "again"
    assert resume_from("last", again, {"seed": 0}) is not None
    old = read_status(tmp_path / "old")
    assert old is not None
    assert old.resumed_by == str(again)
    with pytest.raises(CheckpointError, match=r"(?s)other settings:.*seed: 1 there, 2 here"):
        resume_from("last", tmp_path / "none", {"seed": 2})


def test_what_carries_a_run_on_goes_on_with_its_run_of_wandb(leave_unfinished, tmp_path, caplog):
    mine = leave_unfinished(tmp_path / "mine", "1", {})
    keep_run_id(mine, "abcd1234")
    assert resume_from("last", tmp_path / "this", {}) is not None
    assert read_run_id(tmp_path / "this") == "abcd1234"
    for hostile in ('{"id": "../../up"}', '{"id": 7}', "[]", "{"):
        (mine / "wandb.json").write_text(hostile)
        caplog.clear()
        assert read_run_id(mine) is None
        assert f"{mine / 'wandb.json'} is passed over: it " in caplog.text


def test_in_a_multirun_other_jobs_are_not_carried_on(leave_unfinished, tmp_path):
    leave_unfinished(tmp_path / "0", "1", {"seed": 0})
    assert resume_from("last", tmp_path / "1", {"seed": 0}, siblings=False) is None
    own = resume_from("last", tmp_path / "0", {"seed": 0}, siblings=False)
    assert own is not None
    assert own.file == tmp_path / "0/checkpoints/last.ckpt"


def test_a_file_is_copied_into_the_runs_own_folder(leave_unfinished, tmp_path):
    other = leave_unfinished(tmp_path / "other/place", "1", {})
    (other / "checkpoints/best.ckpt").write_bytes(b"best")
    resumed = resume_from(str(other / "checkpoints/last.ckpt"), tmp_path / "run", {})
    assert resumed is not None
    assert resumed.file == tmp_path / "run/checkpoints/last.ckpt"
    for name in ("best.ckpt", "last.ckpt"):
        copied = tmp_path / "run/checkpoints" / name
        assert copied.read_bytes() == (other / "checkpoints" / name).read_bytes()
    with pytest.raises(CheckpointError, match=r"other settings:\n  seed: None there, 2 here"):
        resume_from(str(other / "checkpoints/last.ckpt"), tmp_path / "run", {"seed": 2})


def test_phase_1_is_carried_on_in_its_own_folder_and_phase_2_with_it(leave_unfinished, tmp_path):
    first = leave_unfinished(tmp_path / "first", "1", {"phase": 1}, phase=1)
    resumed = resume_from("last", tmp_path / "a", {"phase": 1})
    assert resumed is not None
    assert resumed.file == tmp_path / "a/checkpoints/phase_1/last.ckpt"
    leave_unfinished(first, "2", {"phase": 2}, phase=2)
    both = resume_from("last", tmp_path / "b", {"phase": 2})
    assert both is not None
    assert both.file == tmp_path / "b/checkpoints/last.ckpt"
    assert (tmp_path / "b/checkpoints/phase_1/last.ckpt").is_file()


def test_a_run_is_not_carried_on_with_other_data(leave_unfinished, tmp_path):
    leave_unfinished(tmp_path, "1", {})
    resumed = resume_from("last", tmp_path, {})
    assert resumed is not None
    same = {"data_fingerprint": "a", "split_fingerprint": "s", "paraphrases": None}
    require_same_data(resumed, same)
    with pytest.raises(CheckpointError, match="was trained on other data and other split"):
        require_same_data(resumed, same | {"data_fingerprint": "b", "split_fingerprint": "c"})
    with pytest.raises(CheckpointError, match="was trained on other paraphrases: the files have"):
        require_same_data(resumed, same | {"paraphrases": "p"})


def test_weights_alone_cannot_be_carried_on(make_classifier, content_of, tmp_path):
    write_content(tmp_path / "best.ckpt", content_of(make_classifier()))
    with pytest.raises(CheckpointError, match=r"holds weights only; .* its run's last\.ckpt"):
        resume_from(str(tmp_path / "best.ckpt"), tmp_path / "run", {})


def test_a_run_whose_checkpoints_lie_elsewhere_is_not_resumed(leave_unfinished, tmp_path):
    run = leave_unfinished(tmp_path / "run", "1", {})
    elsewhere = tmp_path / "elsewhere"
    (run / "checkpoints").rename(elsewhere)
    (run / "checkpoints").symlink_to(elsewhere)
    before = {file.name: file.read_bytes() for file in elsewhere.iterdir()}
    with pytest.raises(CheckpointError, match=r"is a link to .*elsewhere, outside"):
        resume_from("last", run, {})
    assert before == {file.name: file.read_bytes() for file in elsewhere.iterdir()}


def test_resuming_needs_the_best_checkpoint_too(interrupted):
    run, carry_on = interrupted
    (run / "checkpoints/best.ckpt").unlink()
    with pytest.raises(CheckpointError, match=r"together with best.ckpt of its run"):
        carry_on()
