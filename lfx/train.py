"""`python -m lfx.train`: train one modality's model and save what it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import OPEN_DATA, Job, run_stage
from lfx.command.roots.train import TrainConfig

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.runs.plan import RunPlan
    from lfx.training.loggers import LoggedRun


def train(config: TrainConfig, job: Job) -> None:
    """Train, predict, evaluate, publish."""
    from lfx.reporting.training import report_run
    from lfx.runs.carry_out import carry_out
    from lfx.runtime.files import require_folder

    plan = build_plan(config, job)
    require_folder(config.artifacts.dir, "artifacts.dir")
    trained = carry_out(plan, job.folder, siblings=job.sweep is None)
    report_run(plan, job.folder, trained)


def build_plan(config: TrainConfig, job: Job) -> RunPlan:
    """Build what the settings name."""
    from dataclasses import replace
    from pathlib import Path

    from lfx.data.dataset import Dataset
    from lfx.losses.loss import Loss
    from lfx.modalities.encoder import EncoderBuilder
    from lfx.modalities.modality import Modality
    from lfx.models.heads import Head
    from lfx.paraphrasing.paraphrases import ParaphraseFile
    from lfx.reporting.training import report_model
    from lfx.runs.plan import RunPlan
    from lfx.runtime.build import build_all
    from lfx.runtime.plain import plain
    from lfx.training.loggers import Logging
    from lfx.training.regime import Regime, Request
    from lfx.training.trainer import TrainerSettings

    kinds = {
        "data": Dataset,
        "modality": Modality,
        "encoder": EncoderBuilder,
        "head": Head,
        "training": Regime,
        "trainer": TrainerSettings,
        "logger": Logging,
        "paraphrases": ParaphraseFile,
        **({} if config.loss is None else {"loss": Loss}),
    }
    parts = build_all({key: (getattr(config, key), kind) for key, kind in kinds.items()})
    plan = RunPlan(
        name=config.name,
        seed=config.seed,
        ckpt=config.ckpt,
        phase_1_ckpt=config.phase_1_ckpt,
        start=config.start,
        dataset=parts["data"],
        modality=parts["modality"],
        encoder=parts["encoder"],
        head=parts["head"],
        regime=parts["training"],
        request=Request(
            trainer=parts["trainer"],
            loss=parts.get("loss"),
            phase=config.phase,
            starts_from_phase_1=config.phase_1_ckpt is not None,
            cross_validates=config.data.folds is not None,
            trainable=parts["encoder"].trainable,
            parts=parts["encoder"].parts,
        ),
        paraphrase_file=parts["paraphrases"],
        splits=tuple(config.artifacts.splits),
        published=Path(config.artifacts.dir) / f"{config.name}.parquet",
        overwrites=config.artifacts.overwrite,
        settings=plain(config),
        build_logger=lambda folder, fold, resumed: parts["logger"].build(
            replace(_logged(job, plan, folder, fold), resumed=resumed)
        ),
        report=lambda trained: report_model(plan, trained),
    )
    return plan


def _logged(job: Job, plan: RunPlan, folder: Path, fold: int | None) -> LoggedRun:
    """Return what a logger is told of a model's run."""
    from lfx.training.loggers import LoggedRun
    from lfx.training.run_title import run_title

    encoder = str(plan.settings["encoder"].get("name", ""))
    parts = [encoder, f"seed {plan.seed}", *([] if fold is None else [f"fold {fold}"])]
    title = run_title(plan.name, [*filter(None, parts)], job.overrides, job.sweep)
    group = job.sweep if fold is None else job.sweep or job.folder  # folds belong together
    return LoggedRun("train", plan.name, folder, title, group, plan.settings)


def collect(sweep: Path) -> None:
    """Write every job into a table; print one row a kind of run, averaged over its seeds."""
    from lfx.reporting.summary import log_sweep, summarise_sweep

    log_sweep(summarise_sweep(sweep))


def main() -> None:
    """Run the stage from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "train",
        TrainConfig,
        train,
        open_mappings=(*OPEN_DATA, "start"),
        collect=collect,
        prepare=take_further_scores,
    )


if __name__ == "__main__":
    main()
