"""How time and memory grow with the work: tweets, rows, classes, runs; and what `--help` takes.

    python benchmarks/growth.py
    python benchmarks/growth.py --rows duplicates,fuse --save benchmarks/results/growth.json

Every figure is of a process of its own, with its imports, at a tenth of the work and at all of it:
seconds on the wall and of CPU, and the peak of its resident memory. `growth` is the exponent n for
which the seconds grow as work ** n. Where a data-frame library is installed (polars, else pandas),
it does the same join and mean of the same files in the same run.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from growth_inputs import write_members, write_runs, write_table, write_texts
from growth_tweets import generate_tweets
from rich.console import Console
from rich.table import Table

from lfx.runtime.files import write_json
from lfx.runtime.versions import versions

HERE = Path(__file__).resolve()
FRAME = "polars" if find_spec("polars") else "pandas"
MEMBERS = ("m0", "m1", "m2")
MIB = 1024


@dataclass(frozen=True)
class Row:
    """One kind of work.

    Attributes:
        aim: seconds, in words.
        sizes: a tenth of the work, and all of it.
        command: of a folder and a size makes what is run: arguments of Python.
        refusal: whether ending with status 2 and a message counts as done.
    """

    aim: str
    sizes: tuple[int, int]
    command: Callable[[Path, int], list[str]]
    refusal: bool = False


def fuse_command(scheme: str, rows: int | None, classes: int | None) -> Callable[..., list[str]]:
    """Give a command that fuses made-up members; what is None is the size."""

    def command(folder: Path, size: int) -> list[str]:
        files = write_members(folder, rows or size, classes or size)
        paths = [f"+members.{name}={file}" for name, file in zip(MEMBERS, files, strict=True)]
        without = ["~members.image", "~members.text"]
        run = f"hydra.run.dir={folder}/run"
        return ["-m", "lfx.fuse", f"fusion={scheme}", *without, *paths, run]

    return command


def frame_command(folder: Path, size: int) -> list[str]:
    """Give a command that joins the same files by a data-frame library, and writes the mean."""
    write_members(folder, size, 5)
    return [str(HERE), "--work", "frame", "--folder", str(folder)]


def duplicates_command(folder: Path, size: int) -> list[str]:
    """Give a command that generates tweets and groups them; only the grouping is timed."""
    return [str(HERE), "--work", "duplicates", "--size", str(size), "--folder", str(folder)]


def prepare_command(folder: Path, size: int) -> list[str]:
    """Give a command that reads, groups and splits a table of texts alone."""
    write_texts(folder / "texts.csv", generate_tweets(size))
    return [str(HERE), "--work", "prepare", "--folder", str(folder)]


def train_command(folder: Path, size: int) -> list[str]:
    """Give a command that trains a tiny text model on 12,000 rows of so many classes."""
    write_table(folder / "data", 12_000, size)
    where = [f"data.root={folder}/data", "data.source.file=table.jsonl", "data.name=made_up"]
    out = [f"hydra.run.dir={folder}/run", f"artifacts.dir={folder}/artifacts"]
    short = ["trainer.max_epochs=3", "trainer.progress=false"]
    return ["-m", "lfx.train", "modality=text", "data=table", *where, *short, *out]


def report_command(folder: Path, size: int) -> list[str]:
    """Give a command that reports on many runs; the first is a run on a few rows."""
    write_table(folder / "data", 60, 3)
    where = [f"data.root={folder}/data", "data.source.file=table.jsonl", "data.name=made_up"]
    out = [f"hydra.run.dir={folder}/runs/run-0", f"artifacts.dir={folder}/artifacts"]
    short = ["trainer.max_epochs=1", "trainer.progress=false"]
    train = ["-m", "lfx.train", "modality=text", "data=table", *where, *short, *out]
    subprocess.run([sys.executable, *train], check=True, capture_output=True)
    write_runs(folder / "runs", size)
    return ["-m", "lfx.report", f"runs={folder}/runs", f"hydra.run.dir={folder}/report"]


ROWS = {
    "prepare": Row("", (100_000, 1_000_000), prepare_command),
    "duplicates": Row("60", (20_000, 200_000), duplicates_command),
    "fuse": Row("10", (100_000, 1_000_000), fuse_command("mean", None, 5)),
    "frame": Row("", (100_000, 1_000_000), frame_command),
    "classes": Row("10", (100, 1000), fuse_command("mean", 3000, None)),
    "stacking": Row(
        "60, or refused", (100, 1000), fuse_command("stacking", 3000, None), refusal=True
    ),
    "train": Row("1.5 times 3 classes", (3, 1000), train_command),
    "report": Row("5", (50, 500), report_command),
    "help": Row("1", (1, 1), lambda _folder, _size: ["-m", "lfx.train", "--help"]),
}


def work(name: str, folder: Path, size: int) -> None:
    """Do one kind of work in this process, and print its seconds."""
    if name == "duplicates":
        from lfx.data.column import TextColumn
        from lfx.data.duplicates import group_samples

        tweets = generate_tweets(size)
        ids = [f"s{number}" for number in range(size)]
        begin = time.perf_counter()
        groups = group_samples(ids, [TextColumn(tweets)], folder)
        print(json.dumps({"seconds": time.perf_counter() - begin, "groups": len(set(groups))}))
        return
    if name == "prepare":
        from lfx.data.dataset import Dataset
        from lfx.data.sources.table import TableSource

        source = TableSource(str(folder), "texts.csv")
        begin = time.perf_counter()
        table = Dataset("texts", str(folder), source, cache_dir=str(folder / "cache")).labelled()
        print(json.dumps({"seconds": time.perf_counter() - begin, "samples": len(table)}))
        return
    files = [folder / f"{member}.parquet" for member in MEMBERS]
    begin = time.perf_counter()
    (join_by_polars if FRAME == "polars" else join_by_pandas)(files, folder / "joined.parquet")
    print(json.dumps({"work_s": time.perf_counter() - begin, "library": FRAME}))


def join_by_polars(files: list[Path], target: Path) -> None:
    """Join on id and split, average the members' softmax, write it."""
    import numpy as np
    import polars as pl

    first, *others = (pl.read_parquet(file) for file in files)
    for place, other in enumerate(others):
        own = other.select("sample_id", "split", pl.col("logits").alias(f"logits{place}"))
        first = first.join(own, on=["sample_id", "split"], how="inner")
    logits = [first[name].to_list() for name in ("logits", "logits0", "logits1")]
    scores = mean_softmax(np.asarray(logits))
    first.with_columns(pl.Series("mean", scores)).write_parquet(target)


