"""What a training run notes of itself, in its checkpoints and its artifact."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lfx.runtime.plain import config_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.data.samples import SampleTable
    from lfx.paraphrasing.paraphrases import Paraphrases

log = logging.getLogger(__name__)

# What may differ between a run and the one that resumes it.
_NO_PART_OF_THE_RESULT = ("ckpt", "logger", "artifacts", "figures")


def shaping_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that shape the result; those of all folds are the same.

    Args:
        settings: a training run's, in plain values.
    """
    data = {key: value for key, value in settings["data"].items() if key != "fold"}
    kept = {key: value for key, value in settings.items() if key not in _NO_PART_OF_THE_RESULT}
    return kept | {"data": data}


def provenance_of(
    shaping: Mapping[str, Any],
    name: str,
    seed: int,
    table: SampleTable,
    paraphrases: Paraphrases | None,
    columns: Mapping[str, str],
) -> dict[str, Any]:
    """Return what a model is made from, in plain values.

    Args:
        shaping: the settings that shape the result.
        name: of the run.
        seed: of the run.
        table: its samples.
        paraphrases: those of training texts; None: none.
        columns: column that the model reads → its fingerprint.
    """
    whole = table.whole or table
    return {
        "name": name,
        "seed": seed,
        "settings": shaping,
        "config_hash": config_hash(shaping),
        "data_fingerprint": table.data_fingerprint(),
        "split_fingerprint": table.split_fingerprint(),
        "paraphrases": None if paraphrases is None else paraphrases.fingerprint(),
        "splits": dict(zip(whole.ids.tolist(), whole.splits.tolist(), strict=True)),
        "columns": dict(columns),
        "background": table.decoding.background,
    }


def decoded_as_in_training(table: SampleTable, background: str | None) -> SampleTable:
    """Return the samples with images decoded as those that a model was trained on.

    Args:
        table: samples to predict.
        background: what transparent pixels lay on; None where the model's run noted none.
    """
    if background is None:
        return table
    decoding = replace(table.decoding, background=background)
    if decoding.colour != table.decoding.colour:
        log.info("transparent pixels lie on %s, as in training (data.background)", background)
    return replace(table, decoding=decoding)
