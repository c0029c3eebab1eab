"""Tweets that a fusion mended, and those that it broke (the paper's table I)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lfx.artifacts.join import join
from lfx.artifacts.predictions import softmax
from lfx.data.decoding import USUAL, Decoding
from lfx.data.split_names import REPORTED
from lfx.evaluation.cases import find_cases
from lfx.runtime.errors import ArtifactError

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable

# No member's name: they hold no blanks.
_FUSED = "the fusion"
_USUAL = "text"


@dataclass(frozen=True)
class Case:
    """One sample.

    Attributes:
        kind: `mended` or `broken`.
        rank: from 1, by the fusion's confidence.
        sample_id: the data set's own id.
        label: the true class.
        text: the tweet.
        image: the picture's file.
        scores: member, or the fusion's name → `(classes,)` probabilities; a member that lacks the
            sample is left out.
    """

    kind: str
    rank: int
    sample_id: str
    label: str
    text: str
    image: Path
    scores: Mapping[str, npt.NDArray[np.floating]]

    def scores_of(self, member: str) -> list[float | None]:
        """Give a member's probabilities; None each where it lacks the sample."""
        own = self.scores.get(member)
        if own is None:
            return [None] * len(next(iter(self.scores.values())))
        return [float(score) for score in own]


@dataclass(frozen=True)
class CaseStudy:
    """All samples on which the fusion and one member disagree about the truth.

    Attributes:
        cases: mended ones first, the most confident of each kind first.
        classes: names of the classes.
        members: names of the fusion's members, and at the end its own.
        against: the member that the fusion is compared with.
        split: whose samples they are.
        samples: how many that split has.
        decoding: how pictures become RGB.
    """

    cases: tuple[Case, ...]
    classes: tuple[str, ...]
    members: tuple[str, ...]
    against: str
    split: str
    samples: int
    decoding: Decoding = USUAL

    def of(self, kind: str) -> list[Case]:
        """Give the `mended` or the `broken` ones."""
        return [case for case in self.cases if case.kind == kind]


def study_cases(
    fused: Predictions,
    members: Mapping[str, Predictions],
    table: SampleTable,
    against: str | None = None,
) -> CaseStudy:
    """Find the samples that change from right to wrong, or back, between a member and the fusion.

    Args:
        fused: what the fusion predicted.
        members: name → what each of its members predicted.
        table: the samples, with their tweets and pictures.
        against: the member to compare with; None: `text`, or the first by name.

    Raises:
        ArtifactError: there is no such member, they do not belong together, or no row has a label.
    """
    against = against or (_USUAL if _USUAL in members else min(members))
    if against not in members:
        raise ArtifactError(
            f"against={against}: there is no such member; there are {', '.join(sorted(members))}"
        )
    fusion = fused.metadata.name
    if fusion in members:
        raise ArtifactError(f"member {fusion} is called as the fusion is; fuse with name=ANOTHER")
    joined = join({**members, _FUSED: fused}, "renormalise")
    known = joined.label >= 0
    there = [split for split in ("test", *REPORTED) if (known & joined.rows(split)).any()]
    if not there:
        raise ArtifactError("no sample has a label, so nothing is right or wrong")
    split = there[0]
    names = [fusion if name == _FUSED else name for name in joined.names]
    present = dict(zip(names, joined.present, strict=True))
    rows = np.flatnonzero(known & joined.rows(split) & present[against] & present[fusion])
    scores = {name: softmax(own[rows]) for name, own in zip(names, joined.logits, strict=True)}
    at = {name: row for row, name in enumerate(table.ids)}
    labels = joined.label[rows]
    found = find_cases(scores[against], scores[fusion], labels)
    cases = [
        Case(
            kind=kind,
            rank=rank,
            sample_id=str(joined.sample_id[rows[row]]),
            label=joined.classes[labels[row]],
            text=table.texts[at[joined.sample_id[rows[row]]]],
            image=table.images[at[joined.sample_id[rows[row]]]],
            scores={name: own[row] for name, own in scores.items() if present[name][rows[row]]},
        )
        for kind, own_rows in (("mended", found.mended), ("broken", found.broken))
        for rank, row in enumerate(own_rows, start=1)
    ]
    shown = (*sorted(members), fusion)
    return CaseStudy(tuple(cases), joined.classes, shown, against, split, len(rows), table.decoding)
