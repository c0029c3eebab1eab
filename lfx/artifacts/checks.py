"""Checks of predictions that report all problems in one message."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.artifacts.consistency import are_consistent, text_columns
from lfx.artifacts.metadata import READABLE, Metadata
from lfx.artifacts.predictions import NONE, Predictions
from lfx.artifacts.seen import UNKNOWN
from lfx.data.split_names import SPLITS
from lfx.runtime.errors import ArtifactError, name_some
from lfx.runtime.fields import is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_COLUMNS = ("sample_id", "group", "split", "fold", "label", "seen")
_LEAST_CLASSES = 2


def check(predictions: Predictions, source: str = "the predictions") -> None:
    """Raise an error if predictions have problems.

    Args:
        predictions: the predictions.
        source: their name in the message, for instance the path of their file.

    Raises:
        ArtifactError: lists every problem that `find_problems` finds.
    """
    refuse(find_problems(predictions), source)


def refuse(problems: list[str], source: str) -> None:
    """Raise an error that lists problems, if there are any.

    Raises:
        ArtifactError: `problems` is not empty.
    """
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise ArtifactError(
            f"{source} cannot be used as a prediction artifact:{lines}\n"
            "Fix the program that made these predictions and create the artifact again."
        )


def find_problems(predictions: Predictions) -> list[str]:
    """Find all problems of predictions.

    Returns:
        One sentence per problem, with the number of rows and some sample ids; empty if there are
        no problems.
    """
    problems = _metadata_problems(predictions.metadata)
    shapes = _shape_problems(predictions)
    if shapes:
        return problems + shapes  # rows of different lengths cannot be named by their ids
    if len(predictions.logits) == 0:
        return [*problems, "it holds no rows"]
    columns = text_columns(predictions)
    if columns is not None and are_consistent(predictions, columns):
        return problems + _value_problems(predictions)
    # There is a problem: check row by row to name the samples.
    problems += _text_problems(predictions)
    if all(isinstance(sample, str) for sample in predictions.sample_id):
        # Values of other types may not be comparable.
        problems += _sample_problems(predictions)
    return problems + _value_problems(predictions)


def _metadata_problems(metadata: Metadata) -> list[str]:
    problems = []
    classes = metadata.classes
    repeated = [name for name, count in Counter(classes).items() if count > 1]
    if metadata.schema_version not in READABLE:
        allowed = ", ".join(map(str, READABLE))
        problems.append(f"schema_version is {metadata.schema_version}, allowed: {allowed}")
    if len(classes) < _LEAST_CLASSES:
        problems.append(f"it has {len(classes)} classes, allowed: {_LEAST_CLASSES} or more")
    if repeated:
        problems.append(f"class names occur more than once: {name_some(repeated)}")
    if any(not name.strip() for name in classes):
        problems.append(f"a class name is empty: {', '.join(repr(name) for name in classes)}")
    problems += [
        f"the metadata's {key} is empty"
        for key in ("modality", "name", "data_fingerprint")
        if not getattr(metadata, key)
    ]
    if metadata.regime == "":
        problems.append("the metadata's regime is empty")
    if not all(name and fingerprint for name, fingerprint in metadata.columns.items()):
        problems.append("the metadata's columns have an empty name or fingerprint")
    if not is_text(metadata.to_json()):
        problems.append("the metadata holds text that is not UTF-8")
    if not _is_utc(metadata.created):
        problems.append(f"created is {metadata.created!r}, allowed: ISO 8601 in UTC")
    return problems


def _is_utc(time: str) -> bool:
    try:
        return datetime.fromisoformat(time).utcoffset() == timedelta(0)
    except ValueError:
        return False


def _shape_problems(predictions: Predictions) -> list[str]:
    problems = []
    for name in _COLUMNS:
        shape = predictions.shape(name)
        if len(shape) != 1:
            problems.append(f"column {name} has shape {shape}, allowed: (rows,)")
    logits = predictions.logits
    lengths = {name: predictions.shape(name)[0] for name in (*_COLUMNS, "logits")}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        problems.append(f"the columns have different lengths: {listed}")
    classes = len(predictions.metadata.classes)
    if logits.shape != (lengths["logits"], classes):
        problems.append(
            f"the logits have shape {logits.shape}, allowed: (rows, {classes}), "
            "one column per class"
        )
    dtypes = {"fold": np.int16, "label": np.int16, "logits": np.float32, "seen": np.int8}
    for name, dtype in dtypes.items():
        got = getattr(predictions, name).dtype
        if got != dtype:
            problems.append(f"{name} is of type {got}, allowed: {np.dtype(dtype)}")
    return problems


def _text_problems(predictions: Predictions) -> list[str]:
    problems = []
    for name in ("sample_id", "group", "split"):
        invalid = [value for value in getattr(predictions, name) if not is_text(value)]
        if invalid:
            problems.append(
                f"{len(invalid)} values of {name} are not strings that UTF-8 can encode: "
                + name_some(repr(value) for value in invalid)
            )
        elif name != "split":
            empty = sum(not value for value in getattr(predictions, name))
            if empty:
                problems.append(f"{empty} rows have an empty {name}")
    unknown = {str(value) for value in predictions.split} - set(SPLITS)
    if unknown:
        problems.append(
            f"unknown splits: {name_some(repr(name) for name in sorted(unknown))}; "
            f"allowed: {', '.join(SPLITS)}"
        )
    return problems


def _sample_problems(predictions: Predictions) -> list[str]:
    problems = []
    ids = predictions.sample_id.tolist()
    rows = Counter(zip(ids, predictions.fold.tolist(), strict=True))
    repeated = [
        sample if fold == NONE else f"{sample} (fold {fold})"
        for (sample, fold), count in rows.items()
        if count > 1
    ]
    if repeated:
        problems.append(
            f"{len(repeated)} pairs of sample_id and fold occur more than once: "
            + name_some(repeated)
        )
    for name in ("split", "group", "label"):
        samples = _samples_with_several(ids, getattr(predictions, name).tolist())
        if samples:
            listed = name_some(samples)
            problems.append(f"{len(samples)} samples have more than one {name}: {listed}")
    counts = Counter(predictions.sample_id[predictions.rows("oof")].tolist())
    samples = [sample for sample, count in counts.items() if count > 1]
    if samples:
        problems.append(f"{len(samples)} samples have several oof rows: {name_some(samples)}")
    return problems


def _samples_with_several(ids: list[str], values: list[Any]) -> list[str]:
    """Return the ids that have more than one value."""
    first: dict[str, Any] = {}
    several = {
        sample: None
        for sample, value in zip(ids, values, strict=True)
        if first.setdefault(sample, value) != value
    }
    return list(several)


def _value_problems(predictions: Predictions) -> list[str]:
    classes = len(predictions.metadata.classes)
    label, fold, seen = predictions.label, predictions.fold, predictions.seen
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
        (
            (seen < UNKNOWN) | (seen > 1),
            lambda count: f"{count} values of seen are out of range (allowed: 0, 1, -1 unknown)",
        ),
    )
    return [
        f"{describe(int(invalid.sum()))}: {name_some(predictions.sample_id[invalid])}"
        for invalid, describe in tests
        if invalid.any()
    ]


def _not_finite(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    finite = np.isfinite(logits)
    if finite.all():  # much faster than row by row
        return np.zeros(len(logits), dtype=np.bool_)
    return np.asarray(~finite.all(axis=1))
