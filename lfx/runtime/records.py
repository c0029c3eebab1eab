"""Files that a run left of itself, read as words of a stranger: in bounds, and nothing is resolved.

A run's folder may come from anybody. Its JSON and YAML become plain values; no resolver is called
(`${oc.env:…}` would print the environment), no class is named by a tag, and a file that unfolds
when it is read ends in a message.
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
        most: bytes that it may have.

    Raises:
        RecordError: it cannot be read, is too large, or is not JSON; keys that occur twice, NaN
            and infinities are none.
    """
    text = _read_text(file, most)
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise RecordError("it is nested too deeply") from None
    except ValueError as error:
        raise RecordError(f"it is not the JSON of a run: {error}") from error


def read_yaml(file: Path, most: int = _MOST_BYTES) -> Any:
    """Read a YAML file as it is written, interpolations included.

    Args:
        file: a regular file.
        most: bytes that it may have.

    Raises:
        RecordError: it cannot be read, is too large or too deep, is no YAML, or has what no run
            writes: aliases, tags, keys that occur twice or are no text.
    """
    return parse_yaml(_read_text(file, most))


def _read_text(file: Path, most: int) -> str:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would be waited for
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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key occurs twice")
    return content


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*(?:\.\w+)*)\}")
_LONGEST = 4096  # characters
_MOST_STEPS = 100


def resolve_references(content: Any, text: str) -> str:
    """Replace a text's references to other values of the same file, `${section.key}`.

    Args:
        content: the whole file.
        text: one of its values.

    Raises:
        RecordError: it refers to anything else, such as the environment (`${oc.env:NAME}`), to
            nothing, to a whole section, to itself, or to more than a name or a path could be.
    """
    for _ in range(_MOST_STEPS):
        found = _REFERENCE.search(text)
        if found is None:
            break
        value = content
        for name in found[1].split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str | int | float):
            raise RecordError(f"it has no value for {found[0]}")
        text = text[: found.start()] + str(value) + text[found.end() :]
        if len(text) > _LONGEST:
            break
    if "${" in text or len(text) > _LONGEST:
        raise RecordError(
            f"what a run's folder says is not resolved beyond references within the file: "
            f"{text[:80]}"
        )
    return text
