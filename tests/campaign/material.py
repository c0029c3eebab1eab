"""What cases start from: a small table with pictures, and runs on it that went well."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from campaign.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 60
CLASSES = ("bad", "good")
_WORDS = {
    "bad": ["awful", "sad", "angry", "broken", "lost", "delayed", "crying", "terrible"],
    "good": ["happy", "love", "great", "smile", "sunny", "thanks", "beautiful", "best"],
}
_FILLERS = [
    "today",
    "the",
    "station",
    "people",
    "morning",
    "we",
    "street",
    "photo",
    "city",
    "here",
    "train",
    "coffee",
]

Row = dict[str, Any]
# Settings of a run that ends in seconds and predicts every row.
QUICK = (
    "trainer.max_epochs=1",
    "trainer.device=cpu",
    "trainer.progress=false",
    "logger=none",
    "artifacts.splits=[train,val,test]",
    "hydra.run.dir=run",
)
TEXT = ("modality=text", "encoder.vocabulary=300", *QUICK)
IMAGE = ("modality=image", "encoder.architecture=test_resnet", "encoder.image_size=32", *QUICK)


def table(file: str, *arguments: str) -> tuple[str, ...]:
    """Give the settings of a table in the folder `data`."""
    return (
        "data=table",
        "data.name=plain",
        "data.root=data",
        f"data.source.file={file}",
        *arguments,
    )


def plain_rows(count: int = ROWS) -> list[Row]:
    """Make rows of two classes, each with words of its class."""
    chance = np.random.default_rng(7)
    rows = []
    for number in range(count):
        label = CLASSES[number % 2]
        words = [*chance.choice(_FILLERS, 5), *chance.choice(_WORDS[label], 3, replace=False)]
        text = " ".join(map(str, chance.permutation(words)))
        image = f"images/{number:03}.png"
        rows.append({"id": f"s{number:03}", "text": text, "image": image, "label": label})
    return rows


def picture(number: int, side: int = 12) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Make a noisy picture whose brightness shows its row's class, `(side, side, 3)`."""
    chance = np.random.default_rng(1000 + number)
    ground = (70, 190)[number % 2]
    return np.clip(chance.normal(ground, 25, (side, side, 3)), 0, 255).astype(np.uint8)


def write_pictures(folder: Path, count: int = ROWS) -> None:
    """Write each row's picture as a PNG."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(picture(number)).save(folder / f"images/{number:03}.png")


def write_jsonl(file: Path, rows: list[Row]) -> None:
    """Write rows as JSON Lines."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_csv(file: Path, rows: list[Row], **options: Any) -> None:
    """Write rows as CSV."""
    encoding = options.pop("encoding", "utf-8")
    with file.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)


Predicted = dict[str, tuple[str, str | None, bytes]]


def predicted(file: Path) -> Predicted:
    """Read an artifact: sample id → split, class name and the logits' bits."""
    content = pq.read_table(file)
    classes = json.loads(content.schema.metadata[b"lfx"])["classes"]
    return {
        row["sample_id"]: (
            row["split"],
            None if row["label"] is None else classes[row["label"]],
            np.asarray(row["logits"], np.float32).tobytes(),
        )
        for row in content.to_pylist()
    }


class Material:
    """What cases start from; each thing is made when the first case needs it.

    Args:
        root: an empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.RLock()
        self._pictures = root / "pictures"
        self._twins: dict[str, Predicted] = {}

    def put_pictures(self, work: Path, count: int = ROWS) -> Path:
        """Put the rows' pictures into `data`, and give that folder."""
        with self._lock:
            if not self._pictures.is_dir():
                write_pictures(self._pictures)
        shutil.copytree(self._pictures, work / "data", dirs_exist_ok=True)
        for number in range(ROWS, count):
            Image.fromarray(picture(number)).save(work / f"data/images/{number:03}.png")
        return work / "data"

    def put_plain(self, work: Path) -> Path:
        """Put the plain table and its pictures into `data`, and give that folder."""
        data = self.put_pictures(work)
        write_jsonl(data / "plain.jsonl", plain_rows())
        return data

    def trained(self) -> Path:
        """Give a working directory with runs on the plain table.

        `runs/text`, `runs/image`, `runs/contrast`, `runs/folds`, `runs/fuse`, `runs/sweep`, and
        what they have published.
        """
        with self._lock:
            box = Sandbox(self.root / "trained")
            if not (box.root / "done").exists():
                self.put_plain(box.work)
                on = table("plain.jsonl")
                contrast = ("modality=text_contrastive", *TEXT[1:], "name=contrast")
                runs: list[tuple[str, str, tuple[str, ...]]] = [
                    ("train", "text", TEXT),
                    ("train", "image", IMAGE),
                    ("train", "contrast", contrast),
                    ("train", "folds", (*TEXT[:-2], "data.folds=2", "name=folds")),
                    ("fuse", "fuse", ("fusion=mean", "device=cpu")),
                    ("fuse", "sweep", ("-m", "fusion=mean,minimizing_loss", "device=cpu")),
                ]
                for stage, name, arguments in runs:
                    data = on if stage == "train" else ("data=table", "data.name=plain")
                    folder = f"hydra.{'sweep' if name == 'sweep' else 'run'}.dir=runs/{name}"
                    kept = tuple(one for one in arguments if not one.startswith("hydra.run.dir"))
                    outcome = box.run(stage, (*kept, *data, folder))
                    assert outcome.status == 0, outcome.err
                (box.root / "done").touch()
            return box.work

    def put_trained(self, work: Path, *names: str) -> None:
        """Copy runs of `trained` into `old`, and what was published into `outputs/artifacts`."""
        trained = self.trained()
        for name in names:
            shutil.copytree(trained / "runs" / name, work / "old" / name)
        shutil.copytree(trained / "outputs/artifacts", work / "outputs/artifacts")

    def twin(self, rows: list[Row], arguments: tuple[str, ...], count: int = ROWS) -> Predicted:
        """Give what a run on the same rows, plainly written, predicts."""
        key = hashlib.sha256(json.dumps([rows, arguments], default=str).encode()).hexdigest()[:16]
        with self._lock:
            if key not in self._twins:
                box = Sandbox(self.root / "twins" / key)
                self.put_pictures(box.work, count)
                write_jsonl(box.work / "data/twin.jsonl", rows)
                outcome = box.run("train", (*arguments, *table("twin.jsonl")))
                assert outcome.status == 0, outcome.err
                self._twins[key] = predicted(box.work / "run/predictions.parquet")
                box.clear()
            return self._twins[key]

    def compare_pictures(
        self,
        work: Path,
        key: str,
        pixels: Callable[[int], np.ndarray[Any, Any]],
        arguments: tuple[str, ...],
    ) -> str | None:
        """Say in what a run differs from one on some pictures, written plainly as PNG."""
        with self._lock:
            if key not in self._twins:
                box = Sandbox(self.root / "twins" / key)
                data = self.put_plain(box.work)
                for number in range(ROWS):
                    Image.fromarray(pixels(number)).save(data / f"images/{number:03}.png")
                outcome = box.run("train", (*arguments, *table("plain.jsonl")))
                assert outcome.status == 0, outcome.err
                self._twins[key] = predicted(box.work / "run/predictions.parquet")
            twin, got = self._twins[key], predicted(work / "run/predictions.parquet")
        differing = [name for name in twin if got.get(name) != twin[name]]
        return f"{len(differing)} samples have other predictions" if differing else None
