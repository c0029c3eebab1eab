"""Report the diagnostics of embeddings: numbers, a table and a picture."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lfx.evaluation.embeddings import Arrangement, arrange, flatten
from lfx.reporting.pictures.scatter import draw_embeddings
from lfx.reporting.table import NUMBER, Column, Table
from lfx.runtime.files import write_json
from lfx.training.contrastive import Contrastive
from lfx.training.loaders import labels_of
from lfx.training.logged import log_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytorch_lightning.loggers import Logger

    from lfx.runs.plan import RunPlan, Trained

log = logging.getLogger(__name__)

# Step of training -> embeddings of training and of validation samples, both (samples, width).
StepEmbeddings = Mapping[str, tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]]
Labels = npt.NDArray[np.integer]

_TITLES = {
    "phase_1/before": "encoder before phase 1",
    "phase_1/after": "encoder after phase 1",
    "phase_2/before": "frozen encoder in phase 2",
    "phase_2/after": "logits after phase 2",
}
# The largest number of validation samples: all pairs of them are compared.
_MOST = 5000
_COLUMNS = ("alignment", "uniformity", "knn_accuracy", "silhouette")


@dataclass(frozen=True)
class DiagnosticOptions:
    """Options of the diagnostics.

    Attributes:
        neighbours: the number of training samples that vote on a validation sample.
        picture: `pca`, `tsne`, or `none`.
        seed: seed of t-SNE.
    """

    neighbours: int
    picture: str
    seed: int


def report_run_embeddings(plan: RunPlan, trained: Trained) -> None:
    """Report the embeddings of training in two phases; any other has none."""
    if not isinstance(plan.regime, Contrastive):
        return
    options, table = plan.regime.diagnostics, trained.trained_on
    train, val = (np.array(labels_of(table, table.rows(split))) for split in ("train", "val"))
    report_embeddings(
        {
            step: (vectors.train, vectors.val)
            for step, vectors in trained.outcome.embeddings.items()
        },
        train,
        val,
        DiagnosticOptions(options.neighbours, options.picture, plan.seed),
        classes=table.classes,
        folder=trained.context.run,
        logger=trained.context.logger,
    )


def report_embeddings(
    embeddings: StepEmbeddings,
    train_labels: Labels,
    val_labels: Labels,
    options: DiagnosticOptions,
    *,
    classes: Sequence[str],
    folder: Path,
    logger: Logger | None,
) -> None:
    """Compute, print, draw and log diagnostics; write `diagnostics.json` and `embeddings.png`.

    Args:
        embeddings: step of training -> embeddings of training and of validation samples.
        train_labels: (training samples,).
        val_labels: (validation samples,).
        options: options of the diagnostics.
        classes: class names in order.
        folder: the run's folder.
        logger: also gets the numbers and the picture.
    """
    if not embeddings:
        return
    embeddings, val_labels = _subsample(embeddings, val_labels, options.seed)
    diagnostics = {
        step: arrange(train, train_labels, val, val_labels, neighbours=options.neighbours)
        for step, (train, val) in embeddings.items()
    }
    write_json(folder / "diagnostics.json", nested(diagnostics))
    # Phase 2 starts with the encoder of the end of phase 1: shown once if both took place.
    repeated = "phase_2/before" if "phase_1/after" in embeddings else None
    shown = [step for step in embeddings if step != repeated]
    rows = [[_TITLES[step], *asdict(diagnostics[step]).values()] for step in shown]
    numbers = [Column(name.replace("_", " "), NUMBER) for name in _COLUMNS]
    Table([Column("validation samples"), *numbers], rows).print()
    if logger is not None:
        logger.log_metrics(
            {
                f"diagnostics/{step}/{name}": value
                for step, numbers_of_step in diagnostics.items()
                for name, value in asdict(numbers_of_step).items()
                if not math.isnan(value)
            }
        )
    if options.picture == "none":
        return
    vectors = [embeddings[step][1] for step in shown]
    points = flatten(vectors, method=options.picture, seed=options.seed)
    file = folder / "embeddings.png"
    panels = dict(zip((_TITLES[step] for step in shown), points, strict=True))
    title = f"{len(val_labels)} validation samples ({options.picture})"
    draw_embeddings(file, title, panels, val_labels.tolist(), classes)
    log_picture(logger, "embeddings", file)
    log.info("embeddings: %s", file)


def _subsample(
    embeddings: StepEmbeddings, labels: Labels, seed: int
) -> tuple[StepEmbeddings, Labels]:
    """Return a random subset of very many validation samples."""
    if len(labels) <= _MOST:
        return embeddings, labels
    log.info("diagnostics of the embeddings use %d of %d validation samples", _MOST, len(labels))
    rows = np.sort(np.random.default_rng(seed).choice(len(labels), _MOST, replace=False))
    return {step: (train, val[rows]) for step, (train, val) in embeddings.items()}, labels[rows]


def nested(diagnostics: Mapping[str, Arrangement]) -> dict[str, dict[str, Any]]:
    """Return the content of `diagnostics.json`: phase -> before and after -> number or null."""
    content: dict[str, dict[str, Any]] = {}
    for step, numbers in diagnostics.items():
        phase, when = step.split("/")
        content.setdefault(phase, {})[when] = {
            name: None if math.isnan(value) else value for name, value in asdict(numbers).items()
        }
    return content
