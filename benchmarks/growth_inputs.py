"""Made-up inputs for `growth.py`: members' artifacts, a table of many classes, folders of runs."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.artifacts.predictions import Predictions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SPLITS = ("val", "test")
WORDS_A_TEXT = 6


def write_texts(file: Path, texts: Sequence[str]) -> None:
    """Write a table of ids, texts and labels of three classes, without images."""
    rows = ((f"s{row}", text, f"c{row % 3}") for row, text in enumerate(texts))
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("id", "text", "label"), *rows])


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


def write_table(folder: Path, rows: int, classes: int) -> Path:
    """Write a table of short texts, in which one word tells the class and the rest nothing.

    Args:
        folder: where to; gets a picture a row as well, all different, which nothing looks at.
        rows: samples, equally many of each class.
        classes: how many.

    Returns:
        JSON Lines with `id`, `text`, `image`, `label`.
    """
    chance = np.random.default_rng(0)
    words = chance.integers(20_000, size=(rows, WORDS_A_TEXT))
    (folder / "images").mkdir(parents=True)
    file = folder / "table.jsonl"
    with file.open("w") as stream:
        for row, own in enumerate(words.tolist()):
            image = f"images/{row}.png"
            Image.new("RGB", (8, 8), (row % 256, row // 256, 0)).save(folder / image)
            label = row % classes
            text = " ".join([f"class{label}", *(f"w{word}" for word in own)])
            line = {"id": f"s{row}", "text": text, "image": image, "label": f"c{label:04d}"}
            stream.write(json.dumps(line) + "\n")
    return file


def write_runs(folder: Path, runs: int) -> None:
    """Write folders of runs of train, as far as a report reads them: one was run, the rest differ.

    Args:
        folder: of all runs; holds one that was run, `run-0`.
        runs: how many there are in the end.
    """
    model = folder / "run-0"
    metrics = json.loads((model / "metrics.json").read_text())
    status = json.loads((model / "status.json").read_text())
    predictions = read_predictions(model / "predictions.parquet")
    started = datetime.fromisoformat(status["started"])
    chance = np.random.default_rng(0)
    for number in range(1, runs):
        own = folder / f"run-{number}"
        shutil.copytree(model / ".hydra", own / ".hydra")
        config = (own / ".hydra" / "config.yaml").read_text()
        seed, rate = f"\nseed: {number}", f"{chance.uniform():.6f}"
        (own / ".hydra" / "config.yaml").write_text(config.replace("\nseed: 0", seed))
        for split in metrics.values():
            if isinstance(split, dict):
                split["accuracy"] = float(rate)
        moment = (started + timedelta(seconds=number)).isoformat(timespec="milliseconds")
        told = {"started": moment, "overrides": [*status["overrides"], f"seed={number}"]}
        (own / "metrics.json").write_text(json.dumps(metrics))
        (own / "status.json").write_text(json.dumps(status | told))
        about = replace(predictions.metadata, seed=number)
        write_predictions(own / "predictions.parquet", replace(predictions, metadata=about))
