"""How fast scores are resampled, beside a loop with scikit-learn.

    python benchmarks/evaluation.py
    python benchmarks/evaluation.py --save benchmarks/results/evaluation.json

All scores of the registry that are counts or sums over samples are resampled together, for all
members, with 10,000 resamples; the AUROC with 1,000. The loop draws samples with replacement, too,
and calls scikit-learn's accuracy, weighted and macro F1 and log-loss for each member: a part of
what lfx computes. It runs for a few resamples only, and its seconds are scaled up to as many. Both
take turns; ratios are medians over the turns.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from sklearn.metrics import accuracy_score, f1_score, log_loss

from lfx.evaluation.resampling import RANK_RESAMPLES, RESAMPLES, resample
from lfx.evaluation.scores import SCORES
from lfx.evaluation.shared_samples import SharedSamples
from lfx.runtime.files import write_json
from lfx.runtime.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable

# Members, samples, samples of a group, classes.
SHAPES = (
    (1, 451, 1, 3),
    (20, 5_000, 1, 3),
    (20, 5_000, 4, 3),
    (20, 5_000, 1, 10),
    (2, 100_000, 1, 3),
    (2, 1_000_000, 1, 3),
)
LOOPED = 2  # resamples of the loop
MOST_RANKED = 10_000  # samples of which the AUROC is resampled
AIM = 5.0  # seconds, of the second shape
SIGNAL = 1.5
RANKED = [key for key, score in SCORES.items() if score.of_probabilities is not None]
SUMMED = [key for key in SCORES if key not in RANKED]


def make_samples(members: int, count: int, size: int, classes: int) -> SharedSamples:
    """Make members that know: their logits are noise, with the label's raised."""
    chance = np.random.default_rng(0)
    labels = chance.integers(0, classes, count)
    logits = chance.normal(size=(members, count, classes))
    logits[:, np.arange(count), labels] += SIGNAL
    probabilities = torch.softmax(torch.from_numpy(logits), dim=2).numpy()
    names = [f"member {number}" for number in range(members)]
    class_names = [str(number) for number in range(classes)]
    return SharedSamples.of(names, class_names, probabilities, labels, np.arange(count) // size)


def loop(samples: SharedSamples, resamples: int) -> None:
    """Score each member on each resample of groups with scikit-learn."""
    chance = np.random.default_rng(0)
    rows_of_groups = np.split(
        np.argsort(samples.groups, kind="stable"), np.cumsum(np.bincount(samples.groups))[:-1]
    )
    names = range(len(samples.classes))
    for _ in range(resamples):
        drawn = chance.integers(0, samples.group_count, samples.group_count)
        rows = np.concatenate([rows_of_groups[group] for group in drawn])
        labels = samples.labels[rows]
        for probabilities in samples.probabilities[:, rows]:
            predicted = probabilities.argmax(axis=1)
            accuracy_score(labels, predicted)
            f1_score(labels, predicted, labels=names, average="weighted", zero_division=0)
            f1_score(labels, predicted, labels=names, average="macro", zero_division=0)
            log_loss(labels, probabilities, labels=names)


def seconds(call: Callable[[], object]) -> float:
    """Time a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(shape: tuple[int, int, int, int], turns: int) -> dict[str, Any]:
    """Measure one shape."""
    samples = make_samples(*shape)
    timed: dict[str, list[float]] = {"lfx": [], "lfx_auroc": [], "loop": []}
    for _ in range(turns):
        timed["lfx"].append(seconds(lambda: resample(samples, SUMMED)))
        if shape[1] <= MOST_RANKED:
            timed["lfx_auroc"].append(seconds(lambda: resample(samples, RANKED)))
        timed["loop"].append(seconds(lambda: loop(samples, LOOPED)) * RESAMPLES / LOOPED)
    medians = {
        f"{name}_seconds": statistics.median(taken) if taken else None
        for name, taken in timed.items()
    }
    ratios = [slow / fast for slow, fast in zip(timed["loop"], timed["lfx"], strict=True)]
    of_shape = dict(
        zip(("members", "samples", "samples_of_a_group", "classes"), shape, strict=True)
    )
    return of_shape | medians | {"ratio": statistics.median(ratios), "turns": turns}


def main() -> None:
    """Measure all shapes, print and save the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--save", type=Path)
    chosen = parser.parse_args()
    table = Table(title=f"{len(SUMMED)} scores, {RESAMPLES:,} resamples")
    for title in ("members", "samples", "classes", "lfx, s", "AUROC, s", "loop, s", "ratio"):
        table.add_column(title, justify="right")
    figures = []
    for shape in SHAPES:
        of_shape = measure(shape, chosen.turns)
        figures.append(of_shape)
        members, count, size, classes = shape
        auroc = of_shape["lfx_auroc_seconds"]
        groups = f"{count:,}" + (f" in groups of {size}" if size > 1 else "")
        table.add_row(
            str(members),
            groups,
            str(classes),
            f"{of_shape['lfx_seconds']:.2f}",
            "" if auroc is None else f"{auroc:.2f}",
            f"{of_shape['loop_seconds']:,.0f}",
            f"{of_shape['ratio']:,.0f}",
        )
    Console().print(table)
    if chosen.save is not None:
        content = {
            "machine": platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
            "versions": versions(),
            "resamples": {"sums": RESAMPLES, "auroc": RANK_RESAMPLES},
            "aim_seconds": {"20 members, 5,000 samples": AIM},
            "figures": figures,
        }
        write_json(chosen.save, content)


if __name__ == "__main__":
    main()
