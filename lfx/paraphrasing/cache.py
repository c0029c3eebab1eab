"""A cache of paraphrases by their text, so that no text is translated twice."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import ConfigError, DataError, shorten
from lfx.runtime.imports import dotted_path
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.paraphrasing.augmenter import TextAugmenter

log = logging.getLogger(__name__)

_LOG_EVERY = 10  # seconds


class ParaphraseCache:
    """A file with a line for each text, appended at once, so that a killed run loses none of them.

    Args:
        folder: of the cache files, one for each augmenter and its settings.
        identity: see `TextAugmenter`.

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
                "%s: %d of %d lines are damaged; their texts are paraphrased again",
                *(self.file, damaged, len(self._known) + damaged),
            )

    def __len__(self) -> int:
        return len(self._known)

    def get(self, text: str) -> str | None:
        """Return a text's paraphrase; None if the cache lacks it."""
        return self._known.get(_digest(text))

    def add(self, paraphrases: Mapping[str, str]) -> None:
        """Add paraphrases: text → paraphrase."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        entries = {_digest(text): paraphrase for text, paraphrase in paraphrases.items()}
        lines = [
            json.dumps(
                {"text": text, "paraphrase": paraphrase, "check": _check(text, paraphrase)},
                ensure_ascii=False,
            )
            for text, paraphrase in entries.items()
        ]
        with self.file.open("a", encoding="utf-8") as stream:
            if self.file.stat().st_size and not self._ends_with_newline():
                stream.write("\n")
            stream.write("".join(f"{line}\n" for line in lines))
        self._known |= entries

    def _ends_with_newline(self) -> bool:
        with self.file.open("rb") as stream:
            stream.seek(-1, 2)
            return stream.read(1) == b"\n"


def _read(line: bytes) -> tuple[str, str] | None:
    """Return a line's digest of the text and its paraphrase; None if it is damaged or incomplete.

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


def fill_cache(
    cache: ParaphraseCache, augmenter: TextAugmenter, texts: Sequence[str], batch_size: int
) -> None:
    """Paraphrase the texts that a cache lacks, short ones first, and keep them batch by batch.

    Args:
        cache: of this augmenter.
        augmenter: makes the paraphrases.
        texts: all that are wanted.
        batch_size: texts that are paraphrased together; a run that is killed loses no more.
    """
    new = {text for text in texts if cache.get(text) is None}
    # A translation model may return words even for a blank text.
    left = sorted(filter(str.strip, new), key=lambda text: (len(text), text))
    known = sum(text not in new for text in texts)
    if known:
        log.info("%d of %d texts have been paraphrased before", known, len(texts))
    start, logged = time.perf_counter(), 0.0
    batches = [left[first : first + batch_size] for first in range(0, len(left), batch_size)]
    done = 0
    for batch in track(batches, "paraphrasing", len(batches)):
        made: Any = augmenter.augment(batch)
        is_list = isinstance(made, list | tuple) and len(made) == len(batch)
        if not is_list or not all(isinstance(text, str) for text in made):
            raise ConfigError(
                f"{dotted_path(type(augmenter))}.augment must return a list with a text for "
                f"each of its {len(batch)} texts; it returned {shorten(repr(made))}"
            )
        cache.add(dict(zip(batch, made, strict=True)))
        done += len(batch)
        spent = time.perf_counter() - start
        if spent - logged > _LOG_EVERY or done == len(left):
            log.info("paraphrased %d of %d texts (%.1f/s)", done, len(left), done / spent)
            logged = spent
