"""The scores of several members on the same samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from lfx.artifacts.predictions import NONE, Metadata, Predictions


@dataclass(frozen=True, eq=False)
class JoinedMembers:
    """Members' scores on samples that all of them, or some of them, have.

    Attributes:
        names: names of the members, sorted.
        classes: names of the classes.
        texts: `sample_id` and `group`, `(samples,)` each, as Arrow's strings; ordered by split,
            then by id.
        split: `(samples,)`, strings.
        label: `(samples,)`, int16, -1 where unlabelled.
        logits: `(members, samples, classes)`, float64; their softmax is what a member says. 0 where
            a member lacks a sample.
        present: `(members, samples)`, whether the member has the sample; each sample has a member.
        dropped: split → how many samples were left out because a member lacks them.
        data_fingerprint: what all members agree on.
        split_fingerprint: the members' split fingerprints, joined by `+` where they differ.
        leaky: whether some member is.
        origins: what each member's artifact says of itself, in the order of the names.
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
        """Ids, `(samples,)`, strings that are made when they are first asked for."""
        return np.asarray(self.texts["sample_id"].to_numpy(zero_copy_only=False))

    @cached_property
    def group(self) -> np.ndarray[Any, Any]:
        """Groups, `(samples,)`, strings that are made when they are first asked for."""
        return np.asarray(self.texts["group"].to_numpy(zero_copy_only=False))

    def rows(self, split: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say which samples belong to a split: a mask, `(samples,)`."""
        return np.asarray(self.split == split, dtype=np.bool_)

    def predictions(
        self, logits: np.ndarray[Any, np.dtype[np.float32]], metadata: Metadata
    ) -> Predictions:
        """Make predictions of these samples, a row each, of no fold.

        Args:
            logits: `(samples, classes)`.
            metadata: where they come from.
        """
        return Predictions.of_texts(
            {**self.texts, "split": pa.array(self.split, pa.large_string())},
            fold=np.full(len(self.label), NONE, dtype=np.int16),
            label=self.label,
            logits=logits,
            metadata=metadata,
        )

    def missing(self) -> dict[str, dict[str, int]]:
        """Count, member → split, the samples that a member lacks; nothing where none are."""
        counts = {
            name: dict(Counter(map(str, self.split[~has])))
            for name, has in zip(self.names, self.present, strict=True)
        }
        return {name: own for name, own in counts.items() if own}
