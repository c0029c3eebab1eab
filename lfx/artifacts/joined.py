"""The logits of several members on the same samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import NONE, Predictions


@dataclass(frozen=True, eq=False)
class JoinedMembers:
    """Members' logits on samples that all members, or some of them, have.

    Attributes:
        names: names of the members, sorted.
        classes: names of the classes.
        texts: `sample_id` and `group`, `(samples,)` each, as Arrow strings; sorted by split, then
            by id.
        split: `(samples,)`, strings.
        label: `(samples,)`, int16, -1 if unlabelled.
        logits: `(members, samples, classes)`, float64, raw scores before softmax; 0 where a member
            lacks a sample.
        present: `(members, samples)`, whether the member has the sample; each sample has at least
            one member.
        dropped: split → number of samples that were left out because a member lacks them.
        data_fingerprint: the data fingerprint, equal for all members.
        split_fingerprint: the members' split fingerprints, joined by `+` if they differ.
        leaky: whether any member is leaky.
        origins: the metadata of each member's artifact, in the order of the names.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    texts: Mapping[str, pa.Array]
    split: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, np.dtype[np.float64]]
    present: np.ndarray[Any, np.dtype[np.bool_]]
    dropped: dict[str, int]
    data_fingerprint: str
    split_fingerprint: str
    leaky: bool
    origins: tuple[Metadata, ...]

    @cached_property
    def sample_id(self) -> np.ndarray[Any, Any]:
        """The ids, `(samples,)`, strings that are created on first access."""
        return np.asarray(self.texts["sample_id"].to_numpy(zero_copy_only=False))

    @cached_property
    def group(self) -> np.ndarray[Any, Any]:
        """The groups, `(samples,)`, strings that are created on first access."""
        return np.asarray(self.texts["group"].to_numpy(zero_copy_only=False))

    def rows(self, split: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return the mask of a split's samples, `(samples,)`."""
        return np.asarray(self.split == split, dtype=np.bool_)

    def predictions(
        self, logits: np.ndarray[Any, np.dtype[np.float32]], metadata: Metadata
    ) -> Predictions:
        """Return predictions of these samples, one row each, without folds.

        Args:
            logits: `(samples, classes)`.
            metadata: where the logits came from.
        """
        return Predictions.of_texts(
            {**self.texts, "split": pa.array(self.split, pa.large_string())},
            fold=np.full(len(self.label), NONE, dtype=np.int16),
            label=self.label,
            logits=logits,
            metadata=metadata,
        )

    def missing(self) -> dict[str, dict[str, int]]:
        """Return member → split → number of missing samples, for members that lack any."""
        counts = {
            name: dict(Counter(map(str, self.split[~present])))
            for name, present in zip(self.names, self.present, strict=True)
        }
        return {name: by_split for name, by_split in counts.items() if by_split}
