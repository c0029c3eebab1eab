"""The table of samples that a fusion corrected or corrupted, with what they look and sound like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.modalities.image.decoding import decode
from lfx.reporting.cases import study_cases
from lfx.runtime.errors import ArtifactError
from lfx.training.logged import log_table, shows_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytorch_lightning.loggers import Logger

    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable
    from lfx.reporting.cases import Case, CaseStudy

# Of each kind, the most confident ones.
MOST_CASES = 200
_SIDE = 256  # pixels, the longest of a picture
_SOUNDS = {".wav", ".flac", ".ogg", ".mp3"}


def log_cases(
    logger: Logger | None,
    fused: Predictions,
    members: Mapping[str, Predictions],
    table: SampleTable | None,
    against: str | None = None,
) -> None:
    """Send the samples that a fusion corrected or corrupted to W&B, as the table `cases`.

    Args:
        logger: other loggers, and None, get nothing.
        fused: the fusion's predictions.
        members: name → the member's predictions.
        table: the samples, whose texts, pictures and sounds are shown; None: ids alone are.
        against: the member that the fusion is compared with; None: `text`, or the first by name.
    """
    if not shows_tables(logger):
        return
    try:
        study = study_cases(fused, members, table, against)
    except ArtifactError:  # nothing has a label, or a member is called as the fusion is
        return
    send_cases(logger, study, table)


def send_cases(logger: Logger | None, study: CaseStudy, table: SampleTable | None) -> None:
    """Send a case study to W&B, as the table `cases`."""
    if not shows_tables(logger):
        return
    shown = [case for case in study.cases if case.rank <= MOST_CASES]
    columns = ["kind", "rank", "id", "split", "label"]
    columns += [
        f"{name} {what}" for name in study.members for what in ("predicted", "confidence", "label")
    ]
    contents = {} if table is None else _contents(table, shown)
    rows = [
        [case.kind, case.rank, case.sample_id, study.split, case.label]
        + [cell for name in study.members for cell in _prediction(case, name, study.classes)]
        + [contents[name][row] for name in contents]
        for row, case in enumerate(shown)
    ]
    if rows:
        log_table(logger, "cases", [*columns, *contents], rows)


def _prediction(case: Case, member: str, classes: Sequence[str]) -> list[Any]:
    """Return predicted class, its probability, and that of the label; None where it is lacking."""
    scores = case.scores.get(member)
    if scores is None:
        return [None, None, None]
    best = int(scores.argmax())
    of_label = float(scores[classes.index(case.label)])
    return [classes[best], float(scores[best]), of_label]


def _contents(table: SampleTable, cases: Sequence[Case]) -> dict[str, list[Any]]:
    """Return column → what each case has in it, for W&B to show."""
    position = {name: row for row, name in enumerate(table.ids)}
    rows = [position.get(case.sample_id) for case in cases]
    contents = {}
    for name, column in sorted(table.columns.items()):
        cells = [
            None if row is None or not column.present[row] else _shown(column[row], table)
            for row in rows
        ]
        # W&B wants one kind of content in a column.
        kinds = [type(cell) for cell in cells if cell is not None]
        if kinds:
            most = max(set(kinds), key=kinds.count)
            contents[f"content {name}"] = [one if isinstance(one, most) else None for one in cells]
    return contents


def _shown(content: Any, table: SampleTable) -> Any:
    """Return a text, a picture or a sound; None of what is none of these, or cannot be read."""
    if isinstance(content, str):
        return content
    if isinstance(content, np.ndarray):
        return f"{' x '.join(map(str, content.shape))} numbers"
    import wandb

    if isinstance(content, Path) and content.suffix.lower() in _SOUNDS:
        return wandb.Audio(str(content)) if content.is_file() else None
    try:
        data = content if isinstance(content, bytes) else content.read_bytes()
        picture = decode(data, table.decoding)
    except (OSError, ValueError, AttributeError):
        return None
    picture.thumbnail((_SIDE, _SIDE))
    return wandb.Image(picture, file_type="jpg")
