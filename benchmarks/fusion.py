"""How fast weightings are searched, beside a plain loop and beside what must be computed.

    python benchmarks/fusion.py
    python benchmarks/fusion.py --save benchmarks/results/fusion.json

The plain loop pools two members' probabilities with NumPy and scores them with scikit-learn, one
weighting at a time: accuracy, macro and weighted F1. Beside it runs what a batched search at its
simplest cannot do without: one matrix product that makes the scores of all classes, and one pass
over them. All take turns, so that a machine whose speed drifts slows all; ratios are medians over
the turns.

Members are made up. Some know: their logits are noise, with the label's raised by 1.5 (at three
classes they are right on three of four samples). Some guess: their probabilities are uniform and
have nothing to do with labels or with each other, so that they disagree as often as can be.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from sklearn.metrics import accuracy_score, f1_score
from torch import Tensor

from lfx.fusion.search.curve import exact_curve
from lfx.fusion.search.points import random_points
from lfx.fusion.search.ranking import rank_points
from lfx.fusion.search.weightings import WeightingScorer
from lfx.runtime.device import resolve_device
from lfx.runtime.files import write_json
from lfx.runtime.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable

# Members, samples, classes, and whether members know.
SHAPES = (
    (2, 451, 3, True),
    (2, 451, 3, False),
    (3, 451, 3, True),
    (5, 451, 3, True),
    (2, 451, 10, True),
    (2, 100_000, 3, True),
    (5, 100_000, 3, True),
    (5, 100_000, 10, True),
)
CURVES = ((451, 3, True), (100_000, 3, True), (100_000, 3, False), (100_000, 10, True))
SIGNAL = 1.5
# Numbers that the bare product writes at a time, which fit in two cores' L2 caches, and rows.
BUFFER = 2**18
ROWS = 2048


def make_members(
    members: int, samples: int, classes: int, *, know: bool, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Make probabilities, `(members, samples, classes)`, and labels."""
    chance = np.random.default_rng(0)
    labels = torch.from_numpy(chance.integers(0, classes, samples))
    if know:
        logits = torch.from_numpy(chance.normal(size=(members, samples, classes)))
        logits[:, torch.arange(samples), labels] += SIGNAL
        probabilities = torch.softmax(logits, dim=2)
    else:
        uniform = chance.dirichlet(np.ones(classes), size=(members, samples))
        probabilities = torch.from_numpy(uniform)
    return probabilities.to(device), labels.to(device)


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """Time a call, with all that it has left a device to do."""
    start = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def plain_loop(probabilities: Tensor, labels: Tensor, weights: Tensor) -> list[tuple[float, ...]]:
    """Score one weighting after the other."""
    members, truth = probabilities.cpu().numpy(), labels.cpu().numpy()
    classes = list(range(members.shape[2]))
    found = []
    for one in weights.cpu().numpy():
        predicted = np.tensordot(one, members, axes=1).argmax(axis=1)
        f1 = [
            f1_score(truth, predicted, labels=classes, average=average, zero_division=0)
            for average in ("macro", "weighted")
        ]
        found.append((accuracy_score(truth, predicted), *f1))
    return found


