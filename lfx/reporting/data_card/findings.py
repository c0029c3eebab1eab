"""Sentences on what to know of a data set before a model is trained on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.data.column import FileColumn
from lfx.reporting.data_card.parts import ALL, FOLDS
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.reporting.data_card.card import DataCard

# A class this many times as large as another is told.
_UNEVEN = 3.0


def findings(card: DataCard) -> list[str]:
    """Return the sentences at the head of a card, the most general first."""
    return [
        _size(card),
        *(f"Training on these data stops: {problem}" for problem in card.problems),
        *_bad(card),
        *_balance(card),
        *_overlaps(card),
        *_contradictions(card),
        *_lacking(card),
        *(f"Warning: {warning}" for warning in card.survey.warnings),
        *(f"From the source: {note}" for note in card.survey.notes),
    ]


def _size(card: DataCard) -> str:
    table = card.table
    labelled = int((table.labels >= 0).sum())
    sizes = card.parts.sizes()
    of_parts = ", ".join(
        f"{name} {size:,}" for name, size in sizes.items() if name not in {ALL, FOLDS}
    )
    parts = f"; {of_parts} (data.split={card.split})" if of_parts else "; they are not divided"
    if not labelled:
        return f"{_samples(len(table))} without labels{parts}"
    known = f"{_classes(len(table.classes))}" + (
        "" if labelled == len(table) else f", {len(table) - labelled:,} of them without a label"
    )
    return f"{_samples(len(table))} of {known}{parts}"


def _bad(card: DataCard) -> list[str]:
    of_rows = len(card.survey.reading.bad)
    found = []
    if of_rows:
        found.append(
            f"{of_rows:,} entries are no usable samples, and training stops at them; "
            "data.on_bad_sample=drop leaves them out"
        )
    for name, content in card.contents.items():
        if content.problems:
            found.append(
                f"{len(content.problems):,} of {int(content.present.sum()):,} samples with "
                f"{shorten(name)} have one that cannot be read, where a model that reads it stops; "
                "data.on_bad_sample=drop leaves them out"
            )
    return found


def _balance(card: DataCard) -> list[str]:
    table = card.table
    counts = dict(zip(table.classes, table.class_counts(), strict=True))
    filled = {name: count for name, count in counts.items() if count}
    if len(filled) <= 1:
        return []
    largest, smallest = max(filled, key=filled.__getitem__), min(filled, key=filled.__getitem__)
    times = filled[largest] / filled[smallest]
    share = filled[largest] / sum(filled.values())
    sentence = f"always answering {shorten(largest)} gives an accuracy of {share:.3f}"
    if times < _UNEVEN:
        return [sentence[0].upper() + sentence[1:]]
    of_both = (
        f"The largest class, {shorten(largest)} ({filled[largest]:,}), has {times:.1f} times as "
        f"many samples as the smallest, {shorten(smallest)} ({filled[smallest]:,}): {sentence}"
    )
    return [of_both]


def _overlaps(card: DataCard) -> list[str]:
    """Return which parts share near duplicates, or that none do."""
    overlaps = card.grouped.overlaps
    if not overlaps:
        return []
    shared = _listed(overlaps)
    remedy = "" if card.split == "grouped" else "; data.split=grouped keeps them in one part"
    of_groups = (
        f"Parts share near duplicates, so that scores measure memory: {shared}{remedy}"
        if shared
        else "No near duplicate stands in two parts"
    )
    # Texts of one or two words, and arrays of few different numbers.
    untied = {
        what: listed
        for what, copies in card.copies.items()
        if any(count > overlaps[title][0] for title, (count, _) in copies.overlaps.items())
        and (listed := _listed(copies.overlaps))
    }
    return [
        of_groups,
        *(
            f"{shorten(what)} in several parts, and too short to be called near duplicates: {one}"
            for what, one in untied.items()
        ),
    ]


def _listed(overlaps: Mapping[str, tuple[int, int]]) -> str:
    return ", ".join(
        f"{title} {count:,} of {of:,} ({100 * count / of:.1f} %)"
        for title, (count, of) in overlaps.items()
        if count
    )


def _contradictions(card: DataCard) -> list[str]:
    found = []
    labelled = int((card.table.labels >= 0).sum())
    for name in card.contents:
        copies = card.copies.get(f"{name}: the same")
        if copies is not None and copies.contradicting:
            found.append(
                f"{shorten(name)}: {_contents(copies.contradicting)} "
                f"({_samples(copies.contradicted)}) with different labels: whoever sees only this "
                f"column is wrong on at least {copies.unavoidable:,} of them "
                f"({100 * copies.unavoidable / labelled:.1f} % of all)"
            )
    return found


def _lacking(card: DataCard) -> list[str]:
    size = len(card.table)
    found = []
    for name, content in card.contents.items():
        lacking = size - int(content.present.sum())
        if lacking == size:
            found.append(f"Column {shorten(name)} is empty")
        elif lacking:
            found.append(
                f"{lacking:,} of {_samples(size)} ({100 * lacking / size:.1f} %) have no "
                f"{shorten(name)}"
            )
    return found


def files_were_skimmed(card: DataCard, *, whole_files: bool) -> list[str]:
    """Return that files were not read to their end, where there are files and they were not."""
    files = [
        name
        for name, column in card.table.columns.items()
        if isinstance(column, FileColumn) and column.present.any()
    ]
    if whole_files or not files:
        return []
    sentence = (
        f"Of files ({', '.join(map(shorten, files))}) the headers were read: whole_files=true also "
        "decodes them, and finds those that are damaged further on"
    )
    return [sentence]


def _samples(count: int) -> str:
    return f"{count:,} sample{'' if count == 1 else 's'}"


def _classes(count: int) -> str:
    return f"{count:,} class{'' if count == 1 else 'es'}"


def _contents(count: int) -> str:
    return f"{count:,} content{'' if count == 1 else 's'}"
