"""The split that results are reported on: `test`, or another one if nothing is labelled there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.data.split_names import OOF

if TYPE_CHECKING:
    from collections.abc import Iterable

TEST = "test"
# Key of `metrics.json` beside the splits: the scores on the samples that all members have, split by
# split, of a fusion that some member lacks samples of.
COMPLETE = "complete"
# Keys of a split's metrics: score → 95 % interval; and the scores on the samples that no near
# duplicate of was among those that the model was fitted on, where some are not.
INTERVALS = "intervals"
UNSEEN = "unseen"
# What was least involved in training comes first: early stopping has looked at `val`, not at `oof`.
_BY_PREFERENCE = (TEST, "predict", OOF, "val")


def reported_split(splits: Iterable[str]) -> str | None:
    """Return the split that results are reported on.

    Args:
        splits: the splits that have labelled samples, or scores; other names are ignored.

    Returns:
        `test` if it is among them, else `predict`, `oof` or `val`; None if there is none of these.

    Example:
        >>> reported_split(["val", "test"]), reported_split(["train", "val"])
        ('test', 'val')
    """
    available = set(splits)
    return next((split for split in _BY_PREFERENCE if split in available), None)


def reported_in_place_of_test(splits: Iterable[str], training: str = "the training") -> str | None:
    """Return a sentence about the split that is reported without a test split.

    Args:
        splits: the splits that have scores.
        training: what early stopping has stopped, in words.

    Returns:
        None if `test` is reported, or `predict`, which no model has been trained with, or nothing.
    """
    split = reported_split(splits)
    if split == OOF:
        return "no labelled test samples: oof is reported, whose rows their models have not seen"
    if split == "val":
        return f"no labelled test samples: val is reported, which also stopped {training}"
    return None
