"""What a run says of itself, whether it is at work, and which jobs a multirun has."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from lfx.runs.joblist import ListedJob, read_jobs, write_jobs
from lfx.runs.status import RunStatus, note_heir, now, read_status, require_status
from lfx.runtime.errors import RecordError


def ours(**changes):
    fields = {"pid": os.getpid(), "host": platform.node(), "started": now()}
    return RunStatus("train", **(fields | changes))


def test_a_status_comes_back_as_it_was_written(tmp_path):
    status = ours(overrides=["seed=1"], objective=0.5)
    status.write(tmp_path)
    assert read_status(tmp_path) == status
    status.end(tmp_path, "failed", "too little memory")
    found = read_status(tmp_path)
    assert (found.state, found.error) == ("failed", "too little memory")
    assert found.ended >= found.started
    note_heir(tmp_path, tmp_path / "heir")
    assert read_status(tmp_path).resumed_by == str(tmp_path / "heir")
    note_heir(tmp_path / "nowhere", tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_what_a_later_version_notes_is_passed_over(tmp_path):
    content = {"stage": "train", "state": "completed", "weather": "fine"}
    (tmp_path / "status.json").write_text(json.dumps(content))
    found = read_status(tmp_path)
    assert (found.stage, found.state) == ("train", "completed")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"stage": 1}',
        '{"stage": "train", "pid": true}',
        '{"stage": "a", "pid": "1"}',
        '{"stage": "a", "overrides": [1]}',
        '{"stage": "a", "state": null}',
    ],
)
def test_a_damaged_status_counts_as_none_and_is_told(tmp_path, caplog, content):
    (tmp_path / "status.json").write_text(content)
    assert read_status(tmp_path) is None
    assert "status.json is passed over: " in caplog.text
    with pytest.raises(RecordError, match=r"^it is (no status|not the JSON) of a run"):
        require_status(tmp_path)
    assert require_status(tmp_path / "nowhere") is None


def test_a_run_at_work_is_not_abandoned():
    assert ours().is_alive()
    assert not ours().is_abandoned()
    assert not ours(host="another").is_abandoned()  # nobody can tell from here
    assert not ours(host="another").is_alive()


@pytest.mark.parametrize(
    ("changes", "abandoned"),
    [
        ({"state": "completed"}, False),
        ({"state": "failed"}, True),
        ({"state": "interrupted", "host": "another"}, True),
        ({"state": "failed", "resumed_by": "heir"}, False),
        ({"pid": 0}, True),
        ({"pid": 2**40}, True),
        ({"pid": -1}, True),
    ],
)
def test_a_run_that_ended_early_is_abandoned(changes, abandoned):
    assert ours(**changes).is_abandoned() is abandoned
    assert not ours(**changes).is_alive()


def test_a_process_that_has_ended_or_is_a_later_one_does_not_count():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert ours(pid=ended.pid).is_abandoned()
    long_ago = (datetime.now(UTC) - timedelta(days=999)).isoformat()
    if sys.platform == "linux":  # where the age of a process can be read
        assert ours(started=long_ago).is_abandoned()


def test_jobs_come_back_with_their_folders(tmp_path):
    jobs = [ListedJob(0, tmp_path / "0", ("seed=0",)), ListedJob(1, tmp_path / "a b/1", ())]
    assert read_jobs(tmp_path) is None
    write_jobs(tmp_path, jobs)
    assert read_jobs(tmp_path) == jobs
    (tmp_path / "moved").mkdir()
    (tmp_path / "jobs.json").rename(tmp_path / "moved/jobs.json")
    assert read_jobs(tmp_path / "moved")[0].folder == tmp_path / "moved/0"


@pytest.mark.parametrize(
    "content", ["{", "{}", "[1]", '[{"folder": 1}]', '[{"folder": "a"}]', '[{"folder": "\\u0000"}]']
)
def test_a_damaged_list_counts_as_none_and_is_told(tmp_path, caplog, content):
    (tmp_path / "jobs.json").write_text(content)
    assert read_jobs(tmp_path) is None
    assert "jobs.json is passed over: " in caplog.text
