"""The bits that a run has left, to be compared with another's."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import torch

if TYPE_CHECKING:
    from pathlib import Path

Bits = dict[str, str]


def bits_of(run: Path) -> Bits:
    """Name the bits of a run's predictions and best models, those of its folds and phases too.

    Paths, times and names of the run stay out of it.
    """
    found = {}
    for file in sorted(run.rglob("predictions.parquet")):
        found[str(file.relative_to(run))] = _digest_of_rows(file)
    for file in sorted(run.rglob("best.ckpt")):
        found[str(file.relative_to(run))] = _digest_of_tensors(file)
    return found


def bits_of_sweep(sweep: Path) -> Bits:
    """Name the bits of a multirun's jobs and of its table."""
    return bits_of(sweep) | {
        "sweep.csv": hashlib.sha256((sweep / "sweep.csv").read_bytes()).hexdigest()
    }


def bits_of_file(file: Path) -> Bits:
    """Name the bits of a file."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()}


def differences(expected: Bits, got: Bits) -> list[str]:
    """Say in what two runs differ."""
    lacking = [f"{name} is lacking" for name in expected.keys() - got.keys()]
    more = [f"{name} is new" for name in got.keys() - expected.keys()]
    other = [
        f"{name} has other bits"
        for name in expected.keys() & got.keys()
        if expected[name] != got[name]
    ]
    return sorted([*lacking, *more, *other])


def _digest_of_rows(file: Path) -> str:
    rows = pq.read_table(file).to_pylist()
    rows.sort(key=lambda row: (row["sample_id"], -1 if row["fold"] is None else row["fold"]))
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _digest_of_tensors(file: Path) -> str:
    digest = hashlib.sha256()
    state = torch.load(file, map_location="cpu", weights_only=True)["state_dict"]
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].reshape(-1).contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
