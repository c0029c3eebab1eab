"""What a data card says, before it is laid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.column import TextColumn
from lfx.data.duplicates import first_with
from lfx.data.samples import UNLABELLED, SampleTable
from lfx.data.survey import Survey
from lfx.modalities.recognised import require_columns
from lfx.reporting.data_card.contents import Content, describe_contents
from lfx.reporting.data_card.copies import ABSENT, Copies, contradicting_codes, count_copies
from lfx.reporting.data_card.parts import Parts
from lfx.runtime.errors import DataError, shorten

if TYPE_CHECKING:
    from lfx.data.dataset import Dataset
    from lfx.data.samples import Integers

# Groups, contradictions and ids that a card shows.
_MOST_GROUPS, _MOST_CONTRADICTIONS, _MOST_IDS = 8, 8, 4


@dataclass(frozen=True)
class Related:
    """Samples that belong together.

    Attributes:
        what: what they share.
        ids: of the first ones.
        size: number of samples.
        parts: number of them in each part that has some.
        classes: number of them of each class that has some.
    """

    what: str
    ids: Sequence[str]
    size: int
    parts: Mapping[str, int]
    classes: Mapping[str, int]


@dataclass(frozen=True)
class DataCard:
    """What there is to know of a data set before a model is trained on it.

    Attributes:
        name: of the data set.
        split: the setting by which it is divided.
        survey: its samples, and what reading them told.
        parts: its splits or folds.
        contents: column → what samples have there.
        copies: what of a column is shared → samples that share it.
        grouped: samples of one group: near duplicates in any column, or what the data name.
        largest: the largest groups of near duplicates, or of what the data name.
        contradictions: contents whose samples have different labels, those of most samples first.
        problems: why training on these samples stops.
        fingerprints: name → 32 hexadecimal digits, as artifacts have them.
    """

    name: str
    split: str
    survey: Survey
    parts: Parts
    contents: Mapping[str, Content]
    copies: Mapping[str, Copies]
    grouped: Copies
    largest: Sequence[Related]
    contradictions: Sequence[Related]
    problems: Sequence[str]
    fingerprints: Mapping[str, str]

    @property
    def table(self) -> SampleTable:
        """The samples."""
        return self.survey.table

    @property
    def groups_name(self) -> str:
        """What ties the samples of a group, for tables."""
        return "any column, or a group" if self.survey.named_groups else "any column"

    @property
    def bad(self) -> list[tuple[str, str, str]]:
        """Id, column (empty: no column's) and reason of everything that cannot be used."""
        of_columns = [
            (str(self.table.ids[row]), name, reason)
            for name, content in self.contents.items()
            for row, reason in sorted(content.problems.items())
        ]
        return [(name, "", reason) for name, reason in self.survey.reading.bad] + of_columns


def make_card(dataset: Dataset, read_as: Mapping[str, str], *, whole_files: bool) -> DataCard:
    """Return the card of a data set.

    Args:
        dataset: it is read, grouped and divided as for a training run.
        read_as: column → modality that describes it; see `modality_of`.
        whole_files: whether files are decoded to their end, to find those that are damaged there.

    Raises:
        DataError: there are no samples.
        ConfigError: a modality cannot describe its column.
    """
    survey = dataset.survey()
    table, problems, folds = survey.table, list(survey.problems), None
    require_columns(read_as, table.columns)
    if dataset.folds is not None and not problems:
        try:
            folds = dataset.assign_folds(table)
        except DataError as error:
            problems.append(str(error))
    parts = Parts.of(table, folds)
    contents = describe_contents(table, read_as, dataset.cache, whole=whole_files)
    copies, contradictions = {}, list[Related]()
    for name, content in contents.items():
        if not content.present.any():
            continue
        for what, codes in _shared(table, name, content, survey.ties[name]).items():
            copies[what] = count_copies(codes, table.labels, parts.overlaps)
        contradictions += _contradictions(table, parts, name, content)
    groups = first_with(table.groups.tolist())
    return DataCard(
        name=dataset.name,
        split=dataset.split,
        survey=survey,
        parts=parts,
        contents=contents,
        copies=copies,
        grouped=count_copies(groups, table.labels, parts.overlaps),
        largest=_largest(table, parts, groups),
        contradictions=sorted(contradictions, key=lambda one: -one.size)[:_MOST_CONTRADICTIONS],
        problems=problems,
        fingerprints={
            "ids, labels and classes": table.data_fingerprint(),
            "splits": table.split_fingerprint() if folds is None else folds.fingerprint,
        }
        | {f"column {name}": content.fingerprint for name, content in contents.items()},
    )


def _shared(table: SampleTable, name: str, content: Content, ties: Integers) -> dict[str, Integers]:
    """Return what samples share in a column → (samples,) codes: the same, and nearly the same."""
    shared = {f"{name}: the same": content.same}
    if isinstance(table.columns[name], TextColumn):  # others are tied by being the same
        shared[f"{name}: nearly the same"] = np.where(content.present, ties, ABSENT)
    return shared


def _largest(table: SampleTable, parts: Parts, groups: Integers) -> list[Related]:
    sizes = np.bincount(groups)
    order = np.argsort(-sizes, kind="stable")[:_MOST_GROUPS]
    return [
        _related(table, parts, "", np.flatnonzero(groups == one)) for one in order if sizes[one] > 1
    ]


def _contradictions(table: SampleTable, parts: Parts, name: str, content: Content) -> list[Related]:
    codes = contradicting_codes(content.same, table.labels)[:_MOST_CONTRADICTIONS]
    found = []
    for code in codes:
        rows = np.flatnonzero(content.same == code)
        value = table.columns[name][int(rows[0])]
        what = shorten(value, 60) if isinstance(value, str) else "the same content"
        found.append(_related(table, parts, f"{name}: {what}", rows))
    return found


def _related(table: SampleTable, parts: Parts, what: str, rows: Integers) -> Related:
    labels = table.labels[rows]
    names = [*table.classes, "(no label)"]
    counts = Counter(names[label] for label in np.where(labels < 0, UNLABELLED, labels))
    return Related(
        what,
        [str(one) for one in table.ids[rows[:_MOST_IDS]]],
        len(rows),
        {name: count for name, mask in parts.masks.items() if (count := int(mask[rows].sum()))},
        dict(counts.most_common()),
    )
