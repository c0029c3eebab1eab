from __future__ import annotations

import numpy as np
import pytest

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions

CLASSES = ("negative", "neutral", "positive")


@pytest.fixture(scope="session")
def make():
    """Make one member: 12 samples over val and test, labels from their number, seeded logits."""

    def build(seed=0, *, name="image", rows=None, logits=None, classes=CLASSES, **metadata):
        if rows is None:
            rows = [(f"s{n:02}", "val" if n < 6 else "test", None, n % 3) for n in range(12)]
        names = ("sample_id", "split", "fold", "label")
        columns = {part: [row[place] for row in rows] for place, part in enumerate(names)}
        if logits is None:
            rng = np.random.default_rng(seed)
            logits = rng.normal(scale=2, size=(len(rows), len(classes)))
        origin = {
            "classes": classes,
            "modality": name,
            "name": name,
            "data_fingerprint": "data-1",
            "split_fingerprint": "split-1",
            "seed": seed,
            "config_hash": "abc",
            "created": "2024-05-06T07:08:09+00:00",
            "versions": {},
        }
        return Predictions.from_columns(columns, logits, Metadata(**(origin | metadata)))

    return build


@pytest.fixture(scope="session")
def members(make):
    """Give two members that the labels have nothing to do with."""
    return {"image": make(1), "text": make(2, name="text")}


@pytest.fixture(scope="session")
def several(make):
    """Give three members that know something, on 40 samples of val and 20 of test."""
    rows = [(f"s{n:02}", "val" if n < 40 else "test", None, n // 2 % 3) for n in range(60)]
    truth = np.eye(3)[[row[3] for row in rows]]
    rng = np.random.default_rng(0)
    return {
        f"m{place}": make(rows=rows, logits=2 * rng.normal(size=(60, 3)) + (3 - place) * truth)
        for place in range(3)
    }
