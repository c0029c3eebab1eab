"""Paraphrases that have been made, by content: a text is never translated twice."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ParaphraseCache:
    """A file that grows by a line for each text, so that a run that is killed loses none of them.

    Args:
        folder: where the files are, one for each way of paraphrasing.
        identity: names the model and all settings that shape what it gives.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.file = folder / f"{_digest(identity)[:16]}.jsonl"
        self._known: dict[str, str] = {}
        if self.file.is_file():
            for line in self.file.read_text(encoding="utf-8").split("\n"):
                try:
                    entry = json.loads(line)
                    self._known[entry["text"]] = entry["paraphrase"]
                except (ValueError, KeyError, TypeError):  # cut off in the middle of a line
                    continue

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
            json.dumps({"text": text, "paraphrase": paraphrase}, ensure_ascii=False)
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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
