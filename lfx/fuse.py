"""`python -m lfx.fuse`: combine what the members predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.configuration.stages import FuseConfig
from lfx.configuration.typed import config_hash, plain
from lfx.launch.entry import Job, run_stage

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions


def fuse(config: FuseConfig, job: Job) -> None:
    """Read the members, find weights, apply them, write artifact, metrics and weights."""
    import logging
    from functools import partial

    from lfx.artifacts.parquet import write_predictions
    from lfx.configuration.build import build
    from lfx.fusion.fuse import fuse as fuse_members
    from lfx.fusion.schemes.scheme import Scheme
    from lfx.reporting.loggers import build_logger, log_result
    from lfx.reporting.table import SPLITS, print_scores
    from lfx.runtime.device import resolve_device
    from lfx.runtime.files import write_json
    from lfx.runtime.versions import versions

    log = logging.getLogger("lfx.fuse")
    settings = plain(config)
    scheme = {key: value for key, value in settings["fusion"].items() if key != "name"}
    members = _members(config)
    for name, member in sorted(members.items()):
        origin = member.metadata
        log.info(
            "member %s: %s (%s, seed %d, made %s)",
            name,
            config.members[name],
            origin.name,
            origin.seed,
            origin.created,
        )
    result = fuse_members(
        members,
        build(scheme, "fusion", Scheme),
        name=config.name,
        fit_split=config.fit_split.name,
        allow_leaky_fit=config.allow_leaky_fit,
        device=resolve_device(config.device),
        seed=config.seed,
        config_hash=config_hash(config),
        versions=versions(),
    )
    write_predictions(job.folder / "predictions.parquet", result.predictions)
    write_json(job.folder / "metrics.json", result.metrics)
    document = result.weights_document()
    write_json(job.folder / "weights.json", document)
    logger = partial(build_logger, settings["logger"], stage="fuse", name=config.name)
    log_result(
        logger(folder=job.folder, overrides=job.overrides, sweep=job.sweep),
        settings,
        result.metrics,
    )
    if any(split in result.metrics for split in SPLITS):
        print_scores({config.name: result.metrics})
    else:
        log.info("no labels, no scores: %d samples fused", len(result.predictions.sample_id))
    log.info("weights: %s", dict(zip(document["members"], document["weights"], strict=True)))
    log.info("predictions: %s", job.folder / "predictions.parquet")
    log.info("run: %s", job.folder)


def _members(config: FuseConfig) -> dict[str, Predictions]:
    """Read every member's artifact; all that cannot be read are named at once."""
    from pathlib import Path

    from lfx.artifacts.parquet import read_predictions
    from lfx.runtime.errors import ArtifactError, FusionError

    members, problems = {}, []
    for name, path in config.members.items():
        try:
            members[name] = read_predictions(Path(path))
        except ArtifactError as error:
            problems.append(f"member {name}: {error}")
    if problems:
        raise FusionError(
            "\n".join(problems) + "\ntrain it first (python -m lfx.train modality=… data=…), point "
            "to it with members.NAME=PATH, or leave it out with ~members.NAME"
        )
    return members


def main() -> None:
    """Run the stage from the command line."""
    run_stage("fuse", FuseConfig, fuse, open_mappings=("members", "fusion.weights"))


if __name__ == "__main__":
    main()
