"""Reading the JSON and YAML of a run's folder, which is not trusted.

The files become plain values, within bounds of size and depth. No resolver is called
(`${oc.env:…}` would print the environment), and no tag names a class.
"""

from __future__ import annotations

import json
import re
import stat
from typing import TYPE_CHECKING, Any, NoReturn

from lfx.runtime.errors import RecordError
from lfx.runtime.plain_yaml import parse_yaml

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 16_000_000


def read_json(file: Path, most: int = _MOST_BYTES) -> Any:
    """Read a JSON file.

    Args:
        file: a regular file.
        most: its largest size in bytes.

    Raises:
        RecordError: it cannot be read, is too large, or is not JSON, which has no keys that occur
            twice, no NaN and no infinities.
    """
    text = _read_text(file, most)
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except RecursionError:
        raise RecordError("it is nested too deeply") from None
    except ValueError as error:
        raise RecordError(f"it is not the JSON of a run: {error}") from error


def read_yaml(file: Path, most: int = _MOST_BYTES) -> Any:
    """Read a YAML file; interpolations are not resolved.

    Args:
        file: a regular file.
        most: its largest size in bytes.

    Raises:
        RecordError: it cannot be read, is too large, or `parse_yaml` refuses it.
    """
    return parse_yaml(_read_text(file, most))


def _read_text(file: Path, most: int) -> str:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # reading a pipe would block
            raise RecordError("it is not a file")
        with file.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise RecordError(error.strerror or type(error).__name__) from error
    except ValueError as error:  # a NUL in the path
        raise RecordError(str(error)) from error
    if len(content) > most:
        raise RecordError(f"it has more than {most} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordError(f"it is not UTF-8 at byte {error.start}") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key occurs twice")
    return content


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*(?:\.\w+)*)\}")
_LONGEST = 4096  # characters
_MOST_STEPS = 100


def resolve_references(content: Any, text: str) -> str:
    """Replace a text's references to other values of the same file, `${section.key}`.

    Args:
        content: the file's content.
        text: one of its values.

    Raises:
        RecordError: it refers to a missing value, a section, itself or anything outside of the
            file, such as the environment (`${oc.env:NAME}`), or becomes longer than a path.
    """
    for _ in range(_MOST_STEPS):
        reference = _REFERENCE.search(text)
        if reference is None:
            break
        value = content
        for name in reference[1].split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str | int | float):
            raise RecordError(f"it has no value for {reference[0]}")
        text = text[: reference.start()] + str(value) + text[reference.end() :]
        if len(text) > _LONGEST:
            break
    if "${" in text or len(text) > _LONGEST:
        raise RecordError(
            "only references to values of the same file are resolved in a run's folder, got "
            f"{text[:80]}"
        )
    return text
