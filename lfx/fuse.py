"""`python -m lfx.fuse`: combine the members' predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.artifacts.reserved import ON_MISSING
from lfx.command.entry import OPEN_DATA, Job, run_stage
from lfx.command.roots.fuse import FuseConfig
from lfx.runtime.plain import config_hash, plain

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.samples import SampleTable


def fuse(config: FuseConfig, job: Job) -> float | None:
    """Read the members, fit weights, apply them, write artifact, metrics and weights."""
    from lfx.artifacts.members import join_files

    # Checked before imports that take seconds.
    joined = join_files(config.files, config.members[ON_MISSING])

    from lfx.artifacts.parquet import write_predictions
    from lfx.evaluation.scores import printed
    from lfx.fusion.calibration.calibrator import Calibrator
    from lfx.fusion.fit_plan import FitPlan
    from lfx.fusion.fuse import fuse as fuse_members
    from lfx.fusion.pipeline import Pipeline
    from lfx.fusion.schemes.grid import Searched
    from lfx.fusion.schemes.scheme import Scheme
    from lfx.reporting.fusion import log_members, report_fusion, report_job, send_fusion
    from lfx.reporting.search import write_search
    from lfx.runtime.build import build
    from lfx.runtime.device import resolve_device
    from lfx.runtime.files import write_json
    from lfx.runtime.versions import versions
    from lfx.training.loggers import LoggedRun, Logging
    from lfx.training.run_title import run_title

    table, config = _without_contents(config)
    settings = plain(config)
    pipeline = Pipeline(
        build(config.calibration, "calibration", Calibrator),
        build(config.fusion, "fusion", Scheme),
    )
    logging: Logging = build(config.logger, "logger", Logging)
    log_members(joined, config.members)
    result = fuse_members(
        joined,
        pipeline,
        FitPlan(
            fit_split=config.fit_split,
            allow_leaky_fit=config.allow_leaky_fit,
            fit_folds=config.fit_folds,
            best_by=config.objective.partition("/")[2],
            seed=config.seed,
        ),
        name=config.name,
        device=resolve_device(config.device),
        config_hash=config_hash(config),
        versions=versions(),
        intervals=None if job.sweep is None else printed(),
    )
    write_predictions(job.folder / "predictions.parquet", result.predictions)
    write_json(job.folder / "metrics.json", result.metrics)
    write_json(job.folder / "weights.json", result.weights_document)
    write_json(job.folder / "baselines.json", result.baselines)
    if result.verdict is not None:
        write_json(job.folder / "verdict.json", result.verdict.document())
    if isinstance(result.fitted.rule, Searched):
        write_search(job.folder, result.fitted.rule, joined.names, result.curves, config.fit_split)
    title = run_title(config.name, (), job.overrides, job.sweep)
    is_job = job.sweep is not None  # whose folder no other job may have
    logged = LoggedRun("fuse", config.name, job.folder, title, job.sweep, settings, resumed=is_job)
    logger, draws = logging.build(logged), job.sweep is None
    send_fusion(result, logger, settings, job.folder, config.files, table=table, draws=draws)
    split, _, score = config.objective.partition("/")
    objective: float | None = result.metrics.get(split, {}).get(score)
    if job.sweep is None:
        report_fusion(result, config.name, config.objective, objective, job.folder)
    else:
        report_job(result, config.name, config.objective, objective)
    return objective


def _without_contents(config: FuseConfig) -> tuple[SampleTable | None, FuseConfig]:
    """Return the samples to show, where that is asked for, and the settings of any other run."""
    from dataclasses import replace

    from lfx.data.dataset import Dataset
    from lfx.runtime.build import build

    if not config.contents:
        return None, config
    dataset: Dataset = build(config.data, "data", Dataset)
    return dataset.any(), replace(config, contents=False, data=dataset.name)


def member_contents(config: FuseConfig) -> str:
    """Return a digest of the members' files, which changes when one of them does."""
    from lfx.artifacts.members import digest

    return digest(config.files)


def collect(sweep: Path) -> None:
    """Report a multirun: all jobs in a table, a ranking, a curve."""
    from lfx.reporting.summary import log_sweep, summarise_sweep

    log_sweep(summarise_sweep(sweep))


def main() -> None:
    """Run the command from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "fuse",
        FuseConfig,
        fuse,
        open_mappings=("members", *OPEN_DATA),
        collect=collect,
        inputs=member_contents,
        prepare=take_further_scores,
        leaves=("predictions.parquet", "metrics.json", "weights.json", "baselines.json"),
    )


if __name__ == "__main__":
    main()
