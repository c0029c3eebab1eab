"""Progress of long work: one bar for the whole of a run, with the time left.

Work is counted in steps, and steps lie within others: batches in an epoch, epochs in a fold, folds
in a job, jobs in a sweep. What is open at a time is one stack, drawn as one line. Where the output
is no terminal nothing is drawn.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from lfx.runtime.bar import Bar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

log = logging.getLogger(__name__)

Item = TypeVar("Item")

# How far a study is, in the environment of the step that it has started.
_AROUND = "LFX_STEPS_AROUND"
# Seconds before a bar appears, so that short work draws none, and between two drawings.
_DELAY, _INTERVAL = 1.0, 0.1


class Steps:
    """Steps of one kind, of which some are done.

    Args:
        what: what a step is, or the work that has the steps.
        total: number of steps.
        done: how many have been done since it began.
        is_most: whether the work may end before all steps are done.
        is_all: whether it is nearly all that a step of the work around it does, so that the time
            which it takes tells of the others.
        is_shown: whether it, and all within it, is drawn.
        began: when the work began, in seconds of `time.time()`; None: now.
    """

    def __init__(
        self,
        what: str,
        total: int,
        *,
        done: int = 0,
        is_most: bool = False,
        is_all: bool = True,
        is_shown: bool = True,
        began: float | None = None,
    ) -> None:
        self.what, self.total, self.done = what, total, done
        self.is_most, self.is_all, self.is_shown = is_most, is_all, is_shown
        self.advanced = time.time()
        self.began = self.advanced if began is None else began
        self._done_before = 0

    def advance(self, steps: int = 1) -> None:
        """Note that further steps are done."""
        self.done += steps
        self.advanced = time.time()
        _draw(self.advanced)

    def resume(self, done: int) -> None:
        """Note how many steps were done before the work began, or was carried on."""
        self.done = self._done_before = done

    def seconds_left(self, now: float, inner: float | None, *, has_inner: bool) -> float | None:
        """Return the seconds until all steps are done; None: unknown.

        Args:
            now: the time.
            inner: the seconds until the step that is being done is done; None: unknown.
            has_inner: whether that step consists of steps that are counted.
        """
        left, counted = self.total - self.done, self.done - self._done_before
        in_step = now - self.advanced
        if counted:
            each = (self.advanced - self.began) / counted
        elif has_inner and inner is not None:
            each = in_step + inner
        else:
            return None
        current = max(each - in_step, 0.0) if inner is None else inner
        return max(left - 1, 0) * each + (current if left else 0.0)

    def __str__(self) -> str:
        return self.what if self.total == 1 else f"{self.what} {self.done}/{self.total}"


_open: list[Steps] = []
_bar = Bar()
_drawn = 0.0


@contextmanager
def within(steps: Steps) -> Iterator[Steps]:
    """Count some steps while they are worked at; whatever is counted meanwhile is a part of them.

    Example:
        >>> with within(Steps("epoch", 2)) as epochs:
        ...     for _ in range(2):
        ...         for _ in track(range(3), "batch", 3):
        ...             pass
        ...         epochs.advance()
        >>> epochs.done
        2
    """
    _open.append(steps)
    try:
        yield steps
    finally:
        if steps in _open:  # a generator may end after what lies around it
            del _open[_open.index(steps) :]
        if _open:
            _bar.hide()  # what it says is over
        else:
            _bar.close()


def track(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Yield items and count them.

    Args:
        items: the items.
        what: the work, for example `decoding images`.
        total: number of items.
    """
    if not _bar.is_possible():
        log.info("%s: %d", what, total)
    with within(Steps(what, total, is_all=False)) as steps:
        for item in items:
            yield item
            steps.advance()


@contextmanager
def within_study() -> Iterator[None]:
    """Count what happens as a part of the study that has started this process, if one has."""
    try:
        done, total, began = os.environ.get(_AROUND, "").split()
        steps = Steps("step", int(total), done=int(done), began=float(began))
    except ValueError:  # no study, or one of another version
        yield
        return
    with within(steps):
        yield


def as_environment(done: int, total: int, began: float) -> dict[str, str]:
    """Return the environment by which a step's process learns how far its study is.

    Args:
        done: number of steps that the study has done since it began.
        total: number of steps that it does.
        began: when it began, in seconds of `time.time()`.
    """
    return {_AROUND: f"{done} {total} {began}"}


def seconds_left(steps: list[Steps], now: float) -> float | None:
    """Return the seconds until the outermost of some nested steps are done; None: unknown."""
    left: float | None = None
    for index in reversed(range(len(steps))):
        has_inner = index + 1 < len(steps)
        inner = left if has_inner and steps[index + 1].is_all else None
        left = steps[index].seconds_left(now, inner, has_inner=has_inner)
    return left


def described(steps: list[Steps]) -> str:
    """Return what is being done, from the outermost steps to the innermost.

    Example:
        >>> described([Steps("train", 1), Steps("epoch", 10, done=2), Steps("batch", 113)])
        'train · epoch 3/10 · batch 0/113'
    """
    *outer, inner = steps
    names = [one.what if one.total == 1 else _current(one) for one in outer]
    return " · ".join([*names, str(inner)])


def _current(steps: Steps) -> str:
    return f"{steps.what} {min(steps.done + 1, steps.total)}/{steps.total}"


def duration(seconds: float) -> str:
    """Return a duration in hours, minutes and seconds.

    Example:
        >>> duration(59.6), duration(3725)
        ('1:00', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _known_part(now: float) -> float | None:
    """Return the seconds left of the outermost work of which they are known."""
    parts = (seconds_left(_open[start:], now) for start in range(1, len(_open)))
    return next((left for left in parts if left is not None), None)


def _draw(now: float) -> None:
    global _drawn  # noqa: PLW0603, a process has one terminal
    if not _open or now - _open[0].began < _DELAY or now - _drawn < _INTERVAL:
        return
    if not all(steps.is_shown for steps in _open) or not _bar.is_possible():
        return
    _drawn = now
    elapsed, left = now - _open[0].began, seconds_left(_open, now)
    at_most = "at most " if any(steps.is_most for steps in _open) else ""
    if left is None:
        known = _known_part(now)
        rest = "" if known is None else f"{at_most}{duration(known)} left of these"
        _bar.draw(described(_open), None, rest)
        return
    share = elapsed / (elapsed + left) if left else 1.0
    _bar.draw(described(_open), share, f"{at_most}{duration(left)} left")
