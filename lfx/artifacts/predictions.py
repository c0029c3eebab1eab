"""What one model predicted, sample by sample, and where that came from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfx.runtime.errors import ArtifactError
from lfx.runtime.fields import is_integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SCHEMA_VERSION = 1
TEXTS = ("sample_id", "group", "split")
NONE = -1
"""Stands for "no fold" and "no label" in memory; in a file both are null."""


@dataclass(frozen=True)
class Metadata:
    """Where predictions came from; the JSON under the Parquet metadata key `lfx`.

    Attributes:
        classes: names of the classes, in the order of the columns of the logits.
        modality: what the model looked at: `image`, `text`, `fusion`, …
        name: what the run called itself.
        data_fingerprint: identifies the data set; members fuse only where it agrees.
        split_fingerprint: identifies the split of that data set.
        seed: the run's seed.
        config_hash: identifies the run's configuration.
        created: when, as ISO 8601 in UTC.
        versions: name of a package → version that was at work.
        schema_version: the layout of the file.
        leaky: whether weights, here or in what was fused, were fitted on the split that is
            reported. The key is there only where it is true.
    """

    classes: tuple[str, ...]
    modality: str
    name: str
    data_fingerprint: str
    split_fingerprint: str
    seed: int
    config_hash: str
    created: str
    versions: dict[str, str]
    schema_version: int = SCHEMA_VERSION
    leaky: bool = False

    def to_json(self) -> str:
        """Write the metadata as one line of JSON."""
        content = asdict(self)
        if not self.leaky:
            del content["leaky"]
        return json.dumps(content, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Metadata:
        """Read what `to_json` wrote; keys that are not known here are left alone.

        Raises:
            ArtifactError: no JSON object, another schema version, or missing or mistyped keys, all
                of them in one message.
        """
        try:
            content = json.loads(text, object_pairs_hook=_without_repetition)
        except RecursionError:
            raise ArtifactError("its metadata is nested too deep to be read") from None
        except ValueError as error:
            raise ArtifactError(f"its metadata is not JSON: {str(error)[:200]}") from error
        if not isinstance(content, dict):
            raise ArtifactError("its metadata is not a JSON object")
        version = content.get("schema_version")
        if type(version) is not int or version != SCHEMA_VERSION:
            # An other version may well have other keys, so nothing more can be said about it.
            raise ArtifactError(
                f"its schema_version is {shown(version)}, but this lfx reads {SCHEMA_VERSION}; "
                "use the lfx that wrote it, or make the artifact anew"
            )
        wrong = [
            f"{key} is {'missing' if key not in content else shown(content[key])}, allowed: {what}"
            for key, (what, fits) in _KEYS.items()
            if key not in content or not fits(content[key])
        ]
        if wrong:
            raise ArtifactError("its metadata is wrong: " + "; ".join(wrong))
        known: dict[str, Any] = {key: content[key] for key in _KEYS}
        leaky = content.get("leaky", False) is not False  # whatever else stands there, it warns
        return cls(**(known | {"classes": tuple(known["classes"]), "leaky": leaky}))


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a JSON object that says one thing twice: readers differ in which of them they take."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key occurs more than once")
    return content


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_integer(value: object) -> bool:
    return is_integer(value)  # a JSON true is no number, and 5,000 digits are no seed


def _is_versions(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


_KEYS = {
    "classes": ("a list of strings", _is_texts),
    "modality": ("a string", _is_text),
    "name": ("a string", _is_text),
    "data_fingerprint": ("a string", _is_text),
    "split_fingerprint": ("a string", _is_text),
    "seed": ("an integer", _is_integer),
    "config_hash": ("a string", _is_text),
    "created": ("a string", _is_text),
    "versions": ("an object of strings", _is_versions),
}


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of one model: one row per (sample, fold).

    Nothing is checked on construction, so that `lfx.artifacts.checks` can name all problems at
    once; reading, writing and joining check.

    Attributes:
        sample_id: the data set's own ids, `(rows,)`, strings in an object array (NumPy's own string
            type would cut trailing NUL characters).
        group: near-duplicate groups, `(rows,)`, strings in an object array.
        split: one of `SPLITS` per row, `(rows,)`, strings in an object array.
        fold: the fold whose model made the row, `(rows,)`, int16, -1 for none.
        label: class index, `(rows,)`, int16, -1 where unlabelled.
        logits: raw scores before softmax, `(rows, classes)`, float32.
        metadata: where the rows came from.
    """

    sample_id: np.ndarray[Any, Any]
    group: np.ndarray[Any, Any]
    split: np.ndarray[Any, Any]
    fold: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, Any]
    metadata: Metadata
    _arrow: dict[str, pa.Array] = field(init=False, repr=False, default_factory=dict)

    def texts(self, column: str) -> pa.Array:
        """Give `sample_id`, `group` or `split` as Arrow's strings, which are made once.

        Raises:
            pa.ArrowException, UnicodeEncodeError, TypeError: a value is no text.
        """
        if column not in self._arrow:
            self._arrow[column] = pa.array(getattr(self, column), pa.large_string())
        return self._arrow[column]

    @classmethod
    def of_texts(cls, texts: Mapping[str, pa.Array], **others: Any) -> Predictions:
        """Make predictions of Arrow's strings; Python's are made where somebody asks for them.

        Args:
            texts: `sample_id`, `group` and `split` as large strings without nulls.
            others: all other attributes.
        """
        unmade: dict[str, Any] = dict.fromkeys(TEXTS)
        made = cls(**unmade, **others)
        made._arrow.update(texts)
        for name in TEXTS:
            object.__delattr__(made, name)
        return made

    def __getattr__(self, name: str) -> Any:
        """Give a column of strings that has not been asked for yet."""
        if name not in TEXTS or name not in self.__dict__.get("_arrow", {}):
            raise AttributeError(name)
        encoded = self._arrow[name].dictionary_encode()  # equal strings become one object
        objects = encoded.dictionary.to_numpy(zero_copy_only=False)
        column = np.asarray(objects[encoded.indices.to_numpy()], dtype=object)
        object.__setattr__(self, name, column)
        return column

    def shape(self, column: str) -> tuple[int, ...]:
        """Give a column's shape; strings that nobody has asked for stay unmade."""
        if column in TEXTS and column not in self.__dict__:
            return (len(self._arrow[column]),)
        return tuple(getattr(self, column).shape)

    def are_texts(self, column: str) -> bool:
        """Say whether a column holds nothing but strings; others may pass for them in Arrow."""
        made = column in self.__dict__
        return not made or set(map(type, getattr(self, column))) <= {str}

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Iterable[Any]],
        logits: np.ndarray[Any, Any] | Sequence[Sequence[float]],
        metadata: Metadata,
    ) -> Predictions:
        """Make predictions from ordinary sequences.

        Args:
            columns: `sample_id`, `group` and `split` as strings, and, where there are any, `fold`
                and `label` as integers or None. Without `group`, each sample is its own group.
            logits: raw scores before softmax, `(rows, classes)`.
            metadata: where the rows came from.

        Raises:
            ArtifactError: a column is missing, or a fold or label does not fit into int16.
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
        )

    def rows(self, split: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say which rows belong to a split: a mask, `(rows,)`."""
        if "split" not in self.__dict__:  # Arrow's strings are compared much faster
            same = pc.equal(self._arrow["split"], split)
            return np.asarray(same.to_numpy(zero_copy_only=False), dtype=np.bool_)
        return np.asarray(self.split == split, dtype=np.bool_)

    def select(self, rows: np.ndarray[Any, Any]) -> Predictions:
        """Take some rows, by a mask or by their numbers."""
        return Predictions(
            sample_id=self.sample_id[rows],
            group=self.group[rows],
            split=self.split[rows],
            fold=self.fold[rows],
            label=self.label[rows],
            logits=self.logits[rows],
            metadata=self.metadata,
        )

    def probabilities(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Softmax of the logits in float64, `(rows, classes)`; each row sums to 1."""
        return softmax(self.logits)


def softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Turn logits into probabilities, `(rows, classes)`, in float64; each row sums to 1."""
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
