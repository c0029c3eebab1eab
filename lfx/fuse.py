"""`python -m lfx.fuse`: combine what the members predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.command.entry import Job, run_stage
from lfx.configuration.fuse import ON_MISSING, FuseConfig
from lfx.configuration.typed import config_hash, plain

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.result import FusionResult


def fuse(config: FuseConfig, job: Job) -> float | None:
    """Read the members, find weights, apply them, write artifact, metrics and weights."""
    from lfx.artifacts.members import join_files

    # Before anything that takes seconds to import.
    joined = join_files(config.files, config.members[ON_MISSING])

    from lfx.artifacts.parquet import write_predictions
    from lfx.configuration.build import build
    from lfx.fusion.calibration.calibrator import Calibrator
    from lfx.fusion.fuse import FitPlan
    from lfx.fusion.fuse import fuse as fuse_members
    from lfx.fusion.pipeline import Pipeline
    from lfx.fusion.schemes.grid import Searched
    from lfx.fusion.schemes.scheme import Scheme
    from lfx.reporting.search import write_search
    from lfx.runtime.device import resolve_device
    from lfx.runtime.files import write_json
    from lfx.runtime.versions import versions

    settings = plain(config)
    pipeline = Pipeline(
        build(config.calibration, "calibration", Calibrator),
        build(config.fusion, "fusion", Scheme),
    )
    _tell_members(config, joined)
    result = fuse_members(
        joined,
        pipeline,
        FitPlan(
            fit_split=config.fit_split.name,
            allow_leaky_fit=config.allow_leaky_fit,
            fit_folds=config.fit_folds,
            best_by=config.objective.partition("/")[2],
            seed=config.seed,
        ),
        name=config.name,
        device=resolve_device(config.device),
        config_hash=config_hash(config),
        versions=versions(),
    )
    write_predictions(job.folder / "predictions.parquet", result.predictions)
    write_json(job.folder / "metrics.json", result.metrics)
    write_json(job.folder / "weights.json", result.weights_document)
    write_json(job.folder / "baselines.json", result.baselines)
    if isinstance(result.fitted.rule, Searched):
        write_search(
            job.folder, result.fitted.rule, joined.names, result.curves, config.fit_split.name
        )
    _log_result(config, job, settings, result)
    split, _, score = config.objective.partition("/")
    objective: float | None = result.metrics.get(split, {}).get(score)
    _tell_result(config, job, result, objective)
    return objective


def _tell_members(config: FuseConfig, joined: JoinedMembers) -> None:
    import logging

    from lfx.artifacts.agreement import doubts

    log = logging.getLogger("lfx.fuse")
    origins = dict(zip(joined.names, joined.origins, strict=True))
    these = tuple((config.members[name], origin.created) for name, origin in origins.items())
    if these not in _TOLD:  # all jobs of a sweep would say the same
        _TOLD.add(these)
        for name, one in origins.items():
            made = f"{one.name}, seed {one.seed}, made {one.created}"
            log.info("member %s: %s (%s)", name, config.members[name], made)
        for doubt in doubts(origins):
            log.warning(doubt)
    for name, counts in joined.missing().items():
        told = ", ".join(f"{count} of {split}" for split, count in counts.items())
        log.warning("member %s lacks %s; the others speak for it there", name, told)
    if joined.dropped:
        told = ", ".join(f"{count} of {split}" for split, count in joined.dropped.items())
        log.warning("samples that some member lacks are left out: %s", told)


# Which members have been told of in this process.
_TOLD: set[tuple[tuple[str, str], ...]] = set()


def _log_result(
    config: FuseConfig, job: Job, settings: dict[str, Any], result: FusionResult
) -> None:
    from lfx.reporting.errors import look_at_errors
    from lfx.reporting.loggers import build_logger, log_picture, log_result

    logger = build_logger(
        settings["logger"],
        stage="fuse",
        name=config.name,
        folder=job.folder,
        overrides=job.overrides,
        sweep=job.sweep,
    )
    if job.sweep is None:  # pictures of all jobs would take longer than the jobs
        look_at_errors(result.predictions, job.folder, logger)
    picture = job.folder / "curve.png"
    if picture.is_file():
        log_picture(logger, "curve", picture)
    log_result(logger, settings, result.metrics)


def _tell_result(
    config: FuseConfig, job: Job, result: FusionResult, objective: float | None
) -> None:
    import logging

    from lfx.evaluation.unpredicted import unpredicted_classes
    from lfx.reporting.score_columns import print_scores
    from lfx.reporting.weights import told_calibrations, told_search, told_weights

    log = logging.getLogger("lfx.fuse")
    document = result.weights_document
    if "note" in document:
        log.warning("fusion=%s: %s", document["scheme"], document["note"])
    if job.sweep is not None:  # whose end tells the rest, of all jobs together
        told = "not to be had" if objective is None else f"{objective:.4f}"
        log.info(
            "%s: %s %s; weights: %s", config.name, config.objective, told, told_weights(document)
        )
        return
    if objective is None and result.labelled:
        split = config.objective.partition("/")[0]
        log.warning("objective=%s: the members have no labelled %s rows", config.objective, split)
    if result.labelled:
        beside = {f"baseline: {name}": scores for name, scores in result.baselines.items()}
        print_scores({config.name: result.metrics} | beside)
        for sentence in unpredicted_classes(result.predictions):
            log.warning(sentence)
    else:
        fused = len(result.predictions.label)
        log.info("no labelled rows to report, no scores: %d samples fused", fused)
    for line in told_calibrations(document):
        log.info("%s", line)
    log.info("weights: %s", told_weights(document))
    if "search" in document:
        log.info("%s", told_search(document))
    if "fit_folds" in document:
        log.info(
            "%s rows are fused by fits on the other %d of %d folds",
            document["fit_split"],
            document["fit_folds"] - 1,
            document["fit_folds"],
        )
    log.info("predictions: %s", job.folder / "predictions.parquet")
    log.info("run: %s", job.folder)


def member_contents(config: FuseConfig) -> str:
    """Tell the state of the members' files, so that a repeated sweep knows whether they changed."""
    from lfx.artifacts.members import digest

    return digest(config.files)


def collect(sweep: Path) -> None:
    """Tell what a multirun led to: every job in a table, a ranking, a curve."""
    from lfx.reporting.summary import log_sweep, summarise_sweep

    log_sweep(summarise_sweep(sweep))


def main() -> None:
    """Run the stage from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "fuse",
        FuseConfig,
        fuse,
        open_mappings=("members",),
        collect=collect,
        inputs=member_contents,
        prepare=take_further_scores,
        leaves=("predictions.parquet", "metrics.json", "weights.json", "baselines.json"),
    )


if __name__ == "__main__":
    main()
