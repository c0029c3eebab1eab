"""Whether an artifact's rows are samples of a data set, where no fingerprint can say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.artifacts.predictions import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.artifacts.predictions import Predictions


def are_samples_of(
    predictions: Predictions,
    ids: Sequence[str],
    labels: Sequence[int | None],
    classes: Sequence[str],
) -> bool:
    """Return whether a data set has all rows' ids, with the same classes as labels.

    Args:
        predictions: rows whose data fingerprint is of another schema than the data set's.
        ids: the data set's, `(samples,)`; a NumPy array will do.
        labels: class index of each sample, `(samples,)`; None or -1 if unlabelled.
        classes: names of the data set's classes.
    """
    names = [*classes, None]  # at index -1: unlabelled
    known = {
        str(sample): names[NONE if label is None else label]
        for sample, label in zip(ids, labels, strict=True)
    }
    of_rows = [*predictions.metadata.classes, None]
    missing = object()  # None is the label of an unlabelled sample
    return all(
        known.get(sample, missing) == of_rows[label]
        for sample, label in zip(
            predictions.sample_id.tolist(), predictions.label.tolist(), strict=True
        )
    )
