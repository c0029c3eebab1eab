"""Kills at random moments; what is carried on ends with the bits of a run that nobody killed."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.bits import Bits, bits_of, bits_of_file, bits_of_sweep, differences
from campaign.material import TEXT, Material
from campaign.sandbox import Sandbox, new_sandbox

if TYPE_CHECKING:
    import random

    from preloaded import Started


# What is demanded of each kind.
KILLS = 20
_PATIENCE = 120.0
# Another file system than the run's, so that no rename reaches from one to the other.
_ELSEWHERE = Path("/dev/shm")
_SMALL = ("data.source.pairs=200", "trainer.device=cpu", "logger=none")
_TEXT = (*TEXT[:2], *_SMALL, "trainer.progress=false", "trainer.patience=9")


@dataclass(frozen=True)
class Work:
    """Something that takes its time and can be carried on.

    Attributes:
        stage: the command.
        arguments: its command line.
        folder: the setting that says where it writes; None: nobody may choose.
        again: what carries it on.
        bits: what it has left.
        prepare: what it needs.
    """

    stage: str
    arguments: tuple[str, ...]
    folder: str | None
    again: tuple[str, ...]
    bits: Callable[[Path], Bits]
    prepare: Callable[[Path, Material], object] = field(default=lambda _work, _material: None)

    def command(self, folder: str) -> tuple[str, ...]:
        """Give the command line that writes into a folder."""
        return (
            self.arguments if self.folder is None else (*self.arguments, f"{self.folder}={folder}")
        )


def _put_members(work: Path, material: Material) -> None:
    material.put_trained(work)


_SCHEMES = "mean,max,product,weighted,minimizing_loss,detection_rate,grid,learned,stacking"
WORKS = {
    "train": Work(
        "train", (*_TEXT, "trainer.max_epochs=6"), "hydra.run.dir", ("ckpt=last",), bits_of
    ),
    "contrast": Work(
        "train",
        ("modality=text_contrastive", *_TEXT[1:], "trainer.max_epochs=4"),
        "hydra.run.dir",
        ("ckpt=last",),
        bits_of,
    ),
    "folds": Work(
        "train",
        (*_TEXT, "trainer.max_epochs=3", "data.folds=3"),
        "hydra.run.dir",
        ("ckpt=last",),
        bits_of,
    ),
    "sweep": Work(
        "fuse",
        ("-m", f"fusion={_SCHEMES}", "data=table", "data.name=plain", "device=cpu"),
        "hydra.sweep.dir",
        (),
        bits_of_sweep,
        _put_members,
    ),
    "augment": Work(
        "augment",
        ("data.source.pairs=200", "share=0.5", "batch_size=2"),
        None,
        (),
        lambda work: bits_of_file(work / "outputs/paraphrases/demo/fast_translate.jsonl"),
    ),
}


@dataclass(frozen=True)
class Killed:
    """What came of one kill, or of several of one run.

    Attributes:
        kind: of what was killed.
        how: moments, signals and where TMPDIR was.
        wrong: what is wrong with what it led to.
    """

    kind: str
    how: str
    wrong: list[str]


def whole_run(kind: str, material: Material) -> tuple[Bits, float]:
    """Give the bits of a run that nobody kills, and the seconds that it takes."""
    work, box = WORKS[kind], new_sandbox()
    try:
        work.prepare(box.work, material)
        begun = time.monotonic()
        done = box.start(work.stage, work.command("runs/whole"))
        status = done.wait(_PATIENCE)
        done.end()
        assert status == 0, done.files[1].read_text()
        place = box.work if work.folder is None else box.work / "runs/whole"
        return work.bits(place), time.monotonic() - begun
    finally:
        box.clear()


def kill_and_carry_on(
    kind: str, whole: tuple[Bits, float], chance: random.Random, material: Material
) -> Killed:
    """Kill a run at a random moment, once or twice, carry it on, and compare its bits."""
    expected, seconds = whole
    work, box = WORKS[kind], new_sandbox()
    elsewhere = chance.random() < 0.5
    temporary = Path(tempfile.mkdtemp(dir=_ELSEWHERE)) if elsewhere else box.root / "tmp"
    environment = {"TMPDIR": str(temporary)}
    story = [f"TMPDIR {'on another' if elsewhere else 'on the same'} file system"]
    same_folder = work.folder != "hydra.run.dir" or chance.random() < 0.5
    place, again = "runs/first", ()
    try:
        work.prepare(box.work, material)
        for attempt in range(1 + (chance.random() < 0.3)):
            number = signal.SIGTERM if chance.random() < 0.2 else signal.SIGKILL
            moment = chance.uniform(0.15, 1.0) * seconds
            run = box.start(work.stage, (*work.command(place), *again), environment)
            status = _end_after(run, moment, number)
            story.append(f"{number.name} after {moment:.2f} s (status {status})")
            if status == 0 and number is signal.SIGTERM and not _has_completed(box.work / place):
                return Killed(kind, "; ".join(story), ["a terminated run ended with status 0"])
            if status not in {0, -number, 128 + number}:
                return Killed(kind, "; ".join(story), _told(run, f"status {status}"))
            if status == 0 and work.folder == "hydra.run.dir":
                break  # it was done before the kill came
            again = _carrying_on(work, box)
            if not same_folder:
                place = f"runs/again_{attempt}"
        if status != 0 or work.folder != "hydra.run.dir":
            last = box.start(work.stage, (*work.command(place), *again), environment)
            status = last.wait(_PATIENCE)
            last.end()
            if status != 0:
                return Killed(kind, "; ".join(story), _told(last, f"carried on: status {status}"))
        got = work.bits(box.work if work.folder is None else box.work / place)
        wrong = differences(expected, got)
        if same_folder:
            parts = [str(file.relative_to(box.work)) for file in box.work.rglob("*.part")]
            wrong += [f"left over: {', '.join(sorted(parts)[:3])}"] if parts else []
        return Killed(kind, "; ".join(story), wrong)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        box.clear()


def _end_after(run: Started, seconds: float, number: signal.Signals) -> int | None:
    status = run.wait(seconds)
    if status is None:
        run.signal(number)
        status = run.wait(_PATIENCE)
    run.end()
    return status


def _has_completed(folder: Path) -> bool:
    status = folder / "status.json"
    return not status.is_file() or '"completed"' in status.read_text()


def _carrying_on(work: Work, box: Sandbox) -> tuple[str, ...]:
    """Give what carries a run on; one that had not come to a checkpoint may begin anew."""
    reached = any((box.work / "runs").rglob("last.ckpt"))
    return work.again if reached or not work.again else ("ckpt=auto",)


def _told(run: Started, what: str) -> list[str]:
    said = run.files[1].read_text(errors="replace") if run.files[1].is_file() else ""
    return [f"{what}: {said[-1500:]}"]
