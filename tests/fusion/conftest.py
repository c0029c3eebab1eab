from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.artifacts.predictions import Metadata, Predictions
from lfx.fusion.schemes.scheme import FitData

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
def fit_data():
    """Make fit data with random probabilities and labels."""

    def build(seed=0, members=2, samples=10, classes=3):
        rng = np.random.default_rng(seed)
        probabilities = rng.dirichlet(np.full(classes, 0.7), size=(members, samples))
        labels = rng.integers(0, classes, size=samples)
        return FitData(
            members=tuple(f"m{place}" for place in range(members)),
            classes=tuple(f"c{place}" for place in range(classes)),
            probabilities=torch.from_numpy(probabilities),
            labels=torch.from_numpy(labels),
        )

    return build
