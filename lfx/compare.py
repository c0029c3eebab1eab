"""`python -m lfx.compare`: models on the same samples, and what each is worth to a fusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import Job, run_stage
from lfx.command.roots.compare import CompareConfig

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.pipeline import Pipeline
    from lfx.reporting.table import Table


def compare(config: CompareConfig, job: Job) -> None:
    """Read the members; print and write the tables."""
    import logging

    from lfx.artifacts.members import join_files, published_members
    from lfx.evaluation.shared_samples import split_samples
    from lfx.fusion.calibration.calibrator import Calibrator
    from lfx.fusion.calibration.samples import with_calibrated
    from lfx.fusion.worth import value_joined
    from lfx.reporting.calibration import calibration_table, draw_calibration
    from lfx.reporting.comparison import (
        agreement_table,
        class_table,
        difference_table,
        score_table,
    )
    from lfx.reporting.tracking.predictions import consumed_predictions
    from lfx.reporting.tracking.tables import send_tables
    from lfx.reporting.worth import worth_table
    from lfx.reporting.written import written
    from lfx.runtime.build import build
    from lfx.runtime.device import resolve_device
    from lfx.runtime.figures import picture_files
    from lfx.runtime.plain import plain
    from lfx.runtime.settings import component_name
    from lfx.training.loggers import LoggedRun, Logging

    files = config.members or published_members(config.artifacts.dir)
    joined = join_files(files, "renormalise")
    split, samples, unseen = split_samples(joined, config.split, config.against)
    fit_split, seed = config.fit_split, config.seed
    logger: Logging = build(config.logger, "logger", Logging)
    calibrator: Calibrator = build(config.calibration, "calibration", Calibrator)
    calibrated = with_calibrated(
        samples, joined, calibrator, split=split, fit_split=fit_split, seed=seed
    )
    tables = {
        "scores": score_table(samples, unseen, split),
        "differences": difference_table(samples, config.against),
        "agreement": agreement_table(samples),
        "classes": class_table(samples),
        "calibration": calibration_table(calibrated),
    }
    if config.worth:
        pipeline = _pipeline(config, config.fusion, "fusion")
        device = resolve_device(config.device)
        worths = value_joined(
            joined, pipeline, split=split, fit_split=fit_split, seed=seed, device=device
        )
        scheme = component_name(pipeline.scheme)
        tables["worth"] = worth_table(worths, scheme, len(samples.labels))
    if config.nested:
        tables["nested"] = _nested(config, joined)
    picture = draw_calibration(calibrated, split, job.folder / "reliability.png")
    written_files = picture_files(picture)
    for name, table in tables.items():
        print(f"\n{name}: {fit_split if name == 'nested' else split}")  # noqa: T201
        table.print()
        written_files += table.write(job.folder, name)
    logging.getLogger("lfx.compare").info("%s", written(written_files))
    logged = LoggedRun(
        "compare", "compare", job.folder, f"compare {config.data}", job.sweep, plain(config)
    )
    consumed = consumed_predictions(files, config.data)
    send_tables(logger.build(logged), tables, pictures=[picture], consumed=consumed)


def _nested(config: CompareConfig, joined: JoinedMembers) -> Table:
    """Choose a scheme by nested cross-validation."""
    from lfx.fusion.fit_data import complete_rows, fit_data, outputs_of
    from lfx.fusion.nested import choose_nested
    from lfx.reporting.worth import nested_table
    from lfx.runtime.device import resolve_device

    outputs = outputs_of(joined, resolve_device(config.device))
    rows = complete_rows(joined, config.fit_split)
    fit = fit_data(joined, outputs, rows, config.seed)
    pipelines = {
        name: _pipeline(config, scheme, f"schemes.{name}")
        for name, scheme in config.schemes.items()
    }
    nested = choose_nested(fit, pipelines, config.metric, outer=config.folds, inner=config.folds)
    return nested_table(nested, fit, config.fit_split, config.metric)


def _pipeline(config: CompareConfig, scheme: object, place: str) -> Pipeline:
    from lfx.fusion.calibration.calibrator import Calibrator
    from lfx.fusion.pipeline import Pipeline
    from lfx.fusion.schemes.scheme import Scheme
    from lfx.runtime.build import build

    return Pipeline(
        build(config.calibration, "calibration", Calibrator), build(scheme, place, Scheme)
    )


def main() -> None:
    """Run the command from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "compare",
        CompareConfig,
        compare,
        open_mappings=("members",),
        prepare=take_further_scores,
    )


if __name__ == "__main__":
    main()
