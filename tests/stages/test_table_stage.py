"""Tables of other tools, from training to the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from running import fail, succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

CLASSES = ("bad", "good", "rare")
COMMON = [
    *("data=table", "data.root=.", "data.name=own", "data.split=file", "data.source.split=part"),
    *("trainer.max_epochs=1", "trainer.progress=false"),
]


def samples() -> list[dict[str, str]]:
    """Sixty tweets, some with quotation marks; no sample of the test split is `rare`."""
    rows = []
    for number in range(60):
        text = f"tweet {number} says word{number} and word{number % 7}"
        if number % 9 == 0:  # opens a quotation, and the next one but eight closes none
            text = '"' + text
        part = ("train", "train", "train", "val", "test")[number % 5]
        label = CLASSES[number % 2] if part == "test" else CLASSES[number // 5 % 3]
        image = f"{number}.png"
        rows.append({"id": f"{number}", "text": text, "image": image, "label": label, "part": part})
    return rows


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the text from a CSV that quotes nothing and the image from JSON Lines."""
    folder = tmp_path_factory.mktemp("tables")
    rows = samples()
    for number, row in enumerate(rows):
        pixels = np.random.default_rng(number).integers(0, 255, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / row["image"])
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    (folder / "plain.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    objects = [json.dumps(row | {"id": int(row["id"])}) for row in rows]
    (folder / "lines.jsonl").write_text("\n".join(objects) + "\n", encoding="utf-8")
    for modality, file in (("text", "plain.csv"), ("image", "lines.jsonl")):
        own = [f"data.source.file={file}", f"modality={modality}", f"hydra.run.dir=runs/{modality}"]
        told = succeed(folder, "train", *COMMON, *own)
        (folder / f"{modality}.txt").write_text(told, encoding="utf-8")
    return folder


def test_no_row_is_lost_whatever_the_format(members: Path) -> None:
    text, image = (
        read_predictions(members / f"runs/{name}/predictions.parquet") for name in ("text", "image")
    )
    assert set(text.sample_id) == {row["id"] for row in samples() if row["part"] != "train"}
    assert text.metadata.data_fingerprint == image.metadata.data_fingerprint
    told = (members / "text.txt").read_text(encoding="utf-8")
    assert "train: 36 samples" in told
    assert "quotation marks are read as characters of the text" in told


def test_a_class_that_test_lacks_is_told_and_scored_without_nan(members: Path) -> None:
    told = (members / "image.txt").read_text(encoding="utf-8")
    assert "split test has no sample of class rare" in told
    succeed(members, "fuse", "fusion=mean", "data.name=own", "hydra.run.dir=runs/mean")
    for run in ("text", "image", "mean"):
        written = (members / f"runs/{run}/metrics.json").read_text(encoding="utf-8")
        metrics = json.loads(written, parse_constant=pytest.fail)  # NaN and Infinity are no JSON
        rare = metrics["test"]["per_class"]["rare"]
        assert (rare["support"], rare["recall"], rare["f1"]) == (0, 0, 0)
        assert "nan" not in (members / f"runs/{run}/per_class.csv").read_text(encoding="utf-8")
    report = succeed(members, "report", "runs=runs", "hydra.run.dir=report")
    assert "nan" not in report.lower()
    markdown = (members / "report/report.md").read_text(encoding="utf-8")
    assert "nan" not in markdown.lower()
    assert all(f"| {name} " in markdown for name in ("text", "image", "mean"))


def test_a_broken_row_stops_training_and_is_named(members: Path) -> None:
    table = (members / "plain.csv").read_text(encoding="utf-8")
    (members / "broken.csv").write_text(table + '60,"a, b,0.png,good,train\n', encoding="utf-8")
    message = fail(members, "train", *COMMON, "data.source.file=broken.csv", "modality=text")
    assert "line 62: the row has 6 cells, the header 5" in message
