"""Short names of runs for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What a title does not repeat: it says so itself, or nobody looks for it there.
_UNTITLED = {
    *("modality", "encoder", "fusion", "name", "seed", "data", "logger", "experiment", "ckpt"),
    *("contents",),
    *("trainer.progress", "trainer.device", "trainer.workers"),
}
_UNTITLED_SECTIONS = ("data.", "logger.", "artifacts.", "hydra.", "members.", "figures.")


def run_title(name: str, parts: Sequence[str], overrides: Sequence[str], sweep: Path | None) -> str:
    """Return a short name of a run for people, such as `text minilm seed 0`.

    Args:
        name: the run's name.
        parts: what else tells it from others.
        overrides: the command line's; those of a multirun's job that are not in the name follow,
            each without its section.
        sweep: the multirun's folder; None in a single run.

    Example:
        >>> from pathlib import Path
        >>> overrides = ["modality=text", "head.dropout=0.2"]
        >>> run_title("text", ["minilm", "seed 0"], overrides, Path("sweep"))
        'text minilm seed 0 dropout=0.2'
    """
    words = [name, *parts]
    for override in overrides if sweep is not None else ():
        key, _, value = override.lstrip("+~").partition("=")
        is_told = key in _UNTITLED or key.startswith(_UNTITLED_SECTIONS)
        words += [] if is_told else [f"{key.rpartition('.')[2]}={value}"]
    return " ".join(words)
