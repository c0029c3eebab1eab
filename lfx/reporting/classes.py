"""Report the distribution of the samples over the classes (the paper's figure 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.reporting.pictures.stacked import draw_stacked
from lfx.reporting.table import Column, Table

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.samples import SampleTable


def show_classes(table: SampleTable, name: str, folder: Path) -> Path:
    """Write `classes.csv`, by split, and `classes.png`.

    Args:
        table: the samples; all are counted, including those without a split.
        name: the data set's name.
        folder: folder of the files.

    Returns:
        The path of the picture.
    """
    parts: dict[str, list[int]] = {"all": table.class_counts()}
    parts |= {split: table.class_counts(table.rows(split)) for split in table.present_splits()}
    Table(
        [Column(title) for title in ("split", "class", "samples", "share")],
        [
            (split, label, count, count / max(1, sum(counts)))
            for split, counts in parts.items()
            for label, count in zip(table.classes, counts, strict=True)
        ],
    ).write_csv(folder / "classes.csv")
    total = sum(parts["all"])
    splits = [split for split in parts if split != "all"]
    drawn = {f"{split} ({sum(parts[split]):,})": parts[split] for split in splits}
    rest = [
        count - sum(others) for count, *others in zip(parts["all"], *drawn.values(), strict=True)
    ]
    if any(rest):
        drawn[f"no split ({sum(rest):,})" if drawn else "all"] = rest
    title = f"{name}: samples of each class"
    axis = f"samples (n = {total:,})"
    draw_stacked(folder / "classes.png", title, table.classes, drawn, axis)
    return folder / "classes.png"