def join_by_pandas(files: list[Path], target: Path) -> None:
    """Join on id and split, average the members' softmax, write it."""
    import numpy as np
    import pandas as pd

    first, *others = (pd.read_parquet(file) for file in files)
    for place, other in enumerate(others):
        own = other[["sample_id", "split", "logits"]].rename(columns={"logits": f"logits{place}"})
        first = first.merge(own, on=["sample_id", "split"])
    logits = [np.stack(first[name].to_numpy()) for name in ("logits", "logits0", "logits1")]
    first["mean"] = list(mean_softmax(np.asarray(logits)))
    first.to_parquet(target)


def mean_softmax(logits: Any) -> Any:
    """Give the mean over members of the softmax of `(members, samples, classes)` logits."""
    import numpy as np

    scores = np.exp(logits - logits.max(axis=2, keepdims=True))
    return (scores / scores.sum(axis=2, keepdims=True)).mean(axis=0)


def measure(row: Row, size: int) -> dict[str, Any]:
    """Run one command in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, *row.command(folder, size)]
        with (folder / "output.txt").open("w+") as output:
            begin = time.perf_counter()
            child = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
            _, code, used = os.wait4(child.pid, 0)
            wall = time.perf_counter() - begin
            child.returncode = os.waitstatus_to_exitcode(code)
            output.seek(0)
            said = output.read()
    refused = row.refusal and child.returncode == 2  # noqa: PLR2004
    if child.returncode and not refused:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{said[-3000:]}")
    figures = {"seconds": wall, "cpu_s": used.ru_utime + used.ru_stime}
    figures |= {"peak_mib": used.ru_maxrss / MIB} | ({"refused": True} if refused else {})
    lines = [line for line in said.splitlines() if line.startswith("{")]
    return figures | (json.loads(lines[-1]) if lines else {})


def main() -> None:
    """Measure, print a table, and save the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default=",".join(ROWS), help="which, with commas between")
    parser.add_argument("--save", type=Path, help="JSON file for the figures")
    parser.add_argument(
        "--work", choices=("duplicates", "frame", "prepare"), help=argparse.SUPPRESS
    )
    parser.add_argument("--size", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work is not None:
        work(arguments.work, arguments.folder, arguments.size)
        return
    results: dict[str, Any] = {}
    table = Table("work", "size", "seconds", "aim, s", "CPU, s", "peak, MiB", "growth")
    for name in arguments.rows.split(","):
        row, growth = ROWS[name], None
        results[name] = {"aim": row.aim, "sizes": {}}
        for size in dict.fromkeys(row.sizes):
            print(f"{name}: {size:,}", end=" ", flush=True)
            one = results[name]["sizes"][size] = measure(row, size)
            print(f"{one['seconds']:.1f} s", flush=True)
            if size != row.sizes[0]:
                before = results[name]["sizes"][row.sizes[0]]["seconds"]
                growth = math.log(one["seconds"] / before) / math.log(size / row.sizes[0])
                results[name]["growth"] = growth
                results[name]["times"] = one["seconds"] / before
            told = f"{one['seconds']:.2f}{' (refused)' if one.get('refused') else ''}"
            cells = [f"{size:,}", told, row.aim, f"{one['cpu_s']:.1f}", f"{one['peak_mib']:,.0f}"]
            table.add_row(name, *cells, "" if growth is None else f"{growth:.2f}")
    Console(width=110).print(table)
    if arguments.save is not None:
        machine = {"device": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        machine |= {"versions": versions(), "frame": FRAME}
        write_json(arguments.save, {"machine": machine, "results": results})


if __name__ == "__main__":
    main()
