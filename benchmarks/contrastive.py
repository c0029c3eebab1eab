"""What cached embeddings and vectorised losses save in contrastive training.

    python benchmarks/contrastive.py                        # the demo data, a small encoder
    python benchmarks/contrastive.py --data /path/to/MVSA_Single --save FILE.json

Phase 2 runs twice in turns, on the same frozen encoder and batches, for ten epochs, without
augmentation and in full precision: with embeddings that one pass of the encoder has cached, and
with the encoder in every epoch. Losses, forward and backward, run beside a naive double loop over
anchors and positives, and beside the one matrix product that none of them can do without.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional
from train import context_of, few_samples, plan_of, save_results

from lfx.command.entry import register
from lfx.command.roots.train import TrainConfig
from lfx.command.typed import as_typed
from lfx.losses.npair import NPair, NPairTfa
from lfx.losses.softmax import NtXent, SupCon
from lfx.losses.triplet import Triplet
from lfx.runs.checkpoint_file import write_content
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import restore
from lfx.runs.training_run import build_classifier
from lfx.runtime.device import resolve_device
from lfx.runtime.locate import config_folder
from lfx.training import two_phases
from lfx.training.compute import Compute
from lfx.training.embeddings import encode_splits
from lfx.training.predict import predict

if TYPE_CHECKING:
    from collections.abc import Callable

    from lfx.data.samples import SampleTable

EPOCHS = 10
WIDTH = 64
TEMPERATURE = 0.1
MARGIN = 0.2


def configure(data: str | None, n_views: int | None) -> TrainConfig:
    """Compose a contrastive run over images, without augmentation."""
    overrides = ["modality=image_contrastive", "data.split=random", "trainer.progress=false"]
    overrides += [f"modality.augmentation.{key}=0" for key in ("flip", "rotation", "zoom")]
    overrides += ["modality.augmentation.translation=0", "training.diagnostics.enabled=false"]
    overrides += [f"training.phase_2.max_epochs={EPOCHS}", f"training.phase_2.patience={EPOCHS}"]
    overrides += [f"training.phase_2.n_views={'null' if n_views is None else n_views}"]
    if data is not None:
        overrides += ["encoder=efficientnet_lite0", "data=mvsa_single", f"data.root='{data}'"]
    return as_typed(compose("train", overrides=overrides), TrainConfig)


def time_phase_2(
    config: TrainConfig, table: SampleTable, device: torch.device
) -> tuple[float, float, Any]:
    """Train phase 2.

    Returns:
        Seconds of it all, of which seconds of the encoder's one pass ahead of training (0 without a
        cache), and what the best classifier gives for the validation split.
    """
    torch.manual_seed(0)
    both = plan_of(config)
    plan = replace(both, request=replace(both.request, phase="2"))
    model = build_classifier(both, table)
    with tempfile.TemporaryDirectory() as folder:
        compute = Compute(device, "fp32", config.trainer.batch_size)
        context = context_of(plan, model, table, compute, Path(folder))
        file = context.checkpoints.best(1)
        file.parent.mkdir(parents=True)
        record = {**context.checkpoints.record, "phase": 1}
        write_content(file, {"state_dict": model.state_dict(), "lfx": record})
        passes: list[float] = []

        def encode(*arguments: Any) -> Any:
            start = time.perf_counter()
            vectors = encode_splits(*arguments)
            passes.append(time.perf_counter() - start)
            return vectors

        two_phases.encode_splits = encode  # the clock inside the run
        start = time.perf_counter()
        outcome = plan.regime.fit(model, context, plan.request)
        whole = time.perf_counter() - start
        if outcome.best is None:
            raise RuntimeError("phase 2 left no checkpoint")
        best = restore(read_checkpoint(outcome.best))
        logits = predict(best, table.rows("val"), context)
    return whole, sum(passes), logits


def measure_phase_2(arguments: argparse.Namespace) -> dict[str, Any]:
    """Let cached and uncached training take turns."""
    cached, uncached = (configure(arguments.data, n_views) for n_views in (1, None))
    table = few_samples(cached, arguments.samples)
    device = resolve_device(arguments.device)
    turns = []
    difference = 0.0
    for turn in range(arguments.turns):
        with_cache, a_pass, mine = time_phase_2(cached, table, device)
        without, _, theirs = time_phase_2(uncached, table, device)
        difference = max(difference, float(np.abs(mine - theirs).max()))
        turns.append({"cached_s": with_cache, "pass_s": a_pass, "uncached_s": without})
        print(
            f"phase 2 turn {turn + 1}: {with_cache:.2f} s, of which {a_pass:.2f} s one pass of the "
            f"encoder; without a cache {without:.2f} s",
            flush=True,
        )
    return {
        "encoder": cached.encoder.name,
        "samples": len(table.rows("train")),
        "epochs": EPOCHS,
        "ratio_of_epochs": statistics.median(
            one["uncached_s"] / (one["cached_s"] - one["pass_s"]) for one in turns
        ),
        "ratio_with_the_pass": statistics.median(
            one["uncached_s"] / one["cached_s"] for one in turns
        ),
        "largest_difference_of_logits": difference,
        "turns": turns,
    }


def naive_npair(rows: Tensor, targets: Tensor) -> Tensor:
    """Loop over anchors and positives."""
    names = targets.tolist()
    first = {name: names.index(name) for name in set(names)}
    losses = []
    for a, of_a in enumerate(names):
        negatives = [n for n, of_n in enumerate(names) if of_n != of_a and n != first[of_n]]
        products = rows[negatives] @ rows[a]
        mates = [p for p in range(a + 1, len(names)) if names[p] == of_a]
        losses += [(1 + (products - rows[a] @ rows[p]).exp().sum()).log() for p in mates]
    return torch.stack(losses).mean()


def naive_npair_tfa(rows: Tensor, targets: Tensor) -> Tensor:
    """Loop over anchors and positives, each anchor among its own."""
    units, names = functional.normalize(rows), targets.tolist()
    losses = []
    for a, of_a in enumerate(names):
        logits = units @ units[a] / TEMPERATURE
        mates = [p for p, of_p in enumerate(names) if of_p == of_a]
        total = logits.exp().sum().log()
        losses.append(torch.stack([total - logits[p] for p in mates]).mean())
    return torch.stack(losses).mean()


def naive_supcon(rows: Tensor, targets: Tensor) -> Tensor:
    """Loop over anchors and positives."""
    units, names = functional.normalize(rows), targets.tolist()
    losses = []
    for a, of_a in enumerate(names):
        others = [n for n in range(len(names)) if n != a]
        logits = units @ units[a] / TEMPERATURE
        total = logits[others].exp().sum().log()
        mates = [total - logits[p] for p in others if names[p] == of_a]
        losses.append(torch.stack(mates).mean())
    return torch.stack(losses).mean()


def naive_triplet(rows: Tensor, targets: Tensor) -> Tensor:
    """Loop over anchors and all others, for the farthest positive and the nearest negative."""
    units, names = functional.normalize(rows), targets.tolist()
    losses = []
    for a, of_a in enumerate(names):
        mates = [units[a] - units[p] for p, of_p in enumerate(names) if of_p == of_a and p != a]
        rest = [units[a] - units[n] for n, of_n in enumerate(names) if of_n != of_a]
        far = max(one.norm() for one in mates)
        near = min(one.norm() for one in rest)
        losses.append((far - near + MARGIN).clamp(min=0))
    kept = torch.stack(losses)
    return kept[kept > 0].mean()


LOSSES: dict[str, tuple[Any, Callable[[Tensor, Tensor], Tensor]]] = {
    "npair": (NPair(), naive_npair),
    "npair_tfa": (NPairTfa(temperature=TEMPERATURE), naive_npair_tfa),
    "supcon": (SupCon(temperature=TEMPERATURE), naive_supcon),
    "ntxent": (NtXent(temperature=TEMPERATURE), naive_supcon),
    "triplet": (Triplet(margin=MARGIN, mining="hard"), naive_triplet),
}


def step(loss: Callable[[Tensor, Tensor], Tensor], rows: Tensor, targets: Tensor) -> Tensor:
    """Run a loss forward and backward; give its value and leave its gradient."""
    rows.grad = None
    value = loss(rows, targets)
    value.backward()
    return value.detach()


def best_time(call: Callable[[], object], repeats: int) -> float:
    """Give the seconds of the fastest of some calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def measure_loss(name: str, batch: int) -> dict[str, float]:
    """Measure a loss, its naive form, and the similarities' product, forward and backward."""
    loss, naive = LOSSES[name]
    chance = torch.Generator().manual_seed(0)
    rows = (0.3 * torch.randn(batch, WIDTH, generator=chance)).requires_grad_()
    targets = torch.arange(3).repeat(batch)[:batch]
    if name == "ntxent":
        targets = torch.arange(batch // 2).repeat(2)

    def vectorised(rows: Tensor, targets: Tensor) -> Tensor:
        value: Tensor = loss.contrast(rows, targets).value
        return value

    def product(rows: Tensor, _targets: Tensor) -> Tensor:
        return (rows @ rows.T).sum()

    ours = step(vectorised, rows, targets)
    gradient = rows.grad
    theirs = step(naive, rows, targets)
    if gradient is None or rows.grad is None:
        raise RuntimeError("no gradient")
    differences = {
        "difference": float((ours - theirs).abs()),
        "difference_of_gradients": float((gradient - rows.grad).abs().max()),
    }
    return differences | {
        "ms": 1e3 * best_time(lambda: step(vectorised, rows, targets), 20),
        "naive_ms": 1e3 * best_time(lambda: step(naive, rows, targets), 1),
        "product_ms": 1e3 * best_time(lambda: step(product, rows, targets), 20),
    }


def main() -> None:
    """Measure, print two tables, and save the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="an MVSA folder; without it the demo data are used")
    parser.add_argument("--samples", type=int, default=960, help="training samples")
    parser.add_argument("--turns", type=int, default=3, help="how often the two take turns")
    parser.add_argument("--batch", type=int, default=512, help="rows that a loss is given")
    parser.add_argument("--device", default="auto", help="of phase 2; losses run on the CPU")
    parser.add_argument("--save", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    register()
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        phase_2 = measure_phase_2(arguments)
    losses = {name: measure_loss(name, arguments.batch) for name in LOSSES}
    table = Table("phase 2", "ratio of epochs", "with the one pass", "difference of logits")
    table.add_row(
        f"{phase_2['encoder']}, {phase_2['samples']} samples, {EPOCHS} epochs",
        f"{phase_2['ratio_of_epochs']:.1f}",
        f"{phase_2['ratio_with_the_pass']:.1f}",
        f"{phase_2['largest_difference_of_logits']:.1e}",
    )
    Console(width=110).print(table)
    columns = ("ms", "naive ms", "ratio", "similarities alone, ms", "difference", "of gradients")
    table = Table(f"loss at {arguments.batch} rows", *columns)
    for name, one in losses.items():
        table.add_row(
            name,
            f"{one['ms']:.2f}",
            f"{one['naive_ms']:.0f}",
            f"{one['naive_ms'] / one['ms']:.0f}",
            f"{one['product_ms']:.2f}",
            f"{one['difference']:.0e}",
            f"{one['difference_of_gradients']:.0e}",
        )
    Console(width=110).print(table)
    if arguments.save is not None:
        results = {"phase_2": phase_2, "batch": arguments.batch, "losses": losses}
        save_results(arguments, results)


if __name__ == "__main__":
    main()
