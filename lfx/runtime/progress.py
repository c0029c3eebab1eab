"""Progress of long work: a bar in a terminal, a line in a log elsewhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

log = logging.getLogger(__name__)

Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Yield items and show how many are done.

    Args:
        items: the items.
        what: the work, for example `decoding images`.
        total: number of items.
    """
    from rich.console import Console
    from rich.progress import track as bar

    console = Console(stderr=True)
    if console.is_terminal:
        yield from bar(items, description=what, total=total, console=console, transient=True)
        return
    log.info("%s: %d", what, total)
    yield from items
