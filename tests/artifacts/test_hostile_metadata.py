from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.artifacts.predictions import Predictions
from lfx.runtime.errors import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = {
    "schema_version": 1,
    "classes": ["bad", "good"],
    "modality": "text",
    "name": "text",
    "data_fingerprint": "d",
    "split_fingerprint": "s",
    "seed": 0,
    "config_hash": "c",
    "created": "2026-01-01T00:00:00+00:00",
    "versions": {},
}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"seed": ' + "9" * 5000 + "}", "is not JSON"),
        ('{"schema_version": 1, "schema_version": 1}', "a key occurs more than once"),
        ("[]", "is not a JSON object"),
        (json.dumps(WHOLE | {"seed": 10**300}), r"seed is an integer of \d+ bits"),
        (json.dumps(WHOLE | {"seed": True}), "seed is True, allowed: an integer"),
        (json.dumps(WHOLE | {"seed": float("nan")}), "seed is nan"),
        (json.dumps(WHOLE | {"name": ["\x1b[2J"]}), "name is a list of 1"),
        (json.dumps(WHOLE | {"classes": "bad"}), "classes is 'bad'"),
        (json.dumps(WHOLE | {"classes": ["bad", None]}), "classes is a list of 2"),
        (json.dumps(WHOLE | {"schema_version": "x" * 9000}), "its schema_version is 'x{60}'…"),
    ],
)
def test_metadata_that_are_wrong_end_in_a_short_message(text: str, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        Metadata.from_json(text)
    assert len(str(caught.value)) < 1000


def test_whole_metadata_are_read() -> None:
    assert Metadata.from_json(json.dumps(WHOLE)).classes == ("bad", "good")


def test_a_flipped_bit_gives_an_error_or_the_very_same_predictions(tmp_path: Path) -> None:
    whole, file = tmp_path / "whole.parquet", tmp_path / "flipped.parquet"
    wanted = Predictions.from_columns(
        {"sample_id": ["1", "2"], "split": ["val", "test"], "label": [0, None]},
        [[0.5, -0.5], [1.5, 2.5]],
        Metadata.from_json(json.dumps(WHOLE)),
    )
    write_predictions(whole, wanted)
    data, draw, noticed = whole.read_bytes(), random.Random(0), 0  # noqa: S311
    for _ in range(1000):
        flipped = bytearray(data)
        flipped[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        file.write_bytes(flipped)
        try:
            got = read_predictions(file)
        except ArtifactError:
            noticed += 1
        else:
            assert got.metadata == wanted.metadata
            assert got.sample_id.tolist() == wanted.sample_id.tolist()
            assert np.array_equal(got.logits, wanted.logits)
            assert np.array_equal(got.label, wanted.label)
    assert noticed > 500
