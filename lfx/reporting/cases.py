"""Tweets that a fusion corrected, and those that it corrupted (the paper's table I)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lfx.artifacts.join import join
from lfx.artifacts.predictions import softmax
from lfx.data.decoding import DEFAULT, Decoding
from lfx.evaluation.cases import find_cases
from lfx.evaluation.reported import reported_split
from lfx.runtime.errors import ArtifactError

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable

# Not a possible name of a member, because it has a blank.
_FUSED = "the fusion"
_DEFAULT = "text"
_PICTURE = (Path, bytes)


@dataclass(frozen=True)
class Case:
    """One sample.

    Attributes:
        kind: `corrected` or `corrupted`.
        rank: rank by the fusion's confidence, from 1.
        sample_id: the id in the data set.
        label: the true class.
        text: the text; None: the sample has none.
        image: path of the picture, or the picture itself; None: the sample has none.
        scores: name of a member or of the fusion → `(classes,)` probabilities; a member that lacks
            the sample is left out.
    """

    kind: str
    rank: int
    sample_id: str
    label: str
    text: str | None
    image: Path | bytes | None
    scores: Mapping[str, npt.NDArray[np.floating]]

    def scores_of(self, member: str) -> list[float | None]:
        """Return a member's probabilities; None for each class if it lacks the sample."""
        scores = self.scores.get(member)
        if scores is None:
            return [None] * len(next(iter(self.scores.values())))
        return [float(score) for score in scores]


@dataclass(frozen=True)
class CaseStudy:
    """The samples that the fusion corrects or corrupts, compared with one member.

    Attributes:
        cases: corrected ones first, then corrupted ones; the most confident of each kind first.
        classes: names of the classes.
        members: names of the fusion's members, then the fusion's name.
        against: the member that the fusion is compared with.
        split: the split of the samples.
        samples: the number of samples that both have in that split.
        decoding: how pictures are decoded to RGB.
    """

    cases: tuple[Case, ...]
    classes: tuple[str, ...]
    members: tuple[str, ...]
    against: str
    split: str
    samples: int
    decoding: Decoding = DEFAULT

    def of(self, kind: str) -> list[Case]:
        """Return the cases of a kind, `corrected` or `corrupted`."""
        return [case for case in self.cases if case.kind == kind]


def study_cases(
    fused: Predictions,
    members: Mapping[str, Predictions],
    table: SampleTable | None,
    against: str | None = None,
) -> CaseStudy:
    """Find the samples that the fusion corrects or corrupts, compared with a member.

    Args:
        fused: the fusion's predictions.
        members: name → the member's predictions.
        table: the samples, with their columns.
        against: the member to compare with; None: `text`, or the first by name.

    Raises:
        ArtifactError: there is no such member, the members cannot be joined, or no row has a label.
    """
    against = against or (_DEFAULT if _DEFAULT in members else min(members))
    if against not in members:
        raise ArtifactError(
            f"against={against}: there is no such member; there are {', '.join(sorted(members))}"
        )
    fusion = fused.metadata.name
    if fusion in members:
        raise ArtifactError(
            f"member {fusion} has the same name as the fusion; fuse again with name=ANOTHER"
        )
    joined = join({**members, _FUSED: fused}, "renormalise")
    labelled = joined.label >= 0
    split = reported_split(joined.labelled_splits())
    if split is None:
        raise ArtifactError("no sample has a label, so there are no errors to compare")
    names = [fusion if name == _FUSED else name for name in joined.names]
    present = dict(zip(names, joined.present, strict=True))
    rows = np.flatnonzero(labelled & joined.rows(split) & present[against] & present[fusion])
    scores = {
        name: softmax(logits[rows]) for name, logits in zip(names, joined.logits, strict=True)
    }
    position = {} if table is None else {name: row for row, name in enumerate(table.ids)}
    labels = joined.label[rows]
    cases = [
        Case(
            kind=kind,
            rank=rank,
            sample_id=str(joined.sample_id[rows[row]]),
            label=joined.classes[labels[row]],
            text=_content(table, "text", position.get(joined.sample_id[rows[row]]), str),
            image=_content(table, "image", position.get(joined.sample_id[rows[row]]), _PICTURE),
            scores={name: each[row] for name, each in scores.items() if present[name][rows[row]]},
        )
        for kind, case_rows in find_cases(scores[against], scores[fusion], labels)._asdict().items()
        for rank, row in enumerate(case_rows, start=1)
    ]
    members_and_fusion = (*sorted(members), fusion)
    return CaseStudy(
        cases=tuple(cases),
        classes=joined.classes,
        members=members_and_fusion,
        against=against,
        split=split,
        samples=len(rows),
        decoding=DEFAULT if table is None else table.decoding,
    )


def _content(
    table: SampleTable | None, name: str, row: int | None, kinds: type[Any] | tuple[type[Any], ...]
) -> Any:
    """Return what a sample has in a column; None where it has nothing of these kinds."""
    if table is None or row is None or name not in table.columns:
        return None
    content = table.columns[name][row]
    return content if isinstance(content, kinds) else None
