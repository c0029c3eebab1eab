"""Paraphrases of training texts, such as back-translations: read from a file, never made here."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lfx.runtime.errors import DataError, name_some
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.samples import SampleTable

log = logging.getLogger(__name__)

# Stands behind a sample's id in that of its paraphrase.
_SUFFIX = "~paraphrase"
# Which share of the wanted ones may be lacking: not every text has a usable paraphrase.
_MOST_LACKING = 0.25


@dataclass(frozen=True)
class Paraphrases:
    """Which training texts get a paraphrase, and how.

    Attributes:
        texts: sample id → paraphrase.
        share: of the train split, 0..1, class by class; None: all that there are.
        replacing: whether a paraphrase stands in its text's place, or beside it.
        seed: of the choice.
    """

    texts: Mapping[str, str]
    share: float | None = None
    replacing: bool = False
    seed: int = 0

    def chosen(self, table: SampleTable) -> list[int]:
        """Choose training samples, a share of each class, among those that have a paraphrase.

        Args:
            table: the samples.

        Returns:
            Their positions, ascending.

        Raises:
            DataError: no training sample has one, or far fewer have one than the share wants.
        """
        train = table.rows("train")
        there = [row for row in train if table.ids[row] in self.texts]
        if not there:
            raise DataError("none of the paraphrases is of a sample of the train split")
        if self.share is None:
            return there
        wanted = _wanted(table, train, self.share)
        rows = _drawn(table, there, wanted, self.seed)
        short = sum(wanted.values()) - len(rows)
        if short > _MOST_LACKING * sum(wanted.values()):
            raise DataError(
                f"paraphrases.share={self.share:g} is {sum(wanted.values())} texts, and the file "
                f"has {len(rows)} of them; python -m lfx.augment share={self.share:g} makes more"
            )
        if short:
            log.warning("paraphrases: %d are lacking for a share of %g", short, self.share)
        return rows

    def applied(self, table: SampleTable) -> SampleTable:
        """Give the samples to train on, paraphrases among them.

        A paraphrase has its source's image, label, group and split, which is `train`: it can get
        nowhere that its source is not.

        Args:
            table: the samples.
        """
        rows = self.chosen(table)
        texts = [self.texts[table.ids[row]] for row in rows]
        what = "replaced by" if self.replacing else "joined by"
        train = len(table.rows("train"))
        log.info("%d of %d training texts are %s paraphrases", len(rows), train, what)
        if self.replacing:
            changed = dict(enumerate(table.texts)) | dict(zip(rows, texts, strict=True))
            return replace(table, texts=tuple(changed.values()))
        return replace(
            table,
            ids=(*table.ids, *(f"{table.ids[row]}{_SUFFIX}" for row in rows)),
            texts=(*table.texts, *texts),
            images=(*table.images, *(table.images[row] for row in rows)),
            digests=(*table.digests, *(table.digests[row] for row in rows)),
            labels=(*table.labels, *(table.labels[row] for row in rows)),
            groups=(*table.groups, *(table.groups[row] for row in rows)),
            splits=(*table.splits, *(table.splits[row] for row in rows)),
        )

    def fingerprint(self) -> str:
        """Give 32 hexadecimal digits that name the texts."""
        content = json.dumps(sorted(self.texts.items()), ensure_ascii=False)
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def choose_share(table: SampleTable, rows: Sequence[int], share: float, seed: int) -> list[int]:
    """Choose a share of some samples, class by class.

    Args:
        table: the samples.
        rows: positions of those to choose from.
        share: 0..1.
        seed: of the choice; the order of the samples does not matter.

    Returns:
        Positions, ascending.
    """
    return _drawn(table, rows, _wanted(table, rows, share), seed)


def _wanted(table: SampleTable, rows: Sequence[int], share: float) -> dict[int, int]:
    counts = table.class_counts(rows)
    return {label: round(share * count) for label, count in enumerate(counts)}


def _drawn(
    table: SampleTable, rows: Sequence[int], wanted: Mapping[int, int], seed: int
) -> list[int]:
    chance = np.random.default_rng(seed)
    found = []
    for label, count in wanted.items():
        own = [row for row in rows if table.labels[row] == label]
        own.sort(key=table.ids.__getitem__)
        found += [own[place] for place in chance.permutation(len(own))[:count]]
    return sorted(found)


def write_paraphrases(file: Path, texts: Mapping[str, str]) -> None:
    """Write a file that `read_paraphrases` reads; it becomes whole or stays as it is."""
    lines = [
        json.dumps({"id": name, "text": text}, ensure_ascii=False) for name, text in texts.items()
    ]
    with atomic_path(file) as part:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_paraphrases(file: Path) -> dict[str, str]:
    """Read a file of paraphrases: JSON Lines with `id` and `text`.

    Args:
        file: where it is.

    Returns:
        Sample id → paraphrase; empty ones are left out.

    Raises:
        DataError: the file is missing or damaged, or names an id twice.
    """
    if not file.is_file():
        raise DataError(
            f"paraphrases.file={file}: there is no such file; python -m lfx.augment makes one"
        )
    found: dict[str, str] = {}
    twice = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            name, text = str(entry["id"]), entry["text"]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"paraphrases.file={file}, line {number}: an object with id and text is needed"
            ) from error
        if name in found:
            twice.append(name)
        if isinstance(text, str) and text.strip():
            found[name] = text
    if twice:
        raise DataError(f"paraphrases.file={file} names {len(twice)} ids twice: {name_some(twice)}")
    return found
