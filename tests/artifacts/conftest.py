from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions

METADATA = Metadata(
    classes=("negative", "neutral", "positive"),
    modality="image",
    name="image",
    data_fingerprint="data-1",
    split_fingerprint="split-1",
    seed=7,
    config_hash="abc",
    created="2024-05-06T07:08:09+00:00",
    versions={"torch": "2.6.0", "lfx": "0.1.0"},
    columns={"image": "pixels-1"},
)


@pytest.fixture(scope="session")
def make():
    """Make predictions: rows are (sample_id, split, fold, label), logits count upwards."""

    def build(rows=None, *, logits=None, group=None, seen=None, **metadata: Any) -> Predictions:
        if rows is None:
            rows = [("a", "val", None, 0), ("b", "val", None, None), ("c", "test", None, 2)]
        names = ("sample_id", "split", "fold", "label")
        columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        if group is not None:
            columns["group"] = group
        if seen is not None:
            columns["seen"] = seen
        if logits is None:
            logits = [[float(place), 0.5, -float(place)] for place in range(len(rows))]
        return Predictions.from_columns(columns, logits, replace(METADATA, **metadata))

    return build
