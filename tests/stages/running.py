"""Run stages as users do: by `python -m` in a folder of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from preloaded import Run, Started, run_module

Stage = Callable[..., subprocess.CompletedProcess[str]]

# Small enough for a test, large enough that each split has every class.
SMALL = ["data.source.pairs=200", "trainer.max_epochs=2", "trainer.progress=false"]
_LONGEST = 300.0  # seconds


def environment() -> dict[str, str]:
    """One thread: tiny models are no faster with two, and tests may run beside each other."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WANDB")}
    return clean | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def run_stage(folder: Path, stage: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a stage in a folder to its end, in a process of its own that shares its imports."""
    if sys.platform != "linux":
        return run_fresh(folder, stage, *arguments)
    return run_module(Run(folder, f"lfx.{stage}", arguments, environment()), _LONGEST)


def run_fresh(folder: Path, stage: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a stage in a folder to its end, in an interpreter of its own.

    There are things that only this shows, such as what depends on the order of sets.
    """
    return subprocess.run(
        [sys.executable, "-m", f"lfx.{stage}", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )


def succeed(folder: Path, stage: str, *arguments: str, fresh: bool = False) -> str:
    """Run a stage that has to succeed; give what it printed."""
    done = (run_fresh if fresh else run_stage)(folder, stage, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fail(folder: Path, stage: str, *arguments: str) -> str:
    """Run a stage that has to end as a user's mistake does; give its message."""
    done = run_stage(folder, stage, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "error: " in done.stderr
    return done.stderr


def interrupt(
    folder: Path, number: signal.Signals, epochs: int, *arguments: str, line: str = "epoch "
) -> int:
    """Start training, send a signal after some lines that begin so, and give the exit status."""
    log = folder / "interrupted.txt"
    # Where the tests run in the background, Ctrl-C is ignored, and children inherit that.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "lfx.train", *arguments],
            cwd=folder,
            env=environment() | {"PYTHONFAULTHANDLER": "1"},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        signal.signal(signal.SIGINT, handler)
        end = time.monotonic() + 240
        while log.read_text().count(f"\n{line}") < epochs and time.monotonic() < end:
            if process.poll() is not None:
                break
            time.sleep(0.02)
        process.send_signal(number)
        code = process.wait(timeout=60)
        print(log.read_text())  # noqa: T201, pytest shows it where the status is another
        return code


def terminate(folder: Path, line: str, stage: str, *arguments: str) -> int:
    """Start a stage that shares its imports, end it after a line that begins so; give its status.

    An interpreter of its own takes longer; `interrupt` has one, for what signals do to that.
    """
    files = (folder / "terminated.txt", folder / "terminated_errors.txt")
    started = Started(Run(folder, f"lfx.{stage}", arguments, environment()), files)
    end = time.monotonic() + 240
    while started.wait(0.02) is None and time.monotonic() < end:
        if files[0].is_file() and f"\n{line}" in files[0].read_text():
            started.signal(signal.SIGTERM)
            break
    status = started.wait(60)
    started.end()
    print(*(file.read_text() for file in files))  # noqa: T201
    return -signal.SIGKILL if status is None else status


@dataclass(frozen=True)
class Trained:
    """A folder in which both demo members have been trained."""

    folder: Path
    image: Path
    text: Path
    text_output: str
