"""The fields of an MMSA file, checked: ids and texts, scores, and padded sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.convert.array_pickle import Array
from lfx.convert.padding import finite, unpad
from lfx.runtime.errors import name_some, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

SPLITS = {"train": "train", "valid": "val", "test": "test"}
TEXT = "raw_text"
# What the pickle calls a sequence, and the table's column.
SEQUENCES = {"audio": "audio", "vision": "visual"}
_DIMENSIONS = 3  # utterances, time, features
_LARGEST = 2**53  # integer, which a float still tells from its neighbours


def read_splits(content: object) -> dict[str, Any]:
    """Return the records of a pickle's splits; they are all that refers to their arrays.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(content, dict) or not content or not content.keys() <= SPLITS.keys():
        names = name_some(map(ascii, content), most=5) if isinstance(content, dict) else "none"
        raise ValueError(f"it maps {names}, allowed: {', '.join(SPLITS)}")
    for name, record in content.items():
        missing = sorted({"id", "regression_labels"} - record.keys()) if _is_record(record) else []
        if missing or not _is_record(record):
            raise ValueError(f"{name} lacks {name_some(missing) if missing else 'named fields'}")
        if not record.keys() & SEQUENCES.keys():
            raise ValueError(f"{name} has neither of {', '.join(SEQUENCES)}")
    return content


def _is_record(record: object) -> bool:
    return isinstance(record, dict) and all(isinstance(key, str) for key in record)


class PaddedSequences:
    """A split's sequences of one kind.

    Args:
        record: of the split.
        field: `audio` or `vision`.
        split: its name, for messages.
        count: number of utterances.

    Raises:
        ValueError: they are no array (utterances, time, features), or (utterances, features).
    """

    def __init__(self, record: Mapping[str, Any], field: str, split: str, count: int) -> None:
        self.path = f"{split}.{field}"
        values = record[field].values if isinstance(record[field], Array) else None
        if values is None or values.dtype.kind not in "fiu":
            raise ValueError(f"{self.path} is no array of numbers")
        if values.ndim == _DIMENSIONS - 1:
            values = values[:, None]
        if values.ndim != _DIMENSIONS or not values.shape[-1]:
            raise ValueError(
                f"{self.path} has the shape {values.shape}, allowed: (utterances, time, features)"
            )
        _require_length(len(values), count, self.path)
        self.values = values
        key = f"{field}_lengths"
        self.lengths = read_numbers(record[key], f"{split}.{key}", count) if key in record else None

    def read(self, row: int) -> tuple[npt.NDArray[np.float32], int]:
        """Return (time, features) without padding, and how many numbers were not finite.

        Raises:
            ValueError: its length is not that of its content.
        """
        try:
            length = None if self.lengths is None else self.lengths[row]
            return finite(unpad(self.values[row], length))
        except ValueError as error:
            raise ValueError(f"{self.path}[{row}]: {error}") from error


def _listed(value: object, path: str) -> list[Any]:
    """Return a field's content as a list, whether it is a list or an array."""
    if isinstance(value, Array):
        value = value.values.reshape(-1).tolist()
    if isinstance(value, list | tuple):
        return list(value)
    raise ValueError(f"{path} is a {type(value).__name__}, allowed: a list or an array")


def read_texts(value: object, path: str, count: int | None = None) -> list[str]:
    """Return a list of texts.

    Args:
        value: a list, or an array.
        path: of the field, for messages.
        count: how many there have to be; None: any number.

    Raises:
        ValueError: it holds something else.
    """
    texts = [text.decode() if isinstance(text, bytes) else text for text in _listed(value, path)]
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(f"{path} holds {shorten(ascii(wrong))}, allowed: texts")
    _require_length(len(texts), len(texts) if count is None else count, path)
    return texts


def read_numbers(value: object, path: str, count: int) -> list[float]:
    """Return a list of numbers; see `read_texts`."""
    numbers = _listed(value, path)
    _require_length(len(numbers), count, path)
    wrong = [
        one
        for one in numbers
        if not isinstance(one, int | float) or (isinstance(one, int) and abs(one) > _LARGEST)
    ]
    if wrong:
        raise ValueError(f"{path} holds {shorten(ascii(wrong[0]))}, allowed: numbers")
    return numbers


def _require_length(length: int, count: int, path: str) -> None:
    if length != count:
        raise ValueError(f"{path} is of {length} utterances, and id of {count}")
