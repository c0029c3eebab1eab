"""Whether a fusion is right more often than its best member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.evaluation.mcnemar import PairedAccuracy

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Verdict:
    """A fusion compared with one member, on the samples of a split that all members have.

    Attributes:
        split: the split.
        against: the member's name.
        chosen_on: the split on which this member has the best score of all.
        all: the comparison on all of the samples.
        unseen: the comparison without samples of which a near duplicate was fitted on; None if
            there is no such sample.
    """

    split: str
    against: str
    chosen_on: str
    all: PairedAccuracy
    unseen: PairedAccuracy | None = None

    def document(self) -> dict[str, Any]:
        """Return the content of `verdict.json`."""
        parts = {"all": self.all} | ({} if self.unseen is None else {"unseen": self.unseen})
        return {
            "split": self.split,
            "against": self.against,
            "chosen_on": self.chosen_on,
            **{name: paired.document() for name, paired in parts.items()},
        }


def compare_fusion(
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    groups: NDArray[np.integer],
    seen: NDArray[np.bool_],
) -> tuple[PairedAccuracy, PairedAccuracy | None]:
    """Compare a member and a fusion on all samples, and on those of which nothing similar was seen.

    Args:
        before: whether the member is right, `(samples,)`.
        after: whether the fusion is right, `(samples,)`.
        groups: group of each sample, `(samples,)`.
        seen: whether a near duplicate was fitted on, `(samples,)`.
    """
    _, codes = np.unique(groups, return_inverse=True)
    of_all = PairedAccuracy.of(before, after, codes)
    if not seen.any() or seen.all():
        return of_all, None
    _, codes = np.unique(groups[~seen], return_inverse=True)
    return of_all, PairedAccuracy.of(before[~seen], after[~seen], codes)
