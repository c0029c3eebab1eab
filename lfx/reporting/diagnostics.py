"""What became of the embeddings: numbers, a table, a picture."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lfx.configuration.contrastive import ContrastiveConfig
from lfx.evaluation.embeddings import Arrangement, arrange, flatten
from lfx.modalities.loaders import labels_of
from lfx.reporting.loggers import log_picture
from lfx.reporting.pictures.scatter import draw_embeddings
from lfx.reporting.table import NUMBER, Column, Table
from lfx.runtime.files import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytorch_lightning.loggers import Logger

    from lfx.configuration.train import TrainConfig
    from lfx.modalities.surroundings import Outcome, Surroundings

log = logging.getLogger(__name__)

# When -> embeddings of the training and of the validation samples, both (samples, width).
Moments = Mapping[str, tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]]
Labels = npt.NDArray[np.integer]

_TITLES = {
    "phase_1/before": "encoder before phase 1",
    "phase_1/after": "encoder after phase 1",
    "phase_2/before": "frozen encoder in phase 2",
    "phase_2/after": "logits after phase 2",
}
# Validation samples at the most.
_MOST = 5000
_COLUMNS = ("alignment", "uniformity", "knn_accuracy", "silhouette")


@dataclass(frozen=True)
class Look:
    """How embeddings are looked at.

    Attributes:
        neighbours: how many training samples vote on a validation sample.
        picture: `pca`, `tsne`, or `none`.
        seed: of t-SNE.
    """

    neighbours: int
    picture: str
    seed: int


def look_at_embeddings(config: TrainConfig, around: Surroundings, outcome: Outcome) -> None:
    """Report the embeddings of a modality that is trained in two phases; of others there are none.

    Args:
        config: the stage's settings.
        around: where training happened, and on which samples.
        outcome: what it led to.
    """
    if not isinstance(config.modality, ContrastiveConfig):
        return
    own, table = config.modality.diagnostics, around.table
    train, val = (np.array(labels_of(table, table.rows(split))) for split in ("train", "val"))
    report_embeddings(
        {moment: (one.train, one.val) for moment, one in outcome.moments.items()},
        train,
        val,
        Look(own.neighbours, own.picture.name, config.seed),
        classes=table.classes,
        folder=around.run,
        logger=around.logger,
    )


def report_embeddings(
    moments: Moments,
    train_labels: Labels,
    val_labels: Labels,
    look: Look,
    *,
    classes: Sequence[str],
    folder: Path,
    logger: Logger | None,
) -> None:
    """Measure, print, draw and log; writes `diagnostics.json` and `embeddings.png`.

    Args:
        moments: when -> embeddings of the training and of the validation samples.
        train_labels: (training samples,).
        val_labels: (validation samples,).
        look: how they are looked at.
        classes: class names in order.
        folder: the run's folder.
        logger: where numbers and picture go as well.
    """
    if not moments:
        return
    moments, val_labels = _fewer(moments, val_labels, look.seed)
    found = {
        moment: arrange(train, train_labels, val, val_labels, neighbours=look.neighbours)
        for moment, (train, val) in moments.items()
    }
    write_json(folder / "diagnostics.json", nested(found))
    # What phase 2 starts from is what phase 1 ended with: shown once, where both took place.
    shown = [one for one in moments if one != "phase_2/before" or "phase_1/after" not in moments]
    rows = [[_TITLES[moment], *asdict(found[moment]).values()] for moment in shown]
    numbers = [Column(name.replace("_", " "), NUMBER) for name in _COLUMNS]
    Table([Column("validation samples"), *numbers], rows).print()
    if logger is not None:
        logger.log_metrics(
            {
                f"diagnostics/{moment}/{name}": value
                for moment, one in found.items()
                for name, value in asdict(one).items()
                if not math.isnan(value)
            }
        )
    if look.picture == "none":
        return
    flat = flatten([moments[moment][1] for moment in shown], method=look.picture, seed=look.seed)
    file = folder / "embeddings.png"
    panels = {_TITLES[moment]: points for moment, points in zip(shown, flat, strict=True)}
    title = f"{len(val_labels)} validation samples ({look.picture})"
    draw_embeddings(file, title, panels, val_labels.tolist(), classes)
    log_picture(logger, "embeddings", file)
    log.info("embeddings: %s", file)


def _fewer(moments: Moments, labels: Labels, seed: int) -> tuple[Moments, Labels]:
    """Look at some of very many validation samples: all pairs of them are compared."""
    if len(labels) <= _MOST:
        return moments, labels
    log.info("the embeddings of %d of %d validation samples are looked at", _MOST, len(labels))
    rows = np.sort(np.random.default_rng(seed).choice(len(labels), _MOST, replace=False))
    return {moment: (train, val[rows]) for moment, (train, val) in moments.items()}, labels[rows]


def nested(found: Mapping[str, Arrangement]) -> dict[str, dict[str, Any]]:
    """Give the content of `diagnostics.json`: phase -> before and after -> number, null for NaN."""
    content: dict[str, dict[str, Any]] = {}
    for moment, one in found.items():
        phase, when = moment.split("/")
        content.setdefault(phase, {})[when] = {
            name: None if math.isnan(value) else value for name, value in asdict(one).items()
        }
    return content
