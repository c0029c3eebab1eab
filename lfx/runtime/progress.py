"""Long work shows how far it is: a bar in a terminal, a line in a log elsewhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

log = logging.getLogger(__name__)

Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Pass items through and show how many have gone by.

    Args:
        items: what is worked on.
        what: the work, for example `decoding images`.
        total: how many items there are.
    """
    from rich.console import Console
    from rich.progress import track as bar

    console = Console(stderr=True)
    if console.is_terminal:
        yield from bar(items, description=what, total=total, console=console, transient=True)
        return
    log.info("%s: %d", what, total)
    yield from items
