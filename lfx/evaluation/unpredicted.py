"""Classes that a model never predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.data.split_names import REPORTED
from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions


def unpredicted_classes(predictions: Predictions) -> list[str]:
    """Return a warning for each split in which a class has samples and is never predicted.

    Accuracy does not show this if the class is rare.

    Args:
        predictions: one row per sample in each split; unlabelled rows do not count.
    """
    warnings = []
    names = predictions.metadata.classes
    for split in REPORTED:
        labelled = predictions.rows(split) & (predictions.label >= 0)
        samples = int(labelled.sum())
        if samples:
            support = np.bincount(predictions.label[labelled], minlength=len(names))
            predicted = predictions.logits[labelled].argmax(axis=1)
            counts = np.bincount(predicted, minlength=len(names))
            missing = np.flatnonzero((support > 0) & (counts == 0)).tolist()
            if missing:
                listed = name_some(f"{names[label]} ({support[label]})" for label in missing)
                warnings.append(
                    f"{predictions.metadata.name}: classes that are never predicted on {split} "
                    f"(n = {samples}), with their numbers of samples: {listed}"
                )
    return warnings
