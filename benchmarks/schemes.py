"""How long fusion schemes and calibrations take to fit on many samples.

    python benchmarks/schemes.py
    python benchmarks/schemes.py --save benchmarks/results/schemes.json

Members are made up: noise around the label, each a little better than the one before. Beside each
fit stands its cross-fitting in five folds, which is what `python -m lfx.fuse` adds to it.
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from rich.console import Console
from rich.table import Table

from lfx.command.entry import register
from lfx.command.roots.fuse import FuseConfig
from lfx.command.typed import as_typed
from lfx.fusion.calibration.calibrator import Calibrator
from lfx.fusion.outputs import FitData, Outputs
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.scheme import Scheme
from lfx.runtime.build import build
from lfx.runtime.device import resolve_device
from lfx.runtime.files import write_json
from lfx.runtime.locate import config_folder
from lfx.runtime.plain import plain
from lfx.runtime.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDS = 5


def make_fit(members: int, samples: int, classes: int, device: torch.device) -> FitData:
    """Make labelled samples, each its own group."""
    chance = np.random.default_rng(0)
    labels = chance.integers(0, classes, samples)
    logits = chance.normal(scale=1.5, size=(members, samples, classes))
    skill = np.linspace(0.5, 1.5, members)[:, None, None]
    logits += 1.2 * skill * np.eye(classes)[labels]
    outputs = Outputs(
        tuple(f"m{place}" for place in range(members)),
        tuple(f"c{place}" for place in range(classes)),
        torch.from_numpy(logits).to(device),
        torch.ones(members, samples, dtype=torch.bool, device=device),
    )
    groups = np.array([f"s{place}" for place in range(samples)], dtype=object)
    return FitData(outputs, torch.from_numpy(labels).to(device), groups)


def pipelines() -> dict[str, Pipeline]:
    """Build every scheme and calibration that is fitted, with the settings of `conf`."""
    found = {}
    folder = config_folder()
    register()
    with initialize_config_dir(str(folder), version_base="1.3"):
        names = [f"fusion={file.stem}" for file in sorted((folder / "fusion").glob("*.yaml"))]
        names += [
            f"calibration={file.stem}" for file in sorted((folder / "calibration").glob("*.yaml"))
        ]
        for name in names:
            plainly = ["fusion=mean"] if name.startswith("calibration") else []
            settings = plain(as_typed(compose("fuse", [*plainly, name]), FuseConfig))
            pipeline = Pipeline(
                build(settings["calibration"], "calibration", Calibrator),
                build(settings["fusion"], "fusion", Scheme),
            )
            if pipeline.needs_fit:
                found[name] = pipeline
    return found


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """Time a call, with all that it has left a device to do."""
    start = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    """Measure, print a table, and save the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=5)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--save", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    device = resolve_device(arguments.device)
    fit = make_fit(arguments.members, arguments.samples, arguments.classes, device)
    results: dict[str, Any] = {}
    shape = (
        f"{arguments.members} members, {arguments.samples:,} samples, {arguments.classes} classes"
    )
    table = Table(shape, "fit, s", "cross-fitting, s")
    small = fit.select(np.arange(min(1000, arguments.samples)))
    for name, pipeline in pipelines().items():
        pipeline.fit(small)  # imports and first calls
        results[name] = {
            "fit_s": seconds(lambda one=pipeline: one.fit(fit), device),
            "cross_fit_s": seconds(lambda one=pipeline: one.cross_fit(fit, FOLDS), device),
        }
        figures = [f"{figure:.2f}" for figure in results[name].values()]
        print(name, *figures, flush=True)
        table.add_row(name, *figures)
    Console(width=100).print(table)
    if arguments.save is not None:
        name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
        machine = {
            "device": name or platform.machine(),
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }
        shape_of = {key: getattr(arguments, key) for key in ("members", "samples", "classes")}
        write_json(arguments.save, {"machine": machine, "shape": shape_of, "results": results})


if __name__ == "__main__":
    main()