def bare(probabilities: Tensor, weights: Tensor) -> tuple[Callable[[], None], int]:
    """Make the product of all scores with one pass over them; say for how many weightings.

    Both run over as many samples at a time as leave the scores in the cache.
    """
    parts = probabilities.flatten(1).T.contiguous().split(ROWS)
    shares = weights[: BUFFER // len(parts[0]) // 8 * 8].T.contiguous()
    buffer = shares.new_empty((len(parts[0]), shares.shape[1]))

    def both() -> None:
        for part in parts:
            scores = torch.mm(part, shares, out=buffer[: len(part)])
            scores.gt_(0)

    return both, shares.shape[1]


def measure_scorer(
    members: int, samples: int, classes: int, *, know: bool, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Let the scorer, the plain loop and the bare product take turns."""
    device = resolve_device(arguments.device)
    probabilities, labels = make_members(members, samples, classes, know=know, device=device)
    # As many as take the scorer about a second, and the plain loop too.
    many = random_points(members, 0, 0, max(4000, 200_000_000 // samples), device=device)
    few = many[: max(10, 150_000 // samples)]
    scorer = WeightingScorer(probabilities, labels)
    both, at_once = bare(probabilities, many)
    setup = seconds(lambda: WeightingScorer(probabilities, labels), device)
    theirs = torch.tensor(plain_loop(probabilities, labels, few), dtype=torch.float64)
    mine = scorer.score(few)
    own = torch.stack(
        [mine.of("accuracy"), mine.of("f1_macro"), mine.of("f1_weighted")], dim=1
    ).cpu()
    repeats = max(1, 20_000_000 // (at_once * samples * classes))
    scorer.score(many[: 20 * at_once]), both()
    turns = []
    for _ in range(arguments.turns):
        turn = {
            "lfx_per_s": len(many) / seconds(lambda: scorer.score(many), device),
            "plain_per_s": len(few)
            / seconds(lambda: plain_loop(probabilities, labels, few), device),
            "bare_per_s": repeats
            * at_once
            / seconds(lambda: [both() for _ in range(repeats)], device),
        }
        turns.append(turn)
    speeds = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
    return speeds | {
        "members": members,
        "samples": samples,
        "classes": classes,
        "know": know,
        "contested": scorer.contested / samples,
        "setup_s": setup,
        "ratio": statistics.median(turn["lfx_per_s"] / turn["plain_per_s"] for turn in turns),
        "of_bare": statistics.median(turn["lfx_per_s"] / turn["bare_per_s"] for turn in turns),
        "largest_difference": float((own - theirs).abs().max()),
        "turns": turns,
    }


def measure_precision(arguments: argparse.Namespace) -> dict[str, float]:
    """Count the predictions that differ from those of float64's argmax, of 451 samples each."""
    device = resolve_device(arguments.device)
    probabilities, labels = make_members(2, 451, 3, know=True, device=device)
    points = random_points(2, 1, 0, 200_000, device=device)
    mine = WeightingScorer(probabilities, labels).score(points).of("accuracy")
    found = {"weightings": len(points), "lfx_other_accuracy": 0, "float32_other_predictions": 0}
    for low in range(0, len(points), 1000):
        part = points[low : low + 1000]
        exact = torch.einsum("nm,msc->nsc", part, probabilities).argmax(dim=2)
        short = torch.einsum("nm,msc->nsc", part.float(), probabilities.float()).argmax(dim=2)
        accuracy = (exact == labels).double().mean(dim=1)
        other = (accuracy - mine[low : low + 1000]).abs() > 1e-9  # noqa: PLR2004
        found["lfx_other_accuracy"] += int(other.sum())
        found["float32_other_predictions"] += int((exact != short).any(dim=1).sum())
    return found


def measure_memory(arguments: argparse.Namespace) -> dict[str, float]:
    """Search more and more points; give how much the process's peak memory grew, and speed."""
    device = resolve_device(arguments.device)
    probabilities, labels = make_members(3, 451, 3, know=True, device=device)
    found: dict[str, float] = {}
    peaks = [resident()]
    for points in (100_000, 1_000_000, arguments.points):
        spent = seconds(
            lambda points=points: rank_points(
                probabilities, labels, "f1_weighted", steps=None, points=points, keep=10_000
            ),
            device,
        )
        peaks.append(resident())
        found[f"growth_mib_at_{points}"] = peaks[-1] - peaks[-2]
        found[f"per_s_at_{points}"] = points / spent
    return found | {"start_mib": peaks[0], "end_mib": peaks[-1]}


def resident() -> float:
    """Give the most memory that this process has ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_curve(
    samples: int, classes: int, *, know: bool, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Measure the exact curve, and beside it a grid of 1,001 points and a sort of its edges."""
    device = resolve_device(arguments.device)
    probabilities, labels = make_members(2, samples, classes, know=know, device=device)
    steps = torch.linspace(0, 1, 1001, dtype=torch.float64, device=device)
    grid = torch.stack([1 - steps, steps], dim=1)
    curve = exact_curve(probabilities, labels)
    edges = curve.edges[torch.randperm(len(curve.edges), device=device)]
    turns = [
        {
            "curve_s": seconds(lambda: exact_curve(probabilities, labels), device),
            "grid_s": seconds(lambda: WeightingScorer(probabilities, labels).score(grid), device),
            "sort_s": seconds(edges.sort, device),
        }
        for _ in range(arguments.turns + 1)
    ][1:]
    spent = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
    shape = {"samples": samples, "classes": classes, "know": know, "intervals": len(edges) - 1}
    return shape | spent | {"turns": turns}


def show(results: dict[str, Any]) -> None:
    """Print tables."""
    console = Console(width=120)
    columns = ("contested", "lfx /s", "plain /s", "ratio", "bare /s", "of bare", "difference")
    table = Table("members, samples, classes", *columns)
    for one in results["scorer"]:
        shape = f"{one['members']}, {one['samples']:,}, {one['classes']}"
        table.add_row(
            shape + ("" if one["know"] else ", guessing"),
            f"{one['contested']:.0%}",
            f"{one['lfx_per_s']:,.0f}",
            f"{one['plain_per_s']:,.1f}",
            f"{one['ratio']:,.0f}",
            f"{one['bare_per_s']:,.0f}",
            f"{one['of_bare']:.2f}",
            f"{one['largest_difference']:.0e}",
        )
    console.print(table)
    table = Table("exact curve", "intervals", "ms", "grid of 1,001 points, ms", "sort alone, ms")
    for one in results["curve"]:
        table.add_row(
            f"{one['samples']:,}, {one['classes']}" + ("" if one["know"] else ", guessing"),
            f"{one['intervals']:,}",
            *(f"{1e3 * one[key]:.2f}" for key in ("curve_s", "grid_s", "sort_s")),
        )
    console.print(table)
    table = Table("what", "figure")
    for group in ("memory", "precision"):
        for name, figure in results[group].items():
            table.add_row(f"{group}: {name}", f"{figure:,.6g}")
    console.print(table)


def main() -> None:
    """Measure, print tables, and save the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5, help="how often all take turns")
    parser.add_argument("--points", type=int, default=10_000_000, help="for peak memory")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--save", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    device = resolve_device(arguments.device)
    results = {
        "memory": measure_memory(arguments),  # first, as peaks never fall
        "precision": measure_precision(arguments),
        "scorer": [
            measure_scorer(*shape, know=know, arguments=arguments) for *shape, know in SHAPES
        ],
        "curve": [measure_curve(*shape, know=know, arguments=arguments) for *shape, know in CURVES],
    }
    show(results)
    if arguments.save is not None:
        name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
        machine = {
            "device": name or platform.machine(),
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }
        write_json(arguments.save, {"machine": machine, "results": results})


if __name__ == "__main__":
    main()
