"""The folders of a cross-validation: what is done, what is carried on, and what is forgotten."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lfx.runs.crossvalidation import (
    FoldRecord,
    FoldState,
    carry_on,
    fold_folder,
    forget,
    note_done,
    require_same_folds,
)
from lfx.runs.status import RunStatus, read_status
from lfx.runtime.errors import CheckpointError, NothingToResumeError

RECORD = FoldRecord("hash", "data", "folds", None, {"text": "content"})
SETTINGS = {"seed": 0}


@pytest.fixture
def leave_folds(leave_unfinished):
    """Leave an interrupted cross-validation: fold 0 is done, fold 1 has begun, fold 2 has not."""

    def leave(run, record=RECORD, settings=SETTINGS, started="1"):
        done = leave_unfinished(fold_folder(run, 0), started, settings)
        (done / "predictions.parquet").write_bytes(b"rows")
        (done / "csv").mkdir()
        (done / "csv/metrics.csv").write_text("epoch")
        note_done(done, record)
        leave_unfinished(fold_folder(run, 1), started, settings)
        RunStatus("train", state="interrupted", started=started).write(run)
        return run

    return leave


def carried(run, folds=(0, 1, 2), settings=SETTINGS, config_hash="hash", *, siblings=True):
    return carry_on(run, folds, settings, config_hash, siblings=siblings)


def test_a_run_goes_on_in_its_own_folder(leave_folds, tmp_path):
    run = leave_folds(tmp_path / "run")
    states = carried(run, siblings=False)
    assert states[0] == FoldState(record=RECORD)
    assert states[1].record is None
    assert states[1].resume is not None
    assert states[1].resume.file == run / "fold_1/checkpoints/last.ckpt"
    assert states[2] == FoldState()
    assert read_status(run).resumed_by is None


def test_another_run_is_brought_over_and_knows_its_heir(leave_folds, tmp_path):
    origin, run = leave_folds(tmp_path / "origin"), tmp_path / "run"
    secret = tmp_path / "secret"
    secret.write_text("of others")
    (origin / "fold_0/link").symlink_to(secret)
    states = carried(run)
    assert states[0].record == RECORD
    assert states[1].resume.file == run / "fold_1/checkpoints/last.ckpt"
    copied = {
        str(file.relative_to(run / "fold_0"))
        for file in (run / "fold_0").rglob("*")
        if file.is_file()
    }
    assert copied == {
        "checkpoints/last.ckpt",
        "csv/metrics.csv",
        "fold.json",
        "predictions.parquet",
        "status.json",
    }
    assert read_status(origin).resumed_by == str(run)
    with pytest.raises(NothingToResumeError, match=r"ckpt=last: there is no unfinished run with"):
        carried(tmp_path / "third")


def test_the_newest_run_with_these_settings_is_taken(leave_folds, tmp_path):
    leave_folds(tmp_path / "old", started="1")
    newest = leave_folds(tmp_path / "new", started="2")
    leave_folds(tmp_path / "other", replace(RECORD, config_hash="x"), {"seed": 1}, started="3")
    carried(tmp_path / "run")
    assert read_status(newest).resumed_by == str(tmp_path / "run")
    with pytest.raises(NothingToResumeError, match="there is no unfinished run with these"):
        carried(tmp_path / "alone", siblings=False)


def test_of_single_folds_the_wanted_one_is_looked_for(leave_folds, tmp_path):
    leave_folds(tmp_path / "run")
    states = carried(tmp_path / "one", folds=[1])
    assert list(states) == [1]
    with pytest.raises(NothingToResumeError, match="there is no unfinished run with these"):
        carried(tmp_path / "two", folds=[2])


def test_a_fold_of_other_settings_begins_anew(leave_folds, leave_unfinished, tmp_path):
    run = leave_folds(tmp_path / "run")
    leave_unfinished(fold_folder(run, 1), "1", {"seed": 9})
    assert carried(run)[1] == FoldState()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"config_hash": "hash"}', '"text"'])
def test_a_damaged_record_counts_as_none(leave_folds, tmp_path, content):
    run = leave_folds(tmp_path / "run")
    (run / "fold_0/fold.json").write_text(content)
    state = carried(run)[0]
    assert state.record is None
    assert state.resume is not None


def test_a_fold_is_forgotten_but_for_what_others_read(leave_folds, tmp_path):
    run = leave_folds(tmp_path / "run")
    forget(run / "fold_0")
    assert not (run / "fold_0/fold.json").exists()
    assert not (run / "fold_0/checkpoints").exists()
    assert (run / "fold_0/predictions.parquet").is_file()
    forget(run / "fold_0")
    forget(run / "fold_7")


def test_forgetting_follows_no_link(leave_folds, tmp_path):
    run, outside = leave_folds(tmp_path / "run"), tmp_path / "outside"
    (run / "fold_1/checkpoints").rename(outside)
    (run / "fold_1/checkpoints").symlink_to(outside)
    with pytest.raises(CheckpointError, match="is a link to"):
        forget(run / "fold_1")
    assert (outside / "last.ckpt").is_file()


def test_a_record_says_what_a_fold_was_trained_with(tmp_path):
    note_done(tmp_path, RECORD)
    assert FoldRecord(**json.loads((tmp_path / "fold.json").read_text())) == RECORD
    require_same_folds(FoldState(RECORD), RECORD)
    require_same_folds(FoldState(), RECORD)
    for key in ("config_hash", "data_fingerprint", "split_fingerprint", "paraphrases"):
        with pytest.raises(CheckpointError, match="have changed since the first folds"):
            require_same_folds(FoldState(replace(RECORD, **{key: "other"})), RECORD)
