"""How large a page is, how long it takes to write and to open, and how fast its sliders are.

    python benchmarks/page.py
    python benchmarks/page.py --save benchmarks/results/page.json

Samples have a text and a picture: crops of scikit-learn's two photographs. Three members are fused
by several schemes; the page is opened in headless Chromium, whose time counts until cases are
shown, and a slider is moved. A peer is a page that holds the same pictures as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_images

from lfx.artifacts.join import join
from lfx.artifacts.metadata import Metadata
from lfx.artifacts.parquet import write_predictions
from lfx.artifacts.predictions import Predictions
from lfx.data.column import FileColumn, TextColumn
from lfx.data.samples import SampleTable
from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.fit_plan import FitPlan
from lfx.fusion.fuse import fuse
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss
from lfx.fusion.schemes.product import Product
from lfx.reporting.page.document import Page, write_page
from lfx.reporting.run_table import run_table
from lfx.runs.find import collect_runs
from lfx.runs.status import RunStatus
from lfx.runtime.files import write_json
from lfx.runtime.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTS = (500, 5_000, 20_000)
AIMED, AIM = 5_000, 15.0  # samples, and megabytes of their page
CLASSES = ("negative", "neutral", "positive")
NAMES = ("audio", "image", "text")
SIDE = 320
MOVES = 20
TEXT = "the a of this morning coffee street happy awful game walk news team night market"


def make_table(count: int, folder: Path) -> tuple[SampleTable, int]:
    """Make test samples, and return the bytes of their pictures too."""
    chance = np.random.default_rng(0)
    photographs = load_sample_images().images
    files, texts, size = [], [], 0
    for number in range(count):
        photograph = photographs[number % len(photographs)]
        y, x = (int(chance.integers(0, most - SIDE)) for most in photograph.shape[:2])
        file = folder / f"{number}.jpg"
        Image.fromarray(photograph[y : y + SIDE, x : x + SIDE]).save(file, quality=85)
        files.append(file)
        size += file.stat().st_size
        texts.append(" ".join(chance.choice(TEXT.split(), 18)))
    table = SampleTable.of(
        CLASSES,
        ids=[f"sample {number}" for number in range(count)],
        labels=chance.integers(0, len(CLASSES), count).tolist(),
        columns={"text": TextColumn(texts), "image": FileColumn(files)},
    )
    return table, size


def make_members(table: SampleTable) -> dict[str, Predictions]:
    """Make members that know, of the table's samples as test, and of as many as val."""
    chance = np.random.default_rng(1)
    labels = np.concatenate([table.labels, table.labels])
    ids = [*table.ids, *(f"val {name}" for name in table.ids)]
    members = {}
    for name in NAMES:
        logits = chance.normal(size=(len(labels), len(CLASSES)))
        logits[np.arange(len(labels)), labels] += 1
        about = Metadata(CLASSES, name, name, "d", "s", 0, "c", "2026-01-01T00:00:00+00:00", {})
        columns: dict[str, Any] = {
            "sample_id": ids,
            "split": np.repeat(["test", "val"], len(table)),
            "label": labels,
        }
        members[name] = Predictions.from_columns(columns, logits, about)
    return members


def leave_runs(members: Mapping[str, Predictions], folder: Path) -> Path:
    """Fuse the members and leave the folders of the runs."""
    for name, member in members.items():
        write_predictions(folder / f"{name}.parquet", member)
    listed = "".join(f"  {name}: {folder}/{name}.parquet\n" for name in members)
    for name, scheme in (
        ("mean", Mean()),
        ("minimizing_loss", MinimizingLoss()),
        ("product", Product()),
    ):
        result = fuse(
            join(members),
            Pipeline(NoCalibration(), scheme),
            FitPlan(),
            name=name,
            device=torch.device("cpu"),
            versions={},
            intervals=["accuracy"],
        )
        run = folder / "runs" / name
        (run / ".hydra").mkdir(parents=True)
        write_predictions(run / "predictions.parquet", result.predictions)
        write_json(run / "metrics.json", result.metrics)
        write_json(run / "weights.json", result.weights_document)
        config = f"name: {name}\nseed: 0\ndata: {{name: made}}\nmembers:\n{listed}"
        (run / ".hydra/config.yaml").write_text(config)
        (run / ".hydra/hydra.yaml").write_text(f"hydra: {{runtime: {{cwd: {folder}}}}}")
        RunStatus("fuse", "completed").write(run)
    return folder / "runs"


def opened(file: Path) -> dict[str, float]:
    """Open a page in Chromium; return seconds until cases are shown, and of a slider's move."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(file.as_uri())
        page.wait_for_selector("#cases-0 li")
        seconds = time.perf_counter() - start
        moves = page.evaluate(
            """count => {
                const slider = document.querySelector("#explorer-0 input[type=range]");
                return Array.from({length: count}, (_, at) => {
                    slider.value = 5 * at;
                    const start = performance.now();
                    slider.dispatchEvent(new Event("input"));
                    return (performance.now() - start) / 1000;
                });
            }""",
            MOVES,
        )
        browser.close()
    return {"open_s": seconds, "move_s": statistics.median(moves)}


def measure(count: int) -> dict[str, float]:
    """Write and open the page of some samples."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        table, size = make_table(count, folder)
        runs = collect_runs(leave_runs(make_members(table), folder))
        page = Page("page", {"runs": run_table(runs)}, runs, samples=table, data="made")
        start = time.perf_counter()
        file = write_page(page, folder / "page.html")
        seconds = time.perf_counter() - start
        return {
            "samples": count,
            "megabytes": file.stat().st_size / 1e6,
            "pictures_in_base64_megabytes": size * 4 / 3 / 1e6,
            "write_s": seconds,
            **opened(file),
        }


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    rows = [measure(count) for count in COUNTS]
    table = Table(*(key.replace("_", " ") for key in rows[0]))
    for row in rows:
        table.add_row(*(f"{value:,.4g}" for value in row.values()))
    Console().print(table)
    (aimed,) = [row["megabytes"] for row in rows if row["samples"] == AIMED]
    Console().print(f"{AIMED:,} samples with pictures: {aimed:.1f} MB (aim: below {AIM:g})")
    if options.save is not None:
        about = {"machine": platform.platform(), "threads": torch.get_num_threads()}
        write_json(options.save, {**about, "versions": versions(), "pages": rows})


if __name__ == "__main__":
    main()
