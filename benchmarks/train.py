"""How fast lfx trains, beside a plain PyTorch loop and beside what the machine can do at best.

    python benchmarks/train.py                          # the demo data
    python benchmarks/train.py --data /path/to/MVSA_Single --save benchmarks/results/train.json

Both loops train the same encoder, with the same part of it trainable, on the same samples. The
plain loop is what one writes in an afternoon: batches in random order, padded to their longest
text, images decoded and augmented anew each time, full precision. The two take turns, so that a
machine whose speed drifts slows both; the ratio is the median over the turns.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import re
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from hydra import compose, initialize_config_dir
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count
from torchvision.transforms import v2

from lfx.command.entry import Job, register
from lfx.command.roots.train import TrainConfig
from lfx.command.typed import as_typed
from lfx.data.dataset import Dataset
from lfx.runs.checkpoints import RunCheckpoints
from lfx.runs.provenance import provenance_of
from lfx.runs.training_run import build_classifier, checkpoint_record
from lfx.runtime.build import build
from lfx.runtime.device import resolve_device
from lfx.runtime.files import write_json
from lfx.runtime.locate import config_folder
from lfx.runtime.versions import versions
from lfx.train import build_plan
from lfx.training.compute import Compute, choose_precision
from lfx.training.context import RunContext
from lfx.training.fit import Stop, fit
from lfx.training.loaders import classifier_loaders

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable
    from lfx.models.classifier import Classifier
    from lfx.runs.plan import RunPlan

ENCODERS = {"text": "minilm", "image": "efficientnet_lite0"}


def configure(modality: str, data: str | None) -> TrainConfig:
    """Compose the config that `python -m lfx.train` would run with."""
    overrides = [f"modality={modality}", f"encoder={ENCODERS[modality]}", "data.split=random"]
    if data is not None:
        overrides += ["data=mvsa_single", f"data.root='{data}'"]
    return as_typed(compose("train", overrides=overrides), TrainConfig)


def few_samples(config: TrainConfig, samples: int) -> SampleTable:
    """Load the data; keep some training samples, and a batch for validation."""
    dataset: Dataset = build(config.data, "data", Dataset)
    table = replace(dataset, split="random", on_bad_sample="drop").labelled()
    kept = {*table.rows("train")[:samples], *table.rows("val")[:32]}
    splits = tuple(split if row in kept else None for row, split in enumerate(table.splits))
    return replace(table, splits=splits)


def plan_of(config: TrainConfig) -> RunPlan:
    """Build what a config names; nothing is published."""
    return build_plan(config, Job(Path(tempfile.gettempdir()), (), None))


def context_of(
    plan: RunPlan, classifier: Classifier, table: SampleTable, compute: Compute, run: Path
) -> RunContext:
    """Set up a run's folder as `lfx.train` does."""
    provenance = provenance_of(plan.shaping, plan.name, plan.seed, table, None)
    record = checkpoint_record(plan, classifier, provenance)
    checkpoints = RunCheckpoints(run, record)
    return RunContext(table, plan.modality, compute, run, plan.dataset.cache, checkpoints)


def time_lfx(config: TrainConfig, table: SampleTable, compute: Compute) -> float:
    """Train one epoch as `lfx.train` does; give samples per second."""
    plan = plan_of(config)
    classifier = build_classifier(plan, table)
    speeds: list[float] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told = re.search(r"epoch .*, (\d+)/s\)$", record.getMessage())
            if told:
                speeds.append(float(told[1]))

    listener = Listener()
    logger = logging.getLogger("lfx.training.callbacks")
    logger.setLevel(logging.INFO)
    logger.addHandler(listener)
    with tempfile.TemporaryDirectory() as folder:
        context = context_of(
            plan, classifier, table, replace(compute, progress=False), Path(folder)
        )
        stop = Stop(1, 1, 0.0, config.training.optimizer.clip_norm)
        fit(classifier, classifier_loaders(classifier, context), stop, context)
    logger.removeHandler(listener)
    return speeds[-1]


def time_plain(config: TrainConfig, table: SampleTable, compute: Compute) -> float:
    """Train one epoch in a plain loop; give samples per second."""
    classifier = build_classifier(plan_of(config), table).to(compute.device)
    classifier.train()
    classifier.to(memory_format=torch.contiguous_format)
    rows = table.rows("train")
    own = config.training.optimizer
    optimizer = torch.optim.AdamW(
        [
            {"params": classifier.encoder.parameters(), "lr": own.learning_rate},
            {"params": classifier.head.parameters(), "lr": own.head_learning_rate},
        ],
        weight_decay=own.weight_decay,
    )
    collate = plain_images if config.modality.name == "image" else plain_texts
    loader = DataLoader(
        rows,  # type: ignore[arg-type]
        batch_size=compute.batch_size,
        shuffle=True,
        collate_fn=lambda chosen: collate(classifier, table, chosen),
    )
    start = time.perf_counter()
    for inputs, labels in loader:
        batch = {key: value.to(compute.device) for key, value in inputs.items()}
        loss = functional.cross_entropy(classifier(batch), labels.to(compute.device))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(classifier.parameters(), 1.0)
        optimizer.step()
    if compute.device.type == "cuda":
        torch.cuda.synchronize()
    return len(rows) / (time.perf_counter() - start)


