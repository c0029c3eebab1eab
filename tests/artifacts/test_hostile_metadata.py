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

OLD = {
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
WHOLE = OLD | {"schema_version": 2, "columns": {"text": "t"}, "regime": "supervised"}


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
        (json.dumps(WHOLE | {"schema_version": 3}), "is 3, but this lfx reads 1 and 2; use the"),
        (json.dumps(WHOLE | {"schema_version": 2.0}), r"its schema_version is 2\.0, but"),
        (json.dumps(WHOLE | {"columns": "\x1b[2J"}), r"columns is '\\x1b\[2J', allowed: an object"),
        (
            json.dumps(WHOLE | {"columns": {"text": 5}}),
            "columns is a dict of 1, allowed: an object",
        ),
        (json.dumps(WHOLE | {"columns": {"text": {"a": "b"}}}), "columns is a dict of 1"),
        (json.dumps(WHOLE | {"columns": None}), "columns is None"),
        (json.dumps(OLD | {"schema_version": 2}), "columns is missing, allowed: an object of str"),
        (json.dumps(WHOLE)[:-1] + ', "columns": {}}', "a key occurs more than once"),
        ('{"schema_version": 2, "columns": {"a": "b", "a": "c"}}', "a key occurs more than once"),
        (json.dumps(WHOLE | {"regime": ["fusion"]}), "regime is a list of 1, allowed: a string"),
        (json.dumps(WHOLE | {"regime": "r" * 9000} | {"seed": ""}), "seed is ''"),
        (json.dumps(WHOLE | {"fingerprint_schema": 3}), "fingerprint_schema is 3, allowed: an int"),
        (json.dumps(WHOLE | {"fingerprint_schema": True}), "fingerprint_schema is True"),
        (json.dumps(WHOLE | {"fingerprint_schema": 10**300}), "is an integer of 997 bits"),
        (json.dumps(WHOLE | {"fingerprint_schema": "1"}), "fingerprint_schema is '1', allowed"),
    ],
)
def test_metadata_that_are_wrong_end_in_a_short_message(text: str, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        Metadata.from_json(text)
    assert len(str(caught.value)) < 1000


def test_whole_metadata_are_read() -> None:
    whole, old = (Metadata.from_json(json.dumps(one)) for one in (WHOLE, OLD))
    assert whole.classes == old.classes == ("bad", "good")
    assert (whole.columns, whole.regime) == ({"text": "t"}, "supervised")
    assert (old.columns, old.regime) == ({}, None)


def test_a_flipped_bit_gives_an_error_or_the_very_same_predictions(tmp_path: Path) -> None:
    whole, file = tmp_path / "whole.parquet", tmp_path / "flipped.parquet"
    wanted = Predictions.from_columns(
        {
            "sample_id": ["1", "2"],
            "split": ["val", "test"],
            "label": [0, None],
            "seen": [True, None],
        },
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
            assert np.array_equal(got.seen, wanted.seen)
    assert noticed > 500
