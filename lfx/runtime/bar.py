"""One line at the bottom of a terminal, above which everything else is printed."""

from __future__ import annotations

import logging
import multiprocessing
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from tqdm import tqdm

# Characters that a bar needs to be worth its place.
_LEAST = 10


class Bar:
    """A line with what is being done, a bar, and what is left.

    It is on standard error, and only while that is a terminal: what a program reads from a pipe
    never has it.
    """

    def __init__(self) -> None:
        self._line: tqdm[Any] | None = None
        self._wrapped: list[_AboveBar] = []
        # Whether what is drawn is still true, and whether others are in the middle of a line.
        self._is_true = self.is_held = False

    def is_possible(self) -> bool:
        """Return whether there is a terminal, and this is not one of many worker processes."""
        is_worker = multiprocessing.current_process().name != "MainProcess"
        return sys.stderr is not None and sys.stderr.isatty() and not is_worker

    def draw(self, text: str, share: float | None, rest: str) -> None:
        """Draw the line.

        Args:
            text: what is being done; it is cut where the terminal is too narrow.
            share: the share of the time that has passed, 0 to 1; None: unknown.
            rest: what is left.
        """
        if self._line is None:
            self._begin()
        line = self._line
        if line is None or self.is_held:
            return
        line.bar_format = "{desc} {unit}" if share is None else "{desc} {bar} {unit}"
        room = (line.dynamic_ncols(line.fp)[0] if callable(line.dynamic_ncols) else 80) or 80
        room -= len(rest) + (2 if share is None else 3 + _LEAST)
        line.desc = text if len(text) <= room else text[: max(room - 1, 0)] + "…"
        line.unit, line.n = rest, share or 0
        self._is_true = True
        line.refresh()

    def hide(self) -> None:
        """Remove the line, until something else is drawn."""
        self._is_true = False
        self.clear()

    def clear(self) -> None:
        """Remove the line, until it is drawn again."""
        if self._line is not None and not self.is_held:
            self._line.clear()

    def again(self) -> None:
        """Draw the line as it was."""
        if self._line is not None and self._is_true:
            self._line.refresh()

    def close(self) -> None:
        """Remove the line, and print as if it had never been there."""
        if self._line is not None:
            self._line.close()
            self._line = None
        for stream in self._wrapped:
            stream.release()
        self._wrapped = []
        self.is_held = False

    def _begin(self) -> None:
        from tqdm import tqdm

        self._line = tqdm(
            total=1, file=sys.stderr, leave=False, dynamic_ncols=True, bar_format="{desc}"
        )
        self._wrapped = [
            _AboveBar(self, stream, name)
            for name in ("stdout", "stderr")
            if (stream := getattr(sys, name)) is not None and stream.isatty()
        ]


class _AboveBar:
    """A stream that removes the bar before a text is written, and draws it again behind it."""

    def __init__(self, bar: Bar, stream: TextIO, name: str) -> None:
        self._bar, self._stream, self._name = bar, stream, name
        setattr(sys, name, self)
        self._handlers = [
            handler
            for handler in logging.getLogger().handlers
            if isinstance(handler, logging.StreamHandler) and handler.stream is stream
        ]
        for handler in self._handlers:
            handler.setStream(self)

    def write(self, text: str) -> int:
        self._bar.clear()
        written = self._stream.write(text)
        if text:
            self._bar.is_held = not text.endswith("\n")
        if not self._bar.is_held:
            self._stream.flush()
            self._bar.again()
        return written

    def release(self) -> None:
        if getattr(sys, self._name) is self:
            setattr(sys, self._name, self._stream)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is self:
                handler.setStream(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
