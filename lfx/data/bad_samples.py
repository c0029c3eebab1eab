"""Bad samples: named by id and reason, then refused or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.runtime.errors import DataError, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

# Bad samples that an error message names.
_MOST_SHOWN = 10


def refuse_or_list(bad: Sequence[tuple[str, str]], *, drop: bool) -> list[str]:
    """Refuse bad samples, or return the note that lists those that are dropped.

    Args:
        bad: id and reason of each.
        drop: they are left out (`data.on_bad_sample=drop`).

    Returns:
        One note, or none.

    Raises:
        DataError: there are some, and they are not dropped.
    """
    if not bad:
        return []
    lines = [f"  {shorten(name)}: {reason}" for name, reason in bad]
    if drop:  # listed in full: there is no other record of them
        return ["\n".join([f"bad samples dropped: {len(bad)}", *lines])]
    shown = lines[:_MOST_SHOWN]
    if len(lines) > len(shown):
        shown.append(f"  and {len(lines) - len(shown)} more")
    listed = "\n".join(shown)
    raise DataError(
        f"bad samples: {len(bad)}\n{listed}\n"
        "correct them, or leave them out with data.on_bad_sample=drop"
    )
