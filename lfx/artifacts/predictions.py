"""The predictions of one model, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.seen import UNKNOWN
from lfx.runtime.errors import ArtifactError, name_some

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TEXTS = ("sample_id", "group", "split")
NONE = -1
"""Value of "no fold" and "no label" in memory; in a file both are null."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of one model: one row per (sample, fold).

    Construction checks nothing, so that `lfx.artifacts.checks` can list all problems in one
    message; reading, writing and joining check.

    Attributes:
        sample_id: ids of the data set, `(rows,)`, strings in an object array (NumPy's string type
            would cut trailing NUL characters).
        group: near-duplicate groups, `(rows,)`, strings in an object array.
        split: one of `SPLITS` per row, `(rows,)`, strings in an object array.
        fold: the fold whose model made the row, `(rows,)`, int16, -1 for none.
        label: class index, `(rows,)`, int16, -1 if unlabelled.
        logits: raw scores before softmax, `(rows, classes)`, float32.
        metadata: where the rows came from.
        seen: whether another sample of the row's group was among the rows that the model was fitted
            on, `(rows,)`, int8: 1 yes, 0 no, -1 unknown; None becomes unknown for all rows.
    """

    sample_id: np.ndarray[Any, Any]
    group: np.ndarray[Any, Any]
    split: np.ndarray[Any, Any]
    fold: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, Any]
    metadata: Metadata
    seen: Any = None  # an array, once constructed
    _arrow: dict[str, pa.Array] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Fill in what is not known of any row."""
        if self.seen is None:
            object.__setattr__(self, "seen", np.full(len(self.label), UNKNOWN, dtype=np.int8))

    def texts(self, column: str) -> pa.Array:
        """Return `sample_id`, `group` or `split` as Arrow strings, which are cached.

        Raises:
            pa.ArrowException, UnicodeEncodeError, TypeError: a value is not a string.
        """
        if column not in self._arrow:
            self._arrow[column] = pa.array(getattr(self, column), pa.large_string())
        return self._arrow[column]

    @classmethod
    def of_texts(cls, texts: Mapping[str, pa.Array], **others: Any) -> Predictions:
        """Return predictions from Arrow strings; Python strings are created on first access.

        Args:
            texts: `sample_id`, `group` and `split` as large strings without nulls.
            others: all other attributes.
        """
        placeholders: dict[str, Any] = dict.fromkeys(TEXTS)
        predictions = cls(**placeholders, **others)
        predictions._arrow.update(texts)
        for name in TEXTS:
            object.__delattr__(predictions, name)  # `__getattr__` creates it
        return predictions

    def __getattr__(self, name: str) -> Any:
        """Return a column of strings, created from Arrow strings on first access."""
        if name not in TEXTS or name not in self.__dict__.get("_arrow", {}):
            raise AttributeError(name)
        encoded = self._arrow[name].dictionary_encode()  # equal strings become one object
        objects = encoded.dictionary.to_numpy(zero_copy_only=False)
        column = np.asarray(objects[encoded.indices.to_numpy()], dtype=object)
        object.__setattr__(self, name, column)
        return column

    def shape(self, column: str) -> tuple[int, ...]:
        """Return a column's shape without creating Python strings."""
        if column in TEXTS and column not in self.__dict__:
            return (len(self._arrow[column]),)
        return tuple(getattr(self, column).shape)

    def are_texts(self, column: str) -> bool:
        """Return whether all values of a column are strings; Arrow accepts other types as well."""
        created = column in self.__dict__
        return not created or set(map(type, getattr(self, column))) <= {str}

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Iterable[Any]],
        logits: np.ndarray[Any, Any] | Sequence[Sequence[float]],
        metadata: Metadata,
    ) -> Predictions:
        """Return predictions from ordinary sequences.

        Args:
            columns: `sample_id`, `group` and `split` as strings, and optionally `fold` and `label`
                as integers or None, and `seen` as booleans or None. Without `group`, each sample is
                a separate group.
            logits: raw scores before softmax, `(rows, classes)`.
            metadata: where the rows came from.

        Raises:
            ArtifactError: a column is missing, a fold or label is outside of int16, or a value of
                `seen` is neither a boolean nor None.
        """
        lists = {name: list(values) for name, values in columns.items()}
        missing = [name for name in ("sample_id", "split") if name not in lists]
        if missing:
            raise ArtifactError(
                f"columns {', '.join(missing)} are missing; there are: {', '.join(sorted(lists))}"
            )
        rows = len(lists["sample_id"])
        return cls(
            sample_id=_texts(lists["sample_id"]),
            group=_texts(lists.get("group", lists["sample_id"])),
            split=_texts(lists["split"]),
            fold=_integers("fold", lists.get("fold", [None] * rows)),
            label=_integers("label", lists.get("label", [None] * rows)),
            logits=np.asarray(logits, dtype=np.float32),
            metadata=metadata,
            seen=_seen(lists["seen"]) if "seen" in lists else None,
        )

    def rows(self, split: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return the mask of a split's rows, `(rows,)`."""
        if "split" not in self.__dict__:  # Arrow compares strings much faster
            equal = pc.equal(self._arrow["split"], split)
            return np.asarray(equal.to_numpy(zero_copy_only=False), dtype=np.bool_)
        return np.asarray(self.split == split, dtype=np.bool_)

    def select(self, rows: np.ndarray[Any, Any]) -> Predictions:
        """Return some rows, given by a mask or by indices."""
        return Predictions(
            sample_id=self.sample_id[rows],
            group=self.group[rows],
            split=self.split[rows],
            fold=self.fold[rows],
            label=self.label[rows],
            logits=self.logits[rows],
            metadata=self.metadata,
            seen=self.seen[rows],
        )

    def probabilities(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the softmax of the logits in float64, `(rows, classes)`; each row sums to 1."""
        return softmax(self.logits)


def softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Compute probabilities from logits, `(rows, classes)`, in float64; each row sums to 1."""
    wide = logits.astype(np.float64)
    scores = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True), dtype=np.float64)


def _texts(values: list[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _integers(name: str, values: list[Any]) -> np.ndarray[Any, Any]:
    numbers = np.asarray([NONE if value is None else int(value) for value in values], np.int64)
    limits = np.iinfo(np.int16)
    if ((numbers < limits.min) | (numbers > limits.max)).any():
        raise ArtifactError(
            f"column {name} holds numbers from {numbers.min()} to {numbers.max()}; "
            f"allowed: {limits.min} to {limits.max}"
        )
    return numbers.astype(np.int16)


def _seen(values: list[Any]) -> np.ndarray[Any, Any]:
    numbers = [UNKNOWN if value is None else value for value in values]
    wrong = [value for value in numbers if value not in (UNKNOWN, 0, 1)]
    if wrong:
        raise ArtifactError(
            f"column seen holds {name_some(map(repr, wrong))}; allowed: True, False, and None for "
            "unknown"
        )
    return np.asarray(numbers, dtype=np.int8)
