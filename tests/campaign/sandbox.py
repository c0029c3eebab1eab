"""A folder that a run works in, with canaries around it."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import TYPE_CHECKING

from preloaded import Run, Started, run_module

from campaign.case import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A run that takes more seconds hangs; on a busy machine it may take more.
LONGEST = float(os.environ.get("LFX_CAMPAIGN_LONGEST", "60"))
# What no run needs: bombs go off here, and not in the machine's memory or on its disk.
_LIMITS = {resource.RLIMIT_AS: 10 << 30, resource.RLIMIT_FSIZE: 1 << 30}
# Stands in the environment of every run, and nowhere else.
SECRET = "sesame-8c1fd0b7"
# What a run may write in its working directory.
_OWN = ("outputs", "run", "sweep")
# What an attack writes where it is executed.
EXECUTED = "EXECUTED"
_CANARIES = {"letters/love.txt": "do not delete", "letters/more/old.ckpt": "mine", "notes.md": "x"}


class Sandbox:
    """One run's surroundings: `work` is where it works, everything else is none of its business.

    Args:
        root: an empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.work = root, root / "work"
        for folder in ("work", "home", "tmp"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, text in _CANARIES.items():
            file = root / "precious" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def environment(self, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Give the variables of a run: one thread, no hub, a home and a secret of its own."""
        kept = ("PATH", "PYTHONPATH", "LANG", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
        values: dict[str, str | None] = {key: os.environ[key] for key in kept if key in os.environ}
        values |= {
            "HF_HUB_OFFLINE": "1",
            "HOME": str(self.root / "home"),
            "OMP_NUM_THREADS": "1",
            "SECRET": SECRET,
            "TMPDIR": str(self.root / "tmp"),
            "USER": "somebody",
        }
        values |= changes or {}
        return {key: value for key, value in values.items() if value is not None}

    def run(
        self,
        stage: str,
        arguments: tuple[str, ...],
        changes: Mapping[str, str | None] | None = None,
        limits: Mapping[int, int] | None = None,
        broken: tuple[int, ...] = (),
    ) -> Outcome:
        """Run a command to its end, or kill it where it hangs."""
        environment = self.environment(changes)
        run = Run(
            self.work, f"lfx.{stage}", arguments, environment, {**_LIMITS, **(limits or {})}, broken
        )
        begun = time.monotonic()
        try:
            done = run_module(run, LONGEST)
        except TimeoutExpired as error:
            done = CompletedProcess([], 0, str(error.output), str(error.stderr))
            return Outcome(None, done.stdout, done.stderr, time.monotonic() - begun, self.work)
        return Outcome(
            done.returncode, done.stdout, done.stderr, time.monotonic() - begun, self.work
        )

    def start(
        self,
        stage: str,
        arguments: tuple[str, ...],
        changes: Mapping[str, str | None] | None = None,
    ) -> Started:
        """Start a command and come back at once."""
        streams = Path(tempfile.mkdtemp(dir=self.root, prefix="streams_"))
        run = Run(self.work, f"lfx.{stage}", arguments, self.environment(changes))
        return Started(run, (streams / "stdout", streams / "stderr"))

    def snapshot(self, writes: tuple[str, ...] = ()) -> dict[str, str]:
        """Give every file and folder that a run may not change: path → what it is.

        Args:
            writes: patterns of files, in the working directory, that it may change.
        """
        return {
            str(path.relative_to(self.root)): _describe(path)
            for path in self._foreign()
            if not any(path.match(f"work/{pattern}") for pattern in writes)
        }

    def clear(self) -> None:
        """Remove it all, folders that may not be read too."""
        for folder, names, _ in os.walk(self.root):
            for path in (Path(folder, name) for name in names):
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(self.root, ignore_errors=True)

    def _foreign(self) -> Iterator[Path]:
        own = {self.work / name for name in _OWN} | {self.root / "home", self.root / "tmp"}
        left = [self.root]
        while left:
            for path in sorted(left.pop().iterdir()):
                if path in own:
                    continue
                yield path
                if path.is_dir() and not path.is_symlink() and os.access(path, os.R_OK):
                    left.append(path)


def new_sandbox() -> Sandbox:
    """Make a sandbox in a new temporary folder."""
    return Sandbox(Path(tempfile.mkdtemp(prefix="lfx_campaign_")))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Say what a run has made, changed or deleted that it had no business with."""
    made = [f"made {path}" for path in sorted(after.keys() - before.keys())]
    deleted = [f"deleted {path}" for path in sorted(before.keys() - after.keys())]
    changed = [
        f"changed {path}"
        for path in sorted(before.keys() & after.keys())
        if before[path] != after[path]
    ]
    return [*deleted, *changed, *made]


def _describe(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link to {path.readlink()}"
    if not stat.S_ISREG(mode):
        return f"mode {mode:o}"
    if not os.access(path, os.R_OK):
        return f"unreadable, {path.stat().st_size} bytes"
    return f"mode {mode:o}, {hashlib.sha256(path.read_bytes()).hexdigest()}"


assert sys.platform == "linux", "the campaign forks processes and reads their limits"
