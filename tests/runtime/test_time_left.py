"""The time left, and the bar in a real terminal of 80 columns."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal import Screen, run_in_terminal

from lfx.runtime import progress
from lfx.runtime.progress import Steps, seconds_left, within

ROOT = Path(__file__).parents[2]
PROGRAM = """
import logging, sys, time
from lfx.runtime import progress
from lfx.runtime.progress import Steps, within, track
progress._DELAY = 0.0
progress._INTERVAL = 0.0
logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
with within(Steps("train", 1)), within(Steps("epoch", 3, is_most=True)) as epochs:
    for number in range(3):
        with within(Steps("batch", 4)) as batches:
            for _ in range(4):
                time.sleep(0.01)
                batches.advance()
                if number == 1:
                    print("half a ", end="")
                    batches.advance(0)
                    print("line")
        logging.info("epoch %d: %s", number, "x" * 100)
        epochs.advance()
for _ in track(range(3), "reading " + "files " * 30, 3):
    time.sleep(0.01)
print("done")
"""
EXPECTED = [
    *("epoch 0: " + "x" * 100, "half a line", "half a line", "half a line", "half a line"),
    *("epoch 1: " + "x" * 100, "epoch 2: " + "x" * 100, "done"),
]


@given(totals=st.lists(st.integers(1, 5), min_size=1, max_size=3), each=st.floats(0.01, 100))
def test_the_time_left_is_exact_where_steps_take_equally_long(totals, each) -> None:
    clock = _Clock()
    whole = each * math.prod(totals)

    def work(inner: list[int]) -> None:
        with within(Steps("step", inner[0])) as steps:
            for _ in range(inner[0]):
                if inner[1:]:
                    work(inner[1:])
                else:
                    clock.now += each
                steps.advance()
                left = seconds_left(progress._open, clock.now)
                assert left == pytest.approx(whole - clock.now, abs=1e-6 * whole)

    with patch.object(progress, "time", clock):
        work(totals)


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now


def test_work_beside_the_steps_tells_nothing_of_them() -> None:
    folds, reading = Steps("fold", 5, began=0.0), Steps("files", 10, done=5, began=0.0)
    folds.advanced, reading.advanced = 0.0, 5.0
    assert seconds_left([folds, reading], 5.0) == pytest.approx(45.0)
    reading.is_all = False
    assert seconds_left([folds, reading], 5.0) is None


def test_steps_done_before_a_resumed_run_say_nothing_of_its_speed() -> None:
    epochs = Steps("epoch", 10, began=0.0)
    epochs.resume(8)
    epochs.advanced = 0.0
    assert seconds_left([epochs], 1.0) is None
    epochs.advance()
    epochs.advanced = 3.0
    assert seconds_left([epochs], 3.0) == pytest.approx(3.0)


def test_a_study_tells_its_steps_how_far_it_is(monkeypatch) -> None:
    for name, value in progress.as_environment(2, 5, 100.0).items():
        monkeypatch.setenv(name, value)
    with progress.within_study():
        (steps,) = progress._open
        assert (steps.done, steps.total, steps.began) == (2, 5, 100.0)
    assert progress._open == []


@pytest.mark.parametrize("text", ["", "1", "a b c", "1 2 3 4"])
def test_what_is_no_place_in_a_study_is_passed_over(monkeypatch, text: str) -> None:
    monkeypatch.setenv(progress._AROUND, text)
    with progress.within_study():
        assert progress._open == []


def test_a_phase_that_others_follow_promises_no_end_of_the_run(monkeypatch) -> None:
    shown = []
    monkeypatch.setattr(progress, "_DELAY", -1.0)
    monkeypatch.setattr(progress, "_INTERVAL", -1.0)
    monkeypatch.setattr(progress._bar, "is_possible", lambda: True)
    monkeypatch.setattr(progress._bar, "draw", lambda *line: shown.append(line))
    with within(Steps("train", 1)), within(Steps("epoch", 4, is_most=True, is_all=False)) as epochs:
        with within(Steps("batch", 2)) as batches:
            batches.advance()
        epochs.advance()
    assert len(shown) == 2
    for _, share, rest in shown:
        assert share is None
        assert rest.startswith("at most ")
        assert rest.endswith(" left of these")


def test_a_generator_that_is_left_leaves_nothing_open() -> None:
    for item in progress.track(range(9), "things", 9):
        if item == 2:
            break
    assert progress._open == []


def test_a_terminal_shows_one_line_below_whole_lines() -> None:
    output, status = run_in_terminal([sys.executable, "-c", PROGRAM], cwd=ROOT)
    assert status == 0, output
    screen = Screen(80)
    bars = set()
    for part in output.replace("\r\n", "\n").split("\r"):
        screen.feed("\r" + part)
        bars.add(screen.lines[-1].rstrip())
    assert screen.text() == EXPECTED
    assert all(len(bar) <= 80 for bar in bars)
    drawn = [bar for bar in bars if bar.startswith("train · epoch 2/3 · batch 3/4 ")]
    assert drawn
    assert all(bar.endswith(" left") and " at most 0:00" in bar for bar in drawn)
    assert any(bar.startswith("reading files files") and "…" in bar for bar in bars)


def test_a_pipe_gets_what_is_printed_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr == ""
    assert [line for line in done.stdout.splitlines() if not line.startswith("reading")] == EXPECTED


def test_output_in_a_file_has_no_bar_though_errors_are_in_a_terminal(tmp_path) -> None:
    file = tmp_path / "out.txt"
    shell = f'"{sys.executable}" -c "$PROGRAM" > "{file}"'
    os.environ["PROGRAM"] = PROGRAM
    try:
        output, status = run_in_terminal(["sh", "-c", shell], cwd=ROOT)
    finally:
        del os.environ["PROGRAM"]
    assert status == 0
    assert file.read_text().splitlines() == EXPECTED
    assert "batch 3/4" in output
