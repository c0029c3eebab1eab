"""What can be wrong with predictions, all of it at once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.artifacts.consistency import are_consistent, text_columns
from lfx.artifacts.predictions import NONE, SCHEMA_VERSION, Metadata, Predictions
from lfx.data.split_names import SPLITS
from lfx.runtime.errors import ArtifactError, name_some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_COLUMNS = ("sample_id", "group", "split", "fold", "label")
_LEAST_CLASSES = 2


def check(predictions: Predictions, source: str = "the predictions") -> None:
    """Refuse predictions with which anything is wrong.

    Args:
        predictions: what to look at.
        source: what to call it in the message, for instance the path of its file.

    Raises:
        ArtifactError: names every problem that `problems` finds.
    """
    refuse(problems(predictions), source)


def refuse(found: list[str], source: str) -> None:
    """Raise an error that lists the problems that were found, if any were.

    Raises:
        ArtifactError: `found` is not empty.
    """
    if found:
        lines = "".join(f"\n  - {problem}" for problem in found)
        raise ArtifactError(
            f"{source} cannot be used as a prediction artifact:{lines}\n"
            "Mend what made these predictions and make the artifact anew."
        )


def problems(predictions: Predictions) -> list[str]:
    """Find everything that is wrong with predictions.

    Returns:
        One sentence per problem, with how many rows it concerns and some sample ids; nothing where
        all is well.
    """
    found = _metadata_problems(predictions.metadata)
    shapes = _shape_problems(predictions)
    if shapes:
        return found + shapes  # rows that do not line up cannot be named
    if len(predictions.logits) == 0:
        return [*found, "it holds no rows"]
    columns = text_columns(predictions)
    if columns is not None and are_consistent(predictions, columns):
        return found + _value_problems(predictions)
    # Something is wrong: row by row, to name it.
    found += _text_problems(predictions)
    if all(isinstance(sample, str) for sample in predictions.sample_id):
        # Only ids that are text can safely be compared with each other.
        found += _sample_problems(predictions)
    return found + _value_problems(predictions)


def _metadata_problems(metadata: Metadata) -> list[str]:
    found = []
    classes = metadata.classes
    repeated = [name for name, count in Counter(classes).items() if count > 1]
    if metadata.schema_version != SCHEMA_VERSION:
        found.append(f"schema_version is {metadata.schema_version}, allowed: {SCHEMA_VERSION}")
    if len(classes) < _LEAST_CLASSES:
        found.append(f"it has {len(classes)} classes, allowed: {_LEAST_CLASSES} or more")
    if repeated:
        found.append(f"class names occur more than once: {name_some(repeated)}")
    if any(not name.strip() for name in classes):
        found.append(f"a class name is empty: {', '.join(repr(name) for name in classes)}")
    found += [
        f"the metadata's {key} is empty"
        for key in ("modality", "name", "data_fingerprint")
        if not getattr(metadata, key)
    ]
    if not _is_sound(metadata.to_json()):
        found.append("the metadata holds text that is not UTF-8")
    if not _is_utc(metadata.created):
        found.append(f"created is {metadata.created!r}, allowed: ISO 8601 in UTC")
    return found


def _is_utc(moment: str) -> bool:
    try:
        return datetime.fromisoformat(moment).utcoffset() == timedelta(0)
    except ValueError:
        return False


def _is_sound(value: object) -> bool:
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:  # half a surrogate pair, as a broken file name leaves it
        return False


def _shape_problems(predictions: Predictions) -> list[str]:
    found = []
    for name in _COLUMNS:
        shape = predictions.shape(name)
        if len(shape) != 1:
            found.append(f"column {name} has shape {shape}, allowed: (rows,)")
    logits = predictions.logits
    lengths = {name: predictions.shape(name)[0] for name in (*_COLUMNS, "logits")}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        found.append(f"the columns have different lengths: {listed}")
    classes = len(predictions.metadata.classes)
    if logits.ndim != 2 or logits.shape[1] != classes:  # noqa: PLR2004
        found.append(
            f"the logits have shape {logits.shape}, allowed: (rows, {classes}), "
            "one column per class"
        )
    kinds = [("fold", np.int16), ("label", np.int16), ("logits", np.float32)]
    for name, kind in kinds:
        got = getattr(predictions, name).dtype
        if got != kind:
            found.append(f"{name} is of type {got}, allowed: {np.dtype(kind)}")
    return found


def _text_problems(predictions: Predictions) -> list[str]:
    found = []
    for name in ("sample_id", "group", "split"):
        bad = [value for value in getattr(predictions, name) if not _is_sound(value)]
        if bad:
            found.append(
                f"{len(bad)} values of {name} are not text that UTF-8 can hold: "
                + name_some(repr(value) for value in bad)
            )
        elif name != "split":
            empty = sum(not value for value in getattr(predictions, name))
            if empty:
                found.append(f"{empty} rows have an empty {name}")
    unknown = {str(value) for value in predictions.split} - set(SPLITS)
    if unknown:
        found.append(
            f"unknown splits: {name_some(repr(name) for name in sorted(unknown))}; "
            f"allowed: {', '.join(SPLITS)}"
        )
    return found


def _sample_problems(predictions: Predictions) -> list[str]:
    found = []
    ids = predictions.sample_id.tolist()
    rows = Counter(zip(ids, predictions.fold.tolist(), strict=True))
    repeated = [
        sample if fold == NONE else f"{sample} (fold {fold})"
        for (sample, fold), count in rows.items()
        if count > 1
    ]
    if repeated:
        found.append(
            f"{len(repeated)} pairs of sample_id and fold occur more than once: "
            + name_some(repeated)
        )
    for name in ("split", "group", "label"):
        torn = _torn(ids, getattr(predictions, name).tolist())
        if torn:
            found.append(f"{len(torn)} samples have more than one {name}: {name_some(torn)}")
    counts = Counter(predictions.sample_id[predictions.rows("oof")].tolist())
    several = [sample for sample, count in counts.items() if count > 1]
    if several:
        found.append(f"{len(several)} samples have several oof rows: {name_some(several)}")
    return found


def _torn(ids: list[str], values: list[Any]) -> list[str]:
    first: dict[str, Any] = {}
    torn = {
        sample: None
        for sample, value in zip(ids, values, strict=True)
        if first.setdefault(sample, value) != value
    }
    return list(torn)


def _value_problems(predictions: Predictions) -> list[str]:
    classes = len(predictions.metadata.classes)
    label, fold = predictions.label, predictions.fold
    tests: Iterable[tuple[np.ndarray[Any, Any], Callable[[int], str]]] = (
        (
            _not_finite(predictions.logits),
            lambda count: f"{count} rows have NaN or infinite logits",
        ),
        (
            (label < NONE) | (label >= classes),
            lambda count: f"{count} labels are out of range (allowed: 0 to {classes - 1} or none)",
        ),
        (fold < NONE, lambda count: f"{count} folds are negative"),
    )
    return [
        f"{say(int(wrong.sum()))}: {name_some(predictions.sample_id[wrong])}"
        for wrong, say in tests
        if wrong.any()
    ]


def _not_finite(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    finite = np.isfinite(logits)
    if finite.all():  # much faster than row by row
        return np.zeros(len(logits), dtype=np.bool_)
    return np.asarray(~finite.all(axis=1))
