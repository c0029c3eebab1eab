"""Classes that a model never predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.data.split_names import REPORTED
from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions


def unpredicted_classes(predictions: Predictions) -> list[str]:
    """Return a sentence for each split in which a class has samples and is never predicted.

    Accuracy hides it where such a class is rare.

    Args:
        predictions: one row per sample in each split; unlabelled rows do not count.
    """
    sentences = []
    names = predictions.metadata.classes
    for split in REPORTED:
        chosen = predictions.rows(split) & (predictions.label >= 0)
        rows = int(chosen.sum())
        if rows:
            support = np.bincount(predictions.label[chosen], minlength=len(names))
            answers = predictions.logits[chosen].argmax(axis=1)
            predicted = np.bincount(answers, minlength=len(names))
            never = np.flatnonzero((support > 0) & (predicted == 0)).tolist()
            if never:
                listed = name_some(f"{names[label]} ({support[label]})" for label in never)
                sentences.append(
                    f"{predictions.metadata.name}: never predicted on {split} (n = {rows}), "
                    f"with how many samples each class has: {listed}"
                )
    return sentences
