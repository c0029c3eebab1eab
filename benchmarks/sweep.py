"""What a multirun costs per job, beside Hydra's basic sweeper and launcher, before any work.

    python benchmarks/sweep.py
    python benchmarks/sweep.py --stage train --save benchmarks/results/sweep.json

Both run the same jobs of the same stage from the same configs; the task does nothing, and lfx's own
part of a job (typed settings, `status.json`) is in both. The two take turns, so that a machine
whose speed drifts slows both; the ratio is the median over the turns. Below both lies what
remains when nothing has to be composed: Hydra's `run_job` with a task that does nothing, and of
that the files and the logging alone.
"""

from __future__ import annotations

import argparse
import logging
import os
import pickle
import platform
import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra import version
from hydra._internal.callbacks import Callbacks
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import configure_log, run_job
from hydra.types import HydraContext, RunMode
from omegaconf import OmegaConf, open_dict
from rich.console import Console
from rich.table import Table

from lfx.command.composer import Composer
from lfx.command.entry import register
from lfx.command.job import StageJob
from lfx.command.roots.fuse import FuseConfig
from lfx.command.roots.train import TrainConfig
from lfx.runtime.files import write_json
from lfx.runtime.locate import config_folder
from lfx.runtime.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMAS = {"fuse": FuseConfig, "train": TrainConfig}
BASIC = ["hydra/sweeper=basic", "hydra/launcher=basic"]


@contextmanager
def started() -> Iterator[Hydra]:
    """Start Hydra as `python -m lfx.STAGE` does."""
    search_path = create_config_search_path(f"file://{config_folder()}")
    yield Hydra.create_main_hydra2(task_name="sweep", config_search_path=search_path)
    GlobalHydra.instance().clear()


def quiet() -> list[str]:
    """Keep the terminal out of what is measured; logs are written as ever."""
    return ["hydra.job_logging.root.handlers=[file]", "hydra.hydra_logging.root.handlers=[]"]


def time_sweep(stage: str, jobs: int, extra: list[str]) -> float:
    """Run a multirun over seeds; give milliseconds per job."""
    task = StageJob(stage, SCHEMAS[stage], lambda _config, _job: None)
    with tempfile.TemporaryDirectory() as folder, started() as hydra:
        overrides = [f"seed=range({jobs})", f"hydra.sweep.dir={folder}/sweep", *quiet(), *extra]
        begin = time.perf_counter()
        hydra.multirun(stage, task, [*overrides, "hydra.mode=MULTIRUN"])
        spent = time.perf_counter() - begin
        if len(list(Path(folder).glob("sweep/*/status.json"))) != jobs:
            raise RuntimeError("not every job has run")
    return spent / jobs * 1e3


def floors(stage: str, jobs: int) -> dict[str, float]:
    """Give the milliseconds of a job that no composer can save."""
    with tempfile.TemporaryDirectory() as folder, started() as hydra:
        composer = Composer(hydra.config_loader.get_search_path())
        overrides = [f"hydra.sweep.dir={folder}/sweep", *quiet(), "hydra.mode=MULTIRUN"]
        master = composer.load_configuration(stage, overrides, RunMode.MULTIRUN)
        job = composer.load_sweep_config(master, ["seed=1"])
        text = OmegaConf.to_yaml(job)
        kept = pickle.dumps(job)
        context = HydraContext(config_loader=composer, callbacks=Callbacks(master))
        numbers = iter(range(10**9))

        def bare() -> None:
            config = pickle.loads(kept)  # noqa: S301
            number = next(numbers)
            with open_dict(config):
                config.hydra.job.id = config.hydra.job.num = number
            run_job(lambda _: None, config, "hydra.sweep.dir", "hydra.sweep.subdir", context)

        def files() -> None:
            own = Path(folder) / "files" / str(next(numbers)) / ".hydra"
            own.mkdir(parents=True)
            for name in ("config.yaml", "hydra.yaml", "overrides.yaml"):
                (own / name).write_text(text)
            configure_log(master.hydra.hydra_logging, master.hydra.verbose)
            configure_log(master.hydra.hydra_logging, master.hydra.verbose)

        return {
            "run_job": median(bare, jobs),
            "files_and_logging": median(files, jobs),
            "compose": median(lambda: composer.load_sweep_config(master, ["seed=1"]), jobs),
        }


def median(work: Callable[[], Any], times: int) -> float:
    """Give the median milliseconds of some work."""
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent) * 1e3


def memory() -> float:
    """Give this process's resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_over(stage: str, jobs: int) -> dict[str, float]:
    """Give the memory after a tenth of the jobs of one multirun, and after all of them."""
    seen: list[float] = []

    def task(_config: object, _job: object) -> None:
        seen.append(memory())

    with tempfile.TemporaryDirectory() as folder, started() as hydra:
        overrides = [f"seed=range({jobs})", f"hydra.sweep.dir={folder}/sweep", *quiet()]
        job = StageJob(stage, SCHEMAS[stage], task)
        hydra.multirun(stage, job, [*overrides, "hydra.mode=MULTIRUN"])
    return {"jobs": jobs, "after_a_tenth": seen[jobs // 10], "at_the_end": seen[-1]}


def main() -> None:
    """Measure, print, and save where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage", choices=sorted(SCHEMAS), default="fuse")
    parser.add_argument("--jobs", type=int, default=40, help="jobs of each multirun")
    parser.add_argument("--turns", type=int, default=5, help="how often the two take turns")
    parser.add_argument("--many", type=int, default=500, help="jobs over which memory is watched")
    parser.add_argument("--save", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    register()
    version.setbase("1.3")
    stage, jobs = arguments.stage, arguments.jobs
    time_sweep(stage, 3, []), time_sweep(stage, 3, BASIC)  # warm-up
    turns = []
    for turn in range(arguments.turns):
        mine, theirs = time_sweep(stage, jobs, []), time_sweep(stage, jobs, BASIC)
        turns.append((mine, theirs))
        print(f"turn {turn + 1}: lfx {mine:.1f} ms a job, Hydra {theirs:.1f} ms", flush=True)
    results = {
        "stage": stage,
        "jobs": jobs,
        "lfx_ms_per_job": statistics.median(mine for mine, _ in turns),
        "hydra_ms_per_job": statistics.median(theirs for _, theirs in turns),
        "ratio": statistics.median(mine / theirs for mine, theirs in turns),
        "turns": turns,
        "floor_ms": floors(stage, jobs),
        "memory_mib": memory_over(stage, arguments.many),
    }
    logging.shutdown()
    table = Table("what", "figure")
    for name in ("lfx_ms_per_job", "hydra_ms_per_job", "ratio"):
        table.add_row(name, f"{results[name]:.3g}")
    for group in ("floor_ms", "memory_mib"):
        for name, figure in results[group].items():
            table.add_row(f"{group}: {name}", f"{figure:.4g}")
    Console(width=100).print(table)
    if arguments.save is not None:
        machine = {"device": platform.processor() or platform.machine(), "versions": versions()}
        write_json(arguments.save, {"machine": machine, "results": results})


if __name__ == "__main__":
    main()
