from __future__ import annotations

import numpy as np
import pytest

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions

CLASSES = ("bad", "so", "good")


@pytest.fixture
def predicted():
    """Make an artifact: ids, split, labels, and the class that each sample is taken for."""

    def build(ids, split, labels, taken, confidence=0.8, name="one", **metadata):
        odds = np.full((len(ids), len(CLASSES)), (1 - confidence) / 2)
        odds[np.arange(len(ids)), taken] = confidence
        columns = {
            "sample_id": ids,
            "split": [split] * len(ids) if isinstance(split, str) else split,
            "label": labels,
        }
        if "fold" in metadata:
            columns["fold"] = metadata.pop("fold")
        about = {
            "classes": CLASSES,
            "modality": "text",
            "name": name,
            "data_fingerprint": "d",
            "split_fingerprint": "s",
            "seed": 0,
            "config_hash": "c",
            "created": "2026-01-01T00:00:00+00:00",
            "versions": {},
        }
        return Predictions.from_columns(columns, np.log(odds), Metadata(**(about | metadata)))

    return build
