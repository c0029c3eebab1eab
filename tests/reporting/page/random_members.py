"""Random predictions of several models, with ids that would break a careless page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions

HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>\u2028"


@dataclass
class Members:
    """Random predictions of models that are right more often than not.

    Attributes:
        names: of the models.
        classes: of the classes.
        samples: the number of test samples, and of val samples.
        lacking: the share of samples that each member but the first lacks.
    """

    names: list[str] = field(default_factory=lambda: ["image", "text"])
    classes: list[str] = field(default_factory=lambda: ["bad", "so", "good"])
    samples: int = 60
    lacking: float = 0.0

    def ids(self) -> list[str]:
        return [f"{HOSTILE}{row}" if row == 0 else f"id {row}" for row in range(2 * self.samples)]

    def build(self) -> dict[str, Predictions]:
        random = np.random.default_rng(5)
        rows, classes = 2 * self.samples, len(self.classes)
        labels = random.integers(0, classes, rows)
        found = {}
        for number, name in enumerate(self.names):
            logits = random.normal(size=(rows, classes))
            logits[np.arange(rows), labels] += 0.8 + 0.2 * number
            has = (random.random(rows) >= self.lacking) | (number == 0)
            columns: dict[str, Any] = {
                "sample_id": np.array(self.ids(), object)[has],
                "split": np.repeat(["val", "test"], self.samples)[has],
                "label": labels[has],
            }
            about = Metadata(
                classes=tuple(self.classes),
                modality=name,
                name=name,
                data_fingerprint="d",
                split_fingerprint="s",
                seed=0,
                config_hash="c",
                created="2026-01-01T00:00:00+00:00",
                versions={"lfx": "1"},
            )
            found[name] = Predictions.from_columns(columns, logits[has], about)
        return found
