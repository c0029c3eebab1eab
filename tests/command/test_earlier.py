from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfx.command.earlier import SweepError, find_completed
from lfx.runs.status import FILE, RunStatus, read_status

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")


@pytest.fixture
def left(tmp_path):
    """Leave a status in a directory, and look for the completed job `lfx.fuse a=1 b=2`."""

    def leave(**status):
        own = {"stage": "fuse", "state": "completed", "overrides": ["a=1", "b=2"]}
        RunStatus(**(own | status)).write(tmp_path)
        return find_completed(tmp_path, "fuse", ["b=2", "a=1"])

    return leave


@pytest.fixture
def process():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.communicate(b"\n")


def test_what_completed_is_found(left, tmp_path):
    assert find_completed(tmp_path / "nothing", "fuse", []) is None
    assert left(objective=0.5).objective == 0.5
    (tmp_path / FILE).write_text("{")
    assert find_completed(tmp_path, "fuse", []) is None


@pytest.mark.parametrize("state", ["failed", "interrupted", "running"])
def test_what_has_not_completed_is_done_anew(left, state):
    assert left(state=state) is None
    assert left(state=state, overrides=["c=3"]) is None


def test_another_job_is_refused(left):
    with pytest.raises(SweepError, match=r"lfx\.fuse, not lfx\.fuse b=2 a=1; repeat"):
        left(overrides=[])
    with pytest.raises(SweepError, match=r"lfx\.train a=1 b=2, not lfx\.fuse"):
        left(stage="train")


def test_a_status_of_before_is_read(tmp_path):
    RunStatus("fuse", state="completed").write(tmp_path)
    text = (tmp_path / FILE).read_text()
    lines = [line for line in text.splitlines() if "settings" not in line and "obj" not in line]
    (tmp_path / FILE).write_text(
        "\n".join(lines).replace('"resumed_by": null,', '"resumed_by": null')
    )
    status = read_status(tmp_path)
    assert (status.settings, status.objective) == ("", None)


def test_a_running_job_is_refused(left, process, tmp_path):
    running = {"state": "running", "pid": process.pid, "host": platform.node()}
    with pytest.raises(SweepError, match=f"process {process.pid} of this machine") as caught:
        left(**running)
    assert str(caught.value).endswith(f"delete {tmp_path / FILE}")
    assert left(**running | {"host": "elsewhere"}) is None
    assert left(**running | {"pid": os.getpid()}) is None


@linux
def test_a_number_that_another_process_got_later_is_no_running_job(left, process):
    long_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    running = {"state": "running", "pid": process.pid, "host": platform.node()}
    assert left(**running, started=long_ago) is None
    assert RunStatus("fuse", started=long_ago, **running).is_abandoned()


@linux
def test_a_killed_process_that_nobody_has_waited_for_is_no_running_job(left):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    running = {"state": "running", "pid": process.pid, "host": platform.node()}
    with pytest.raises(SweepError, match="running a job"):
        left(**running)
    process.kill()
    end = time.monotonic() + 10
    while not RunStatus("fuse", **running).is_abandoned() and time.monotonic() < end:
        time.sleep(0.01)
    assert left(**running) is None
    process.communicate()
