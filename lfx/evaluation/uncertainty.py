"""The 95 % intervals of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.evaluation.intervals import Interval, wilson
from lfx.evaluation.resampling import RESAMPLES, resample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.evaluation.shared_samples import SharedSamples

_ACCURACY = "accuracy"


def score_intervals(
    samples: SharedSamples, keys: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[dict[str, Interval]]:
    """Compute the 95 % interval of each score of each model.

    Of the accuracy it is Wilson's interval where each sample is a group of its own; of other
    scores, and where samples share a group, it is the bootstrap's over groups.

    Args:
        samples: the models' probabilities, labels and groups.
        keys: of the scores.
        resamples: the number of resamples.
        seed: seed of the resamples.

    Returns:
        For each model: key → interval, without scores that have none, as with a single group.

    Example:
        >>> import numpy as np
        >>> from lfx.evaluation.shared_samples import SharedSamples
        >>> labels = np.repeat([0, 1], [40, 10])
        >>> samples = SharedSamples.of(["a"], ["no", "yes"], [np.eye(2)[0 * labels]], labels)
        >>> (intervals,) = score_intervals(samples, ["accuracy"])
        >>> [round(bound, 3) for bound in intervals["accuracy"]]
        [0.67, 0.888]
    """
    by_count = _ACCURACY in keys and samples.independent
    resampled = resample(
        samples,
        [key for key in keys if not (by_count and key == _ACCURACY)],
        resamples=resamples,
        seed=seed,
    )
    intervals = []
    for model, right in enumerate(samples.right):
        of_model = {key: scores.interval(model) for key, scores in resampled.items()}
        if by_count:
            of_model[_ACCURACY] = wilson(int(right.sum()), len(right))
        ordered = ((key, of_model.get(key)) for key in keys)
        intervals.append({key: interval for key, interval in ordered if interval is not None})
    return intervals
