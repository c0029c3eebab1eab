"""The logits of several members on the same samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import NONE, Predictions
from lfx.artifacts.seen import Seen, seen_by_any
from lfx.data.split_names import SPLITS


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
        seen: whether another sample of the group was among the rows that the member was fitted on,
            `(members, samples)`, int8: 1 yes, 0 no, -1 unknown; 0 where a member lacks a sample.
        dropped: split → number of samples that were left out because a member lacks them.
        origins: the metadata of each member's artifact, in the order of the names.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    texts: Mapping[str, pa.Array]
    split: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, np.dtype[np.float64]]
    present: np.ndarray[Any, np.dtype[np.bool_]]
    seen: np.ndarray[Any, np.dtype[np.int8]]
    dropped: dict[str, int]
    origins: tuple[Metadata, ...]

    @property
    def leaky(self) -> bool:
        """Whether any member is leaky."""
        return any(origin.leaky for origin in self.origins)

    @property
    def fingerprint_schema(self) -> int:
        """The latest schema of the members' data fingerprints."""
        return max(origin.fingerprint_schema for origin in self.origins)

    @property
    def data_fingerprint(self) -> str:
        """The data fingerprint of the members of the latest schema, which is equal for all."""
        return max(self.origins, key=lambda origin: origin.fingerprint_schema).data_fingerprint

    @property
    def split_fingerprint(self) -> str:
        """The members' split fingerprints, joined by `+` if they differ."""
        return _joined_by_plus(origin.split_fingerprint for origin in self.origins)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that members have read → fingerprint, joined by `+` if they differ."""
        names = sorted({column for origin in self.origins for column in origin.columns})
        return {
            name: _joined_by_plus(
                origin.columns[name] for origin in self.origins if name in origin.columns
            )
            for name in names
        }

    @property
    def complete(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """The mask of the samples that all members have, `(samples,)`."""
        return np.asarray(self.present.all(axis=0), dtype=np.bool_)

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

    def labelled_splits(self) -> list[str]:
        """Return the splits that have labelled samples."""
        labelled = self.label != NONE
        return [split for split in SPLITS if (self.rows(split) & labelled).any()]

    def predictions(
        self,
        logits: np.ndarray[Any, np.dtype[np.float32]],
        metadata: Metadata,
        seen: Seen | None = None,
    ) -> Predictions:
        """Return predictions of these samples, one row each, without folds.

        Args:
            logits: `(samples, classes)`.
            metadata: where the logits came from.
            seen: `(samples,)`; None: yes if it is of any member.
        """
        return Predictions.of_texts(
            {**self.texts, "split": pa.array(self.split, pa.large_string())},
            fold=np.full(len(self.label), NONE, dtype=np.int16),
            label=self.label,
            logits=logits,
            metadata=metadata,
            seen=seen_by_any(self.seen) if seen is None else seen,
        )

    def missing(self) -> dict[str, dict[str, int]]:
        """Return member → split → number of missing samples, for members that lack any."""
        counts = {
            name: dict(Counter(map(str, self.split[~present])))
            for name, present in zip(self.names, self.present, strict=True)
        }
        return {name: by_split for name, by_split in counts.items() if by_split}

    def incomplete(self, members: int) -> dict[str, int]:
        """Return split → number of the samples that fewer than `members` members have."""
        fewer = self.present.sum(axis=0) < members
        return dict(Counter(map(str, self.split[fewer])))


def _joined_by_plus(fingerprints: Iterable[str]) -> str:
    """Return the fingerprints, each once and sorted; those of a fusion may be several."""
    return "+".join(sorted({part for text in fingerprints for part in text.split("+")}))
