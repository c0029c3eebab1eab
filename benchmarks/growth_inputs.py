"""Made-up inputs for `growth.py`: members' artifacts, a table of many classes, folders of runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from lfx.artifacts.parquet import write_predictions
from lfx.artifacts.predictions import Metadata, Predictions

if TYPE_CHECKING:
    from pathlib import Path

SPLITS = ("val", "test")
WORDS_A_TEXT = 6


def write_members(folder: Path, rows: int, classes: int, members: int = 3) -> list[Path]:
    """Write members' artifacts of the same samples, each in an order of its own.

    Args:
        folder: where to.
        rows: samples, half of them `val`, half `test`, all labelled.
        classes: how many.
        members: each a little better than the one before.
    """
    chance = np.random.default_rng(0)
    labels = chance.integers(classes, size=rows).astype(np.int16)
    ids = np.array([f"sample-{row:07d}" for row in range(rows)], dtype=object)
    # A tenth has a near duplicate, with which it shares a group.
    groups = ids.copy()
    groups[9::10] = ids[8 : rows - rows % 10 : 10][: len(groups[9::10])]
    splits = np.array(SPLITS, dtype=object)[np.arange(rows) // 10 % 2]
    files = []
    for member in range(members):
        logits = chance.normal(scale=1.5, size=(rows, classes)).astype(np.float32)
        logits[np.arange(rows), labels] += 1 + member
        order = chance.permutation(rows)
        predictions = Predictions(
            sample_id=ids[order],
            group=groups[order],
            split=splits[order],
            fold=np.full(rows, -1, dtype=np.int16),
            label=labels[order],
            logits=logits[order],
            metadata=Metadata(
                classes=tuple(f"c{number}" for number in range(classes)),
                modality=f"m{member}",
                name=f"m{member}",
                data_fingerprint="made up",
                split_fingerprint="made up",
                seed=0,
                config_hash=str(member),
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                versions={},
            ),
        )
        files.append(folder / f"m{member}.parquet")
        write_predictions(files[-1], predictions)
    return files


def write_table(file: Path, rows: int, classes: int) -> None:
    """Write a table of short texts, in which one word tells the class and the rest nothing.

    Args:
        file: where to; JSON Lines with `id`, `text`, `label`.
        rows: samples, equally many of each class.
        classes: how many.
    """
    chance = np.random.default_rng(0)
    words = chance.integers(20_000, size=(rows, WORDS_A_TEXT))
    with file.open("w") as stream:
        for row, own in enumerate(words.tolist()):
            label = row % classes
            text = " ".join([f"class{label}", *(f"w{word}" for word in own)])
            line = {"id": f"s{row}", "text": text, "label": f"c{label:04d}"}
            stream.write(json.dumps(line) + "\n")


def write_runs(folder: Path, runs: int) -> None:
    """Write folders as runs of train leave them, in sweeps of ten, as far as a report reads them.

    Args:
        folder: of all runs.
        runs: how many.
    """
    raise NotImplementedError((folder, runs, timedelta))
