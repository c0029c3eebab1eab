"""A run replaces no artifact of another column or way of training unless it is told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.parquet import write_predictions
from lfx.artifacts.predictions import Predictions
from lfx.runs.publishing import require_replaceable
from lfx.runtime.errors import ConfigError

OF_TEXT = Metadata(
    *(("x", "y"), "text", "mine", "d", "s", 0, "c", "2026-01-01T00:00:00+00:00", {}),
    columns={"text": "f"},
    regime="supervised",
)


@pytest.fixture
def published(tmp_path):
    """Publish an artifact with some metadata."""

    def publish(metadata):
        columns = {"sample_id": ["a"], "split": ["val"], "label": [0]}
        file = tmp_path / "mine.parquet"
        write_predictions(file, Predictions.from_columns(columns, [[0.0, 1.0]], metadata))
        return file

    return publish


def test_the_same_kind_of_model_is_replaced(published, tmp_path):
    require_replaceable(tmp_path / "mine.parquet", ["text"], "supervised")
    require_replaceable(published(OF_TEXT), ["text"], "supervised")
    require_replaceable(published(OF_TEXT), ["text"], None)
    require_replaceable(published(replace(OF_TEXT, regime=None)), ["text"], "contrastive")
    require_replaceable(published(replace(OF_TEXT, columns={})), ["image"], "supervised")


@pytest.mark.parametrize(
    ("columns", "regime", "message"),
    [
        (["title"], "supervised", "is a model of column text, not of column title; publish"),
        (["image", "text"], "supervised", "of column text, not of columns image, text"),
        (["text"], "contrastive", r"trained by training=supervised, not contrastive; .*name=AN"),
        (["title"], "classical", r"of column title and trained by .*artifacts\.overwrite=true"),
    ],
)
def test_another_kind_is_refused(published, columns, regime, message):
    with pytest.raises(ConfigError, match=message):
        require_replaceable(published(OF_TEXT), columns, regime)


def test_a_damaged_artifact_is_replaced(published):
    file = published(OF_TEXT)
    file.write_bytes(b"damaged")
    require_replaceable(file, ["title"], "contrastive")
