"""Processes that share their imports.

Most of a short stage's seconds go to importing torch, Lightning and transformers, and tests run
hundreds of stages. Here a server imports them once, and each run is a process forked from it, with
a folder, an environment, streams and an exit status of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import runpy
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext
    from multiprocessing.process import BaseProcess

# What stages import; none of lfx, whose import is part of what is tested.
_HEAVY = [
    "hydra",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "pytorch_lightning",
    "scipy.stats",
    "sklearn.linear_model",
    "timm",
    "torch",
    "torchmetrics.classification",
    "torchvision.transforms.v2",
    "transformers",
    "transformers.models.auto",
    "transformers.models.bert.modeling_bert",
]
_STARTING = threading.Lock()
# In bytes, more than any module takes once it is compiled.
_LARGEST_MODULE = 1 << 24


@dataclass(frozen=True)
class Run:
    """What `python -m MODULE ARGUMENTS` is run with.

    Attributes:
        folder: the working directory.
        module: what is run.
        arguments: its command line.
        environment: all of it.
        limits: of the process, by the numbers that `resource` gives them, such as RLIMIT_FSIZE.
        broken: streams, 1 or 2, whose reader has left.
    """

    folder: Path
    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    limits: Mapping[int, int] = field(default_factory=dict)
    broken: tuple[int, ...] = ()


class Started:
    """A run that is at work, in a process group of its own.

    Args:
        run: what is run.
        files: what it says on its two streams goes there.
    """

    def __init__(self, run: Run, files: tuple[Path, Path]) -> None:
        self.run, self.files = run, files
        with _STARTING:
            self._process: BaseProcess = _server(run.environment["HF_HUB_OFFLINE"]).Process(
                target=_be, args=(run, files)
            )
            self._process.start()

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the exit status, negative for a signal's; None if it has not ended by then."""
        connection.wait([self._process.sentinel], seconds)
        with _STARTING:  # a start asks after all processes: two readers get one status and a 255
            return self._process.exitcode

    def signal(self, number: int) -> None:
        """Send a signal to the run's own process, as `kill` does."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid or 0, number)

    def end(self) -> None:
        """Kill what is left of it, its children too."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self.wait()


def run_module(run: Run, timeout: float) -> CompletedProcess[str]:
    """Do what `python -m MODULE ARGUMENTS` does; give its status and what it said.

    Raises:
        TimeoutExpired: it had not ended by then, and was killed.
    """
    command = [run.module, *run.arguments]
    with tempfile.TemporaryDirectory() as streams:
        started = Started(run, (Path(streams, "stdout"), Path(streams, "stderr")))
        status = started.wait(timeout)
        started.end()
        said = [
            file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
            for file in started.files
        ]
        if status is None:
            raise TimeoutExpired(command, timeout, *said)
        return CompletedProcess(command, status, *said)


_SERVERS: dict[str, ForkServerContext] = {}


def _server(offline: str) -> ForkServerContext:
    if offline in _SERVERS:
        return _SERVERS[offline]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_HEAVY)
    # What libraries read while they are imported.
    settings = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": offline, "PYTHONWARNINGS": "ignore"}
    with patch.dict(os.environ, settings):
        process = context.Process(target=int)
        process.start()
        process.join()
    _SERVERS[offline] = context
    return context


def _be(run: Run, files: tuple[Path, Path]) -> None:
    """Become the run, in the forked process."""
    os.setpgid(0, 0)
    for number, file in ((1, files[0]), (2, files[1])):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    for number in run.broken:
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # As a new interpreter has them; the server's own know that theirs are files, or are none.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(run.folder)
    os.environ.clear()
    os.environ.update(run.environment)
    tempfile.tempdir = None  # the server may have looked for it under its own TMPDIR
    _draw_anew()
    _limit(run.limits)
    _be_nobody_special()
    added = run.environment.get("PYTHONPATH", "")
    sys.path[:1] = [str(run.folder), *filter(None, added.split(os.pathsep))]
    sys.argv = [run.module, *run.arguments]
    runpy.run_module(run.module, run_name="__main__", alter_sys=True)


def _limit(limits: Mapping[int, int]) -> None:
    import resource

    if limits.get(resource.RLIMIT_FSIZE, _LARGEST_MODULE) < _LARGEST_MODULE:
        # Python would keep modules that are cut off, and every later run would stumble over them.
        sys.dont_write_bytecode = True
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def _be_nobody_special() -> None:
    """Lay down root's right to read and write what is closed to everybody."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    # Version 3 of the header, this process; effective, permitted, inheritable, in two halves each.
    header, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, rights) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    override_and_search = 0b110
    for number in range(3):
        rights[number] &= ~override_and_search
    if libc.capset(header, rights) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _draw_anew() -> None:
    """Unseeded generators differ from run to run, as in interpreters of their own."""
    import numpy as np
    import torch

    random.seed()
    np.random.seed()  # noqa: NPY002
    torch.seed()
