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
import sys
import tempfile
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.context import ForkServerContext

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
    "torchvision.transforms.v2",
    "transformers",
    "transformers.models.auto",
]


def run_module(
    folder: Path,
    module: str,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    timeout: float,
) -> CompletedProcess[str]:
    """Do what `python -m MODULE ARGUMENTS` does in a folder; give its status and what it said."""
    with tempfile.TemporaryDirectory() as streams:
        files = [Path(streams, name) for name in ("stdout", "stderr")]
        process = _server(environment["HF_HUB_OFFLINE"]).Process(
            target=_be, args=(folder, module, arguments, dict(environment), files)
        )
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise TimeoutExpired([module, *arguments], timeout)
        said = [file.read_text(encoding="utf-8") for file in files]
        return CompletedProcess([module, *arguments], process.exitcode or 0, *said)


@cache
def _server(offline: str) -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_HEAVY)
    # What libraries read while they are imported.
    settings = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": offline, "PYTHONWARNINGS": "ignore"}
    with patch.dict(os.environ, settings):
        process = context.Process(target=int)
        process.start()
        process.join()
    return context


def _be(
    folder: Path,
    module: str,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    files: list[Path],
) -> None:
    """Become the run, in the forked process."""
    for number, file in ((1, files[0]), (2, files[1])):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _draw_anew()
    sys.path[0] = str(folder)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _draw_anew() -> None:
    """Unseeded generators differ from run to run, as in interpreters of their own."""
    import numpy as np
    import torch

    random.seed()
    np.random.seed()  # noqa: NPY002
    torch.seed()
