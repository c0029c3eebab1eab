"""From samples and a model's logits to predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.artifacts.predictions import Metadata, Predictions
from lfx.runtime.errors import name_some
from lfx.runtime.rundir import now
from lfx.runtime.versions import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from lfx.data.samples import SampleTable
    from lfx.modalities.checkpoint_content import Provenance

# The split of samples that the model has never seen and that no protocol divides.
PREDICT = "predict"


def assemble(
    table: SampleTable,
    rows: Sequence[int],
    logits: npt.NDArray[np.float32],
    *,
    modality: str,
    name: str,
    seed: int,
    config_hash: str,
) -> Predictions:
    """Make predictions of some rows of the table.

    Args:
        table: the samples; its fingerprints name data and split. Those in no split are `predict`.
        rows: (rows,) positions in the table.
        logits: (rows, classes).
        modality: what the model looked at.
        name: what the run called itself.
        seed: the run's seed.
        config_hash: identifies the run's configuration.
    """
    return Predictions.from_columns(
        {
            "sample_id": [table.ids[row] for row in rows],
            "group": [table.groups[row] for row in rows],
            "split": [table.splits[row] or PREDICT for row in rows],
            "label": [table.labels[row] for row in rows],
        },
        logits,
        Metadata(
            classes=table.classes,
            modality=modality,
            name=name,
            data_fingerprint=table.data_fingerprint(),
            split_fingerprint=table.split_fingerprint(),
            seed=seed,
            config_hash=config_hash,
            created=now(),
            versions=versions(),
        ),
    )


def known_splits(table: SampleTable, provenance: Provenance) -> tuple[str | None, ...]:
    """Say in which split the model knew each sample.

    On the very data that it was trained on, samples keep their splits: its training samples shall
    not pass for new ones. On other data all of them are new.

    Args:
        table: the samples.
        provenance: what the model's run noted of its data.

    Returns:
        (samples,) `train`, `val`, `test`, or None for new samples.
    """
    if table.data_fingerprint() != provenance.data_fingerprint:
        return (None,) * len(table)
    return tuple(provenance.splits.get(name) for name in table.ids)


def doubtful_ids(table: SampleTable, provenance: Provenance) -> list[str]:
    """Tell where samples that count as new have ids that the model was trained with.

    Args:
        table: the samples, in the splits that `known_splits` gives.
        provenance: what the model's run noted of its data.

    Returns:
        A sentence for a warning, or none.
    """
    seen = [
        name
        for name, split in zip(table.ids, table.splits, strict=True)
        if split is None and provenance.splits.get(name) == "train"
    ]
    if not seen:
        return []
    told = (
        f"{len(seen)} of {len(table)} samples have ids of the model's train split, though the data "
        f"are not those it was trained on: {name_some(seen)}. If they are the same samples, what "
        "is measured on them flatters"
    )
    return [told]
