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


# Of each kind of work.
KILLS = 20
# Shares: of kills that are polite, of runs killed twice, of a run's time that kills fall in.
_POLITELY, _TWICE, _MOMENTS = 0.2, 0.3, (0.1, 0.95)
_TRIES = 10
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
    """Kill a run at a random moment, some twice, carry it on, and compare its bits."""
    for _ in range(_TRIES):
        attempt = _Attempt(kind, whole, chance)
        try:
            killed = attempt.run(material)
        finally:
            attempt.clear()
        if killed is not None:
            return killed
    return Killed(kind, "", [f"it ended {_TRIES} times before the kill came"])


class _Attempt:
    """One run that is killed and carried on, in a sandbox of its own."""

    def __init__(self, kind: str, whole: tuple[Bits, float], chance: random.Random) -> None:
        self._kind, self._work, self._chance = kind, WORKS[kind], chance
        self._expected, self._seconds = whole
        self._box = new_sandbox()
        elsewhere = chance.random() < 0.5
        self._temporary = (
            Path(tempfile.mkdtemp(dir=_ELSEWHERE)) if elsewhere else self._box.root / "tmp"
        )
        self._in_place = self._work.folder != "hydra.run.dir" or chance.random() < 0.5
        self._story = [f"TMPDIR on {'another' if elsewhere else 'the same'} file system"]

    def run(self, material: Material) -> Killed | None:
        """Give what came of it; None where it ended before the kill came."""
        self._work.prepare(self._box.work, material)
        place, again = "runs/first", ()
        for number in range(2 if self._chance.random() < _TWICE else 1):
            run, status, wanted = self._kill(place, again)
            if status == 0 and len(self._story) == 1:
                return None
            if status not in {0, -wanted, 128 + wanted}:
                return self._told(f"status {status}: {_said(run)}")
            if status == 0:
                break
            again = _carrying_on(self._work, self._box)
            place = place if self._in_place else f"runs/again_{number}"
        else:
            last = self._start(place, again)
            status = last.wait(_PATIENCE)
            last.end()
            if status != 0:
                return self._told(f"carried on: status {status}: {_said(last)}")
        left = self._box.work if self._work.folder is None else self._box.work / place
        wrong = differences(self._expected, self._work.bits(left))
        parts = sorted(str(file.relative_to(left)) for file in left.rglob("*.part"))
        wrong += [f"left over: {', '.join(parts[:3])}"] if parts else []
        return self._told(*wrong)

    def clear(self) -> None:
        """Remove what it has left."""
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._box.clear()

    def _kill(
        self, place: str, again: tuple[str, ...]
    ) -> tuple[Started, int | None, signal.Signals]:
        number = signal.SIGTERM if self._chance.random() < _POLITELY else signal.SIGKILL
        moment = self._chance.uniform(*_MOMENTS) * self._seconds
        run = self._start(place, again)
        status = run.wait(moment)
        if status is None:
            run.signal(number)
            status = run.wait(_PATIENCE)
            self._story.append(f"{number.name} after {moment:.2f} s, status {status}")
        run.end()
        return run, status, number

    def _start(self, place: str, again: tuple[str, ...]) -> Started:
        arguments = (*self._work.command(place), *again)
        return self._box.start(self._work.stage, arguments, {"TMPDIR": str(self._temporary)})

    def _told(self, *wrong: str) -> Killed:
        return Killed(self._kind, "; ".join(self._story), list(wrong))


def _carrying_on(work: Work, box: Sandbox) -> tuple[str, ...]:
    """Give what carries a run on; one that had not come to a checkpoint may begin anew."""
    reached = any((box.work / "runs").rglob("last.ckpt"))
    return work.again if reached or not work.again else ("ckpt=auto",)


def _said(run: Started) -> str:
    return run.files[1].read_text(errors="replace")[-1500:] if run.files[1].is_file() else ""
