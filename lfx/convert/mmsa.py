r"""Converting the files of features that the field passes around (MMSA) to a table.

    python -m lfx.convert.mmsa unaligned_50.pkl mosi.parquet
    python -m lfx.train data=table data.root=. data.source.file=mosi.parquet data.name=mosi \
        data.split=file data.source.split=split data.source.group=group \
        data.source.columns.audio=audio modality=vector modality.column=audio encoder=gru

A pickle of CMU-MOSI, CMU-MOSEI or CH-SIMS, as the MMSA framework (Yu et al., 2021; Mao et al., ACL
2022) describes it, maps train, valid and test to the features, texts and scores of utterances. It
is read without running what it names; see `lfx.convert.array_pickle`. Numbers that are not finite
become 0, as MMSA itself reads them.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from lfx.convert.array_pickle import read_pickle
from lfx.convert.mmsa_fields import (
    SEQUENCES,
    SPLITS,
    TEXT,
    PaddedSequences,
    read_numbers,
    read_splits,
    read_texts,
)
from lfx.convert.padding import KIND, list_column
from lfx.runtime.errors import DataError, UserError
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CLASSES = (2, 3, 7)
_VIDEO_END = "$_$"  # between the video and the number of the utterance, in an id
_STRONGEST = 3
_CHUNK = 256  # rows that are written together
_COLUMNS = {TEXT: "text", **SEQUENCES}


def class_of(score: float, classes: int) -> str | None:
    """Return the class of a sentiment score, as papers on these data have it.

    Args:
        score: in -3..3.
        classes: 2: negative below 0, positive above, and none at 0 ("negative/positive" accuracy,
            MMSA's `Non0_acc_2`). 3: also neutral at 0. 7: the nearest integer in -3..3 (`Acc_7`).

    Returns:
        The class; None where there is none.

    Example:
        >>> [class_of(-0.4, classes) for classes in (2, 3, 7)], class_of(0.0, 2)
        (['negative', 'negative', '0'], None)
    """
    if not np.isfinite(score):
        return None
    if classes == 7:  # noqa: PLR2004
        return str(int(np.clip(np.round(score), -_STRONGEST, _STRONGEST)))
    if score == 0:
        return None if classes == 2 else "neutral"  # noqa: PLR2004
    return "positive" if score > 0 else "negative"


@dataclass
class Conversion:
    """What was converted.

    Attributes:
        counts: split and class → number of utterances.
        dropped: utterances without a class.
        replaced: numbers that were not finite.
        grouped: whether ids name a video.
        columns: of the table, those of text and sequences.
        lacking: splits and columns of which the pickle has nothing.
    """

    counts: Counter[tuple[str, str]]
    dropped: int = 0
    replaced: int = 0
    grouped: bool = True
    columns: tuple[str, ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()


def convert(source: Path, target: Path, classes: int = 2) -> Conversion:
    """Convert a pickle to a Parquet table, which is written atomically.

    Args:
        source: the pickle.
        target: a `.parquet` file with `id`, `label`, `score`, `split`, `group` (the video), and
            what there is of `text`, `audio` and `visual`: sequences without what pads them, null in
            a split that has none.
        classes: 2, 3 or 7; see `class_of`.

    Raises:
        DataError: the pickle is damaged, refused, or holds something else; no utterance has a
            class; or the target is no `.parquet` file.
    """
    if target.suffix.lower() != ".parquet":
        raise DataError(f"{target}: a Parquet table is written; the target must end in .parquet")
    done = Conversion(Counter())
    try:
        splits = read_splits(read_pickle(source))
        fields = [field for field in _COLUMNS if any(field in record for record in splits.values())]
        done.columns = tuple(_COLUMNS[field] for field in fields)
        done.lacking = tuple(
            (SPLITS[split], _COLUMNS[field])
            for split, record in splits.items()
            for field in fields
            if field not in record
        )
        schema = pa.schema(
            {name: pa.string() for name in ("id", "label", "split", "group")}
            | {"score": pa.float32()}
            | ({"text": pa.string()} if TEXT in fields else {})
            | {SEQUENCES[field]: KIND for field in fields if field in SEQUENCES}
        )
        with atomic_path(target) as part, parquet.ParquetWriter(part, schema) as writer:
            for name in list(splits):  # whose arrays are freed one after the other
                for chunk in _chunks(name, splits.pop(name), fields, classes, done):
                    writer.write_table(pa.table(chunk, schema))
            if not done.counts:
                raise DataError(
                    f"{source}: no table is written, because none of its {done.dropped} utterances "
                    "has a class: their scores are 0, or no numbers"
                )
    except ValueError as error:
        raise DataError(f"{source} is no file of features: {error}") from error
    return done


def _chunks(
    split: str, record: Mapping[str, Any], fields: Sequence[str], classes: int, done: Conversion
) -> Iterator[dict[str, Any]]:
    """Yield a split's utterances in parts, as columns."""
    ids = read_texts(record["id"], f"{split}.id")
    scores = read_numbers(record["regression_labels"], f"{split}.regression_labels", len(ids))
    labels = [class_of(score, classes) for score in scores]
    rows = [row for row, label in enumerate(labels) if label is not None]
    done.dropped += len(ids) - len(rows)
    done.counts.update((SPLITS[split], str(labels[row])) for row in rows)
    done.grouped &= all(_VIDEO_END in name for name in ids)
    texts = read_texts(record[TEXT], f"{split}.{TEXT}", len(ids)) if TEXT in record else None
    padded = {
        SEQUENCES[field]: PaddedSequences(record, field, split, len(ids))
        for field in SEQUENCES
        if field in record
    }
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        yield {
            **{_COLUMNS[field]: [None] * len(part) for field in fields},
            "id": [ids[row] for row in part],
            "label": [labels[row] for row in part],
            "score": [scores[row] for row in part],
            "split": [SPLITS[split]] * len(part),
            "group": [
                ids[row].rpartition(_VIDEO_END)[0] if _VIDEO_END in ids[row] else None
                for row in part
            ],
            **({} if texts is None else {"text": [texts[row] for row in part]}),
            **{name: _lists(sequences, part, done) for name, sequences in padded.items()},
        }


def _lists(sequences: PaddedSequences, rows: Sequence[int], done: Conversion) -> pa.Array:
    """Return some rows of a column of sequences."""
    read = [sequences.read(row) for row in rows]
    done.replaced += sum(replaced for _, replaced in read)
    return list_column([numbers for numbers, _ in read])


def main() -> None:
    """Convert from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        usage="python -m lfx.convert.mmsa FILE TARGET [--classes 2|3|7]",
    )
    parser.add_argument("source", type=Path, metavar="FILE", help="a pickle of MMSA's")
    parser.add_argument("target", type=Path, metavar="TARGET", help="a .parquet file")
    parser.add_argument(
        "--classes",
        type=int,
        choices=CLASSES,
        default=CLASSES[0],
        help="2: negative and positive (scores of 0 are left out); 3: also neutral; 7: -3 to 3",
    )
    arguments = parser.parse_args()
    try:
        done = convert(arguments.source, arguments.target, arguments.classes)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    print("\n".join(_lines(done, arguments.target)))  # noqa: T201


def _lines(done: Conversion, target: Path) -> list[str]:
    """Return what is told of a conversion."""
    lines = []
    for split in SPLITS.values():
        of = {label: n for (name, label), n in sorted(done.counts.items()) if name == split}
        if of:
            counts = ", ".join(f"{label} {n}" for label, n in of.items())
            lines.append(f"{split}: {sum(of.values())} utterances ({counts})")
    if done.dropped:
        lines.append(f"{done.dropped} utterances are left out: their score is 0, or no number")
    if done.replaced:
        lines.append(f"{done.replaced} numbers that were not finite became 0")
    lines += [f"{split} has no {column}: it is empty there" for split, column in done.lacking]
    if not done.grouped:
        lines.append(f"some ids have no {_VIDEO_END}, so their group, the video, is unknown")
    settings = "data.split=file data.source.split=split data.source.group=group"
    incomplete = {column for _, column in done.lacking}
    sequences = [column for column in SEQUENCES.values() if column in done.columns]
    name = min(sequences, key=lambda column: column in incomplete)
    column = f"data.source.columns.{name}={name} modality=vector modality.column={name}"
    lines.append(
        f"written: {target}\nuse it: data=table data.root={target.parent} "
        f"data.source.file={target.name} {settings} {column}"
    )
    return lines


if __name__ == "__main__":
    main()
