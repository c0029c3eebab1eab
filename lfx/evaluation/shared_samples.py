"""Probabilities that several models predicted for the same labelled samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lfx.artifacts.predictions import softmax
from lfx.artifacts.seen import seen_by_any
from lfx.evaluation.reported import reported_split
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.artifacts.joined import JoinedMembers


_LEAST_MEMBERS = 2


def group_codes(groups: pa.Array, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the groups of some samples as numbers from 0, in the order of their names.

    So resamples of groups are the same ones, in whichever order samples are.

    Args:
        groups: group of each sample, `(samples,)`, Arrow strings.
        rows: mask of the samples, `(samples,)`.

    Example:
        >>> rows = np.array([True, True, False, True])
        >>> group_codes(pa.array(["b", "a", "c", "b"]), rows).tolist()
        [1, 0, 1]
    """
    encoded = groups.filter(pa.array(rows)).dictionary_encode()
    codes = np.empty(len(encoded.dictionary), np.int64)
    codes[pc.array_sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(codes))
    return np.asarray(codes[encoded.indices.to_numpy()])


@dataclass(frozen=True, eq=False)
class SharedSamples:
    """Models' probabilities of the same samples.

    Attributes:
        names: names of the models.
        classes: names of the classes.
        probabilities: `(models, samples, classes)`, float64, rows summing to 1.
        labels: class indices, `(samples,)`, int64.
        groups: near-duplicate group of each sample, `(samples,)`, int64 from 0; samples of one
            group are not independent.

    Raises:
        ValueError: shapes do not match, or there are no samples.

    Example:
        >>> samples = SharedSamples.of(["a"], ["no", "yes"], [[[0.9, 0.1], [0.4, 0.6]]], [0, 0])
        >>> samples.right.tolist(), samples.independent
        ([[True, False]], True)
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check the shapes."""
        shape = (len(self.names), len(self.labels), len(self.classes))
        if self.probabilities.shape != shape or self.groups.shape != self.labels.shape:
            raise ValueError(
                f"probabilities must be (models, samples, classes), here {shape}, and groups "
                f"(samples,); got {self.probabilities.shape} and {self.groups.shape}"
            )
        if not len(self.labels):
            raise ValueError("there are no labelled samples")

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        classes: Sequence[str],
        probabilities: Any,
        labels: Any,
        groups: Any = None,
    ) -> SharedSamples:
        """Return samples from ordinary sequences.

        Args:
            names: names of the models.
            classes: names of the classes.
            probabilities: `(models, samples, classes)`.
            labels: class indices, `(samples,)`.
            groups: group of each sample, `(samples,)`, of any type; None: all are independent.
        """
        known = np.asarray(labels, np.int64)
        codes = np.arange(len(known))
        if groups is not None:
            _, codes = np.unique(np.asarray(groups), return_inverse=True)
        return cls(tuple(names), tuple(classes), np.asarray(probabilities, float), known, codes)

    @classmethod
    def of_split(
        cls, joined: JoinedMembers, split: str, *, unseen: bool = False
    ) -> SharedSamples | None:
        """Return the labelled samples of a split that all members have; None if there is none.

        Args:
            joined: the joined members.
            split: name of the split.
            unseen: whether samples are left out of whose group a member was fitted on another one.
        """
        rows = joined.complete & (joined.label >= 0) & joined.rows(split)
        if unseen:
            rows &= seen_by_any(joined.seen) != 1
        if not rows.any():
            return None
        groups = group_codes(joined.texts["group"], rows)
        probabilities = np.stack([softmax(logits[rows]) for logits in joined.logits])
        labels = joined.label[rows].astype(np.int64)
        return cls(joined.names, joined.classes, probabilities, labels, groups)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Whether a model predicts the label, `(models, samples)`."""
        return np.asarray(self.probabilities.argmax(axis=2) == self.labels)

    @cached_property
    def group_count(self) -> int:
        """The number of groups."""
        return int(self.groups.max()) + 1

    @property
    def independent(self) -> bool:
        """Whether each sample is a group of its own."""
        return self.group_count == len(self.labels)


def split_samples(
    joined: JoinedMembers, split: str | None, against: str | None = None
) -> tuple[str, SharedSamples, SharedSamples | None]:
    """Return the samples that members are compared on.

    Args:
        joined: two or more members.
        split: the split; None: the one that results are reported on.
        against: a member that has to be among them; None: none.

    Returns:
        The split, its labelled samples that all members have, and those of which no near duplicate
        was fitted on; None in place of the latter if they are all, or there are none.

    Raises:
        FusionError: there is nothing to compare.
    """
    names = ", ".join(joined.names)
    if len(joined.names) < _LEAST_MEMBERS:
        raise FusionError(f"comparing takes two members or more; there is {names} alone")
    if against is not None and against not in joined.names:
        raise FusionError(f"against={against}: there is no such member; there are {names}")
    labelled = joined.labelled_splits()
    chosen = split or reported_split(labelled)
    samples = None if chosen is None else SharedSamples.of_split(joined, chosen)
    if chosen is None or samples is None:
        raise FusionError(
            f"no labelled sample of {chosen or 'any split'} is in all members ({names}); labelled: "
            f"{', '.join(labelled) or 'none'}"
        )
    unseen = SharedSamples.of_split(joined, chosen, unseen=True)
    is_all = unseen is not None and len(unseen.labels) == len(samples.labels)
    return chosen, samples, None if is_all else unseen
