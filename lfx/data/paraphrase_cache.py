"""Paraphrases that have been made, by content: a text is never translated twice."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger(__name__)


class ParaphraseCache:
    """A file that grows by a line for each text, so that a run that is killed loses none of them.

    Args:
        folder: where the files are, one for each way of paraphrasing.
        identity: names the model and all settings that shape what it gives.

    Raises:
        DataError: the file cannot be read.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.file = folder / f"{_digest(identity)[:16]}.jsonl"
        self._known: dict[str, str] = {}
        try:
            lines = self.file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise DataError(f"{self.file} cannot be read: {error.strerror}; remove it") from error
        damaged = 0
        for line in filter(None, lines):
            entry = _read(line)
            if entry is None:
                damaged += 1
            else:
                self._known[entry[0]] = entry[1]
        if damaged:
            log.warning(
                "%s: %d of %d lines are damaged; their texts are paraphrased anew",
                *(self.file, damaged, len(self._known) + damaged),
            )

    def __len__(self) -> int:
        return len(self._known)

    def get(self, text: str) -> str | None:
        """Give a text's paraphrase; None where it has not been made."""
        return self._known.get(_digest(text))

    def add(self, made: Mapping[str, str]) -> None:
        """Keep paraphrases: text → paraphrase."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        entries = {_digest(text): paraphrase for text, paraphrase in made.items()}
        lines = [
            json.dumps(
                {"text": text, "paraphrase": paraphrase, "check": _check(text, paraphrase)},
                ensure_ascii=False,
            )
            for text, paraphrase in entries.items()
        ]
        with self.file.open("a", encoding="utf-8") as stream:
            if self.file.stat().st_size and not self._ends_a_line():
                stream.write("\n")
            stream.write("".join(f"{line}\n" for line in lines))
        self._known |= entries

    def _ends_a_line(self) -> bool:
        with self.file.open("rb") as stream:
            stream.seek(-1, 2)
            return stream.read(1) == b"\n"


def _read(line: bytes) -> tuple[str, str] | None:
    """Read a text's digest and its paraphrase; None where the line is damaged, or cut off.

    Lines of older versions of lfx have no checksum.
    """
    try:
        entry = json.loads(line)
        text, paraphrase = entry["text"], entry["paraphrase"]
        check = entry.get("check")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not (isinstance(text, str) and isinstance(paraphrase, str)):
        return None
    return (text, paraphrase) if check in (None, _check(text, paraphrase)) else None


def _check(text: str, paraphrase: str) -> str:
    return _digest(f"{text} {paraphrase}")[:8]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