def plain_texts(
    classifier: Any, table: SampleTable, rows: list[int]
) -> tuple[dict[str, Tensor], Tensor]:
    """Tokenise and pad a batch."""
    tokens = classifier.encoder.tokenizer(table.columns["text"].texts(rows))
    padded = nn.utils.rnn.pad_sequence(
        [torch.tensor(ids) for ids in tokens],
        batch_first=True,
        padding_value=classifier.encoder.tokenizer.padding,
    )
    mask = nn.utils.rnn.pad_sequence([torch.ones(len(ids)) for ids in tokens], batch_first=True)
    labels = torch.tensor([table.labels[row] for row in rows])
    return {"input_ids": padded, "attention_mask": mask.long()}, labels


def plain_images(
    classifier: Any, table: SampleTable, rows: list[int]
) -> tuple[dict[str, Tensor], Tensor]:
    """Decode, resize and augment a batch."""
    size = classifier.encoder.image_size
    augment = v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(10, translate=(0.1, 0.1), scale=(0.9, 1.1), fill=128),
        ]
    )
    images = []
    for row in rows:
        with Image.open(table.columns["image"].contents[row]) as image:
            squashed = image.convert("RGB").resize((size, size))
        images.append(augment(v2.functional.pil_to_tensor(squashed)))
    return {"image": torch.stack(images)}, torch.tensor([table.labels[row] for row in rows])


def flops_per_sample(plan: RunPlan, classifier: Classifier, table: SampleTable, size: int) -> float:
    """Count the multiply-adds (as two) of forward and backward passes over lfx's batches."""
    from lfx.training.batches import EpochBatches

    rows = table.rows("train")
    inputs = plan.modality.inputs(table, rows, classifier.encoder, plan.dataset.cache)
    counted = 0
    total = 0
    mapping = {torch.ops.aten.convolution_backward: convolution_backward_flops}
    for key in list(EpochBatches(size, inputs.lengths, seed=0))[:4]:
        with FlopCounterMode(display=False, custom_mapping=mapping) as counter:
            classifier(inputs.collate(list(key), key.epoch, 1)).sum().backward()
        counted += len(key)
        total += counter.get_total_flops()
    return total / counted


def convolution_backward_flops(
    grad_shape: Any, input_shape: Any, weight_shape: Any, *rest: Any, **_: Any
) -> int:
    """Count a convolution's backward pass; torch's own count takes grouped ones for dense."""
    wanted = rest[-1]  # of input, weight and bias
    transposed = rest[4]
    forward = conv_flop_count(input_shape, weight_shape, grad_shape, transposed=transposed)
    return forward * (int(wanted[0]) + int(wanted[1]))


def matmul_peak(dtype: torch.dtype, device: torch.device) -> float:
    """Give the best FLOP/s of a large matrix product."""
    size = 8192 if device.type == "cuda" else 2048
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        start = time.perf_counter()
        left @ right
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def measure(modality: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure one modality."""
    config = configure(modality, arguments.data)
    device = resolve_device(arguments.device)
    precision = choose_precision(config.trainer.precision.name, device)
    compute = Compute(device, precision, batch_size=config.trainer.batch_size)
    table = few_samples(config, arguments.samples)
    time_lfx(config, few_samples(config, 64), compute)  # warm-up, and the image cache
    turns = []
    for turn in range(arguments.turns):
        mine, theirs = time_lfx(config, table, compute), time_plain(config, table, compute)
        turns.append((mine, theirs))
        print(
            f"{modality} turn {turn + 1}: lfx {mine:.1f}/s, plain loop {theirs:.1f}/s", flush=True
        )
    plan = plan_of(config)
    classifier = build_classifier(plan, table)
    classifier.train()
    work = flops_per_sample(plan, classifier, table, compute.batch_size)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    peak = matmul_peak(dtype, device)
    speed = statistics.median(mine for mine, _ in turns)
    return {
        "encoder": config.encoder.name,
        "precision": precision,
        "samples": len(table.rows("train")),
        "lfx_samples_per_s": speed,
        "plain_samples_per_s": statistics.median(theirs for _, theirs in turns),
        "ratio": statistics.median(mine / theirs for mine, theirs in turns),
        "turns": turns,
        "gflop_per_sample": work / 1e9,
        "peak_gflop_per_s": peak / 1e9,
        "share_of_peak": speed * work / peak,
    }


def save_results(arguments: argparse.Namespace, results: dict[str, Any]) -> None:
    """Write figures, and the machine that they were taken on, to `--save`."""
    device = resolve_device(arguments.device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    machine = {
        "device": name or platform.machine(),
        "threads": torch.get_num_threads(),
        "data": "mvsa_single" if arguments.data else "demo",
        "versions": versions(),
    }
    write_json(arguments.save, {"machine": machine, "results": json.loads(json.dumps(results))})


def main() -> None:
    """Measure both modalities, print a table, and save it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="an MVSA folder; without it the demo data are used")
    parser.add_argument("--samples", type=int, default=640, help="training samples per epoch")
    parser.add_argument("--turns", type=int, default=3, help="how often the two loops take turns")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--save", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    register()
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        results = {modality: measure(modality, arguments) for modality in ENCODERS}
    table = Table("", "encoder", "precision", "lfx /s", "plain /s", "ratio", "share of peak")
    for modality, found in results.items():
        table.add_row(
            modality,
            found["encoder"],
            found["precision"],
            f"{found['lfx_samples_per_s']:.1f}",
            f"{found['plain_samples_per_s']:.1f}",
            f"{found['ratio']:.2f}",
            f"{found['share_of_peak']:.0%}",
        )
    Console(width=100).print(table)
    if arguments.save is not None:
        save_results(arguments, results)


if __name__ == "__main__":
    main()
