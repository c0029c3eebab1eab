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


@pytest.fixture
def fuse_members():
    """Fuse artifacts by a scheme on the CPU, as `lfx.fuse` does."""
    import torch

    from lfx.artifacts.join import join
    from lfx.fusion.calibration.none import NoCalibration
    from lfx.fusion.fit_plan import FitPlan
    from lfx.fusion.fuse import fuse
    from lfx.fusion.pipeline import Pipeline

    def build(members, scheme, on_missing="error", name="fused", intervals=None, **plan):
        return fuse(
            join(members, on_missing),
            Pipeline(NoCalibration(), scheme),
            FitPlan(**plan),
            name=name,
            device=torch.device("cpu"),
            versions={},
            intervals=intervals,
        )

    return build


@pytest.fixture
def leave_job():
    """Leave the folder of a fusion as a job, or a run, of `lfx.fuse` does."""
    from lfx.artifacts.parquet import write_predictions
    from lfx.runs.status import RunStatus
    from lfx.runtime.files import write_json

    def build(folder, result, overrides, seed=0):
        folder.mkdir(parents=True)
        write_predictions(folder / "predictions.parquet", result.predictions)
        write_json(folder / "metrics.json", result.metrics)
        write_json(folder / "weights.json", result.weights_document)
        write_json(folder / "baselines.json", result.baselines)
        (folder / ".hydra").mkdir()
        (folder / ".hydra/config.yaml").write_text(
            f"name: mean\nseed: {seed}\nmembers: {{image: a, text: b}}\n"
            f"data: {{name: demo}}\nfusion: {list(overrides)}\n"
        )
        started = f"2026-01-01T00:00:0{seed}.000+00:00"
        RunStatus("fuse", "completed", started=started, overrides=list(overrides)).write(folder)
        return folder

    return build
