"""Paraphrases of training texts, such as back-translations, read from a file."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.data.column import TextColumn
from lfx.data.samples import strings
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, DataError, name_some
from lfx.runtime.files import atomic_path
from lfx.runtime.settings import Seed, Share

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable

log = logging.getLogger(__name__)

# Added to a sample's id for its paraphrase.
_SUFFIX = "~paraphrase"
# Share of the wanted ones that may be missing: not every text has a usable paraphrase.
_MOST_MISSING = 0.25


@dataclass(frozen=True)
class Paraphrases:
    """Paraphrases of training texts, and how they are used.

    Attributes:
        texts: sample id → paraphrase.
        share: of the train split, 0..1, class by class; None: all paraphrases.
        replacing: whether a paraphrase replaces its text, or is added as a further sample.
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
            DataError: no training sample has one, or far fewer have one than the share needs.
        """
        train = table.rows("train")
        available = [row for row in train if table.ids[row] in self.texts]
        if not available:
            raise DataError("none of the paraphrases is of a sample of the train split")
        if self.share is None:
            return available
        counts = _share_counts(table, train, self.share)
        rows = _draw(table, available, counts, self.seed)
        missing = sum(counts.values()) - len(rows)
        if missing > _MOST_MISSING * sum(counts.values()):
            raise DataError(
                f"paraphrases.share={self.share:g} is {sum(counts.values())} texts, and the file "
                f"has {len(rows)} of them; python -m lfx.augment share={self.share:g} makes more"
            )
        if missing:
            log.warning("paraphrases: %d are missing for a share of %g", missing, self.share)
        return rows

    def applied(self, table: SampleTable, column: str) -> SampleTable:
        """Return the samples with paraphrases among them.

        A paraphrase has its source's other columns, label and group, and its split, `train`.

        Args:
            table: the samples.
            column: that of the texts.
        """
        rows = self.chosen(table)
        texts = [self.texts[table.ids[row]] for row in rows]
        what = "replaced by" if self.replacing else "joined by"
        train = len(table.rows("train"))
        log.info("%d of %d training texts are %s paraphrases", len(rows), train, what)
        texts_of: Any = table.columns[column]
        original: list[str | None] = texts_of.values.to_pylist()
        if self.replacing:
            changed = dict(zip(rows, texts, strict=True))
            values = [changed.get(row, text) for row, text in enumerate(original)]
            return replace(table, columns={**table.columns, column: TextColumn(values)})
        longer = table.at([*range(len(table)), *rows])
        ids = [f"{table.ids[row]}{_SUFFIX}" for row in rows]
        return replace(
            longer,
            ids=strings([*table.ids, *ids]),
            columns={**longer.columns, column: TextColumn([*original, *texts])},
        )

    def fingerprint(self) -> str:
        """Return 32 hexadecimal digits: a digest of ids and texts."""
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
    return _draw(table, rows, _share_counts(table, rows, share), seed)


def _share_counts(table: SampleTable, rows: Sequence[int], share: float) -> dict[int, int]:
    """Return the number of samples of each class that a share of them is."""
    counts = table.class_counts(rows)
    return {label: round(share * count) for label, count in enumerate(counts)}


def _draw(
    table: SampleTable, rows: Sequence[int], counts: Mapping[int, int], seed: int
) -> list[int]:
    chance = np.random.default_rng(seed)
    drawn = []
    for label, count in counts.items():
        candidates = [row for row in rows if table.labels[row] == label]
        candidates.sort(key=table.ids.__getitem__)
        drawn += [candidates[position] for position in chance.permutation(len(candidates))[:count]]
    return sorted(drawn)


def write_paraphrases(file: Path, texts: Mapping[str, str]) -> None:
    """Write a file that `read_paraphrases` reads, atomically."""
    lines = [
        json.dumps({"id": name, "text": text}, ensure_ascii=False) for name, text in texts.items()
    ]
    with atomic_path(file) as part:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@checked
@dataclass(frozen=True, kw_only=True)
class ParaphraseFile:
    """The file of paraphrases of training texts, and how they are used.

    Args:
        file: JSON Lines with the columns id and text, as lfx.augment writes them; null: none.
        share: Share of the train split that gets one, class by class; 0: none; null: all that the
            file has.
        replace: Whether a paraphrase replaces its text, or is added as a further sample.
        seed: Seed of the choice.

    Raises:
        ConfigError: other settings are given without a file.
    """

    file: str | None = None
    share: Share | None = None
    replace: bool = False
    seed: Seed = 0

    def __post_init__(self) -> None:
        """Refuse settings that nothing reads."""
        if self.file is None and (self.share is not None or self.replace):
            raise ConfigError(
                "paraphrases.share and .replace are only read with paraphrases.file=FILE"
            )

    def read(self) -> Paraphrases | None:
        """Read the paraphrases of training texts; None if none are used.

        Raises:
            DataError: as `read_paraphrases`.
        """
        if self.file is None or self.share == 0:
            return None
        texts = read_paraphrases(Path(self.file))
        return Paraphrases(texts, share=self.share, replacing=self.replace, seed=self.seed)


def read_paraphrases(file: Path) -> dict[str, str]:
    """Read a file of paraphrases: JSON Lines with `id` and `text`.

    Args:
        file: the file.

    Returns:
        Sample id → paraphrase, without empty ones.

    Raises:
        DataError: the file is missing or damaged, or names an id twice.
    """
    if not file.is_file():
        raise DataError(
            f"paraphrases.file={file}: there is no such file; python -m lfx.augment makes one"
        )
    texts: dict[str, str] = {}
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
        if name in texts:
            twice.append(name)
        if isinstance(text, str) and text.strip():
            texts[name] = text
    if twice:
        raise DataError(f"paraphrases.file={file} names {len(twice)} ids twice: {name_some(twice)}")
    return texts
