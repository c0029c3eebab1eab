"""Build predictions from samples and a model's logits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions
from lfx.runs.status import now
from lfx.runtime.errors import name_some
from lfx.runtime.versions import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from lfx.data.samples import SampleTable
    from lfx.runs.checkpoint_content import Provenance

# The split of samples that are new to the model and belong to no other split.
PREDICT = "predict"


@dataclass(frozen=True)
class Origin:
    """Where predictions come from.

    Attributes:
        modality: the modality that the model read.
        name: the run's name.
        seed: the run's seed.
        config_hash: identifies the run's configuration.
        columns: column that the model read → its fingerprint.
        regime: how the model was trained; None: unknown.
    """

    modality: str
    name: str
    seed: int
    config_hash: str
    columns: Mapping[str, str]
    regime: str | None = None


def assemble(
    table: SampleTable,
    rows: Sequence[int],
    logits: npt.NDArray[np.float32],
    origin: Origin,
    seen: npt.NDArray[np.bool_] | None,
) -> Predictions:
    """Build the predictions of some rows of a table.

    Args:
        table: the samples and their fingerprints. Samples without a split get the split `predict`.
        rows: (rows,) positions in the table.
        logits: (rows, classes).
        origin: where they come from.
        seen: (samples of the table,) whether the model was fitted on another sample of the group;
            None: it is unknown.
    """
    return Predictions.from_columns(
        {
            "sample_id": [table.ids[row] for row in rows],
            "group": [table.groups[row] for row in rows],
            "split": [table.splits[row] or PREDICT for row in rows],
            "label": [int(table.labels[row]) for row in rows],
            "seen": [None if seen is None else bool(seen[row]) for row in rows],
        },
        logits,
        Metadata(
            classes=table.classes,
            modality=origin.modality,
            name=origin.name,
            data_fingerprint=table.data_fingerprint(),
            split_fingerprint=table.split_fingerprint(),
            seed=origin.seed,
            config_hash=origin.config_hash,
            created=now(),
            versions=versions(),
            columns=dict(origin.columns),
            regime=origin.regime,
        ),
    )


def known_splits(table: SampleTable, provenance: Provenance) -> tuple[str | None, ...]:
    """Return the split that each sample had when the model was trained.

    On the data set that the model was trained on, samples keep their splits, so that training
    samples do not count as new. On another data set all samples are new.

    Args:
        table: the samples.
        provenance: the data that the model was trained on.

    Returns:
        (samples,) `train`, `val`, `test`, or None for new samples.
    """
    if not is_of_training(table, provenance):
        return (None,) * len(table)
    return tuple(provenance.splits.get(name) for name in table.ids)


def is_of_training(table: SampleTable, provenance: Provenance) -> bool:
    """Return whether a table is the data set that a model was trained on."""
    return table.data_fingerprint() == provenance.data_fingerprint


def trained_id_warnings(table: SampleTable, provenance: Provenance) -> list[str]:
    """Return a warning if samples that count as new have ids of the model's training samples.

    Args:
        table: the samples, with the splits of `known_splits`.
        provenance: the data that the model was trained on.

    Returns:
        One warning, or none.
    """
    trained = [
        name
        for name, split in zip(table.ids, table.splits, strict=True)
        if split is None and provenance.splits.get(name) == "train"
    ]
    if not trained:
        return []
    warning = (
        f"{len(trained)} of {len(table)} samples have ids of the model's train split, although the "
        f"data set is not the one it was trained on: {name_some(trained)}. If they are the same "
        "samples, their scores are too good"
    )
    return [warning]
