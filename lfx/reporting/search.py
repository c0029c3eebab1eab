"""Write the result of a search of weights as files and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from lfx.evaluation.scores import title_of
from lfx.fusion.search.curve import Curve
from lfx.reporting.pictures.curves import Line, draw_curves
from lfx.runtime.figures import picture_files
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lfx.fusion.schemes.grid import Searched


def write_search(
    folder: Path,
    searched: Searched,
    members: tuple[str, ...],
    curves: Mapping[str, Curve],
    fit_split: str,
) -> list[Path]:
    """Write the result of a search.

    For two members: `curve.parquet`, with a row for each interval of weights with constant scores
    of a split, and `curve.png`. For more: `search.parquet`, the best weightings with their scores
    on the fit split, best first.

    Args:
        folder: folder of the files.
        searched: the searched weights and their result.
        members: names of the members, in the order of the weights.
        curves: split → the curve of two members; empty for more.
        fit_split: the split that was searched.

    Returns:
        The paths of the files.
    """
    ranking = searched.result
    if isinstance(ranking, Curve):
        return _write_curves(folder, searched, members, curves, fit_split)
    columns = {
        f"weight/{name}": ranking.weights[:, column].cpu().numpy()
        for column, name in enumerate(members)
    }
    columns |= {score: ranking.scores.of(score).cpu().numpy() for score in ranking.scores.metrics}
    return [_write_table(folder / "search.parquet", pa.table(columns))]


def _write_curves(
    folder: Path,
    searched: Searched,
    members: tuple[str, ...],
    curves: Mapping[str, Curve],
    fit_split: str,
) -> list[Path]:
    first, second = members
    tables = [
        pa.table(
            {
                "split": [split] * (len(curve.edges) - 1),
                f"weight/{second} from": curve.edges[:-1].cpu().numpy(),
                f"weight/{second} to": curve.edges[1:].cpu().numpy(),
            }
            | {score: curve.scores.of(score).cpu().numpy() for score in curve.scores.metrics}
        )
        for split, curve in curves.items()
    ]
    table = _write_table(folder / "curve.parquet", pa.concat_tables(tables))
    best = searched.result.best(searched.metric) if isinstance(searched.result, Curve) else None
    picture = folder / "curve.png"
    draw_curves(
        picture,
        "every weighting of two members",
        (f"weight of {second} (the rest is {first}'s)", title_of(searched.metric)),
        [
            Line(
                f"{split}, fitted on it" if split == fit_split else split,
                curve.edges.tolist(),
                curve.scores.of(searched.metric).tolist(),
                colour=colour,
                dashed=split != fit_split,
            )
            for colour, (split, curve) in enumerate(curves.items())
        ],
        steps=True,
        interval=None if best is None else (best.low, best.high),
    )
    return [table, *picture_files(picture)]


def _write_table(file: Path, table: pa.Table) -> Path:
    with atomic_path(file) as part:
        pq.write_table(table, part)
    return file
