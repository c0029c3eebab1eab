from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from lfx.artifacts.checks import check, find_problems
from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions
from lfx.runtime.errors import ArtifactError


def test_sound_predictions_have_no_problems(make):
    predictions = make()
    assert find_problems(predictions) == []
    check(predictions)


def test_rows_and_select(make):
    predictions = make()
    assert predictions.rows("val").tolist() == [True, True, False]
    assert predictions.rows("oof").tolist() == [False, False, False]
    chosen = predictions.select(predictions.rows("test"))
    assert chosen.sample_id.tolist() == ["c"]
    assert chosen.label.tolist() == [2]
    assert chosen.logits.shape == (1, 3)
    assert predictions.select(np.array([2, 0])).sample_id.tolist() == ["c", "a"]


def test_probabilities_are_a_softmax_in_float64(make):
    logits = np.array([[1e4, 0, -1e4], [0.1, 0.2, 0.3], [3, 3, 3]], np.float32)
    got = make(logits=logits).probabilities()
    want = torch.softmax(torch.from_numpy(logits).double(), dim=1).numpy()
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, want, rtol=1e-14, atol=0)


def test_group_defaults_to_the_sample_itself(make):
    assert make().group.tolist() == ["a", "b", "c"]
    assert make(group=["g", "g", "h"]).group.tolist() == ["g", "g", "h"]


def test_none_and_minus_one(make):
    predictions = make([("a", "oof", 3, 1), ("b", "test", None, None)])
    assert predictions.fold.tolist() == [3, -1]
    assert predictions.label.tolist() == [1, -1]
    assert predictions.fold.dtype == predictions.label.dtype == np.int16


def test_from_columns_names_missing_columns(make):
    with pytest.raises(ArtifactError, match="columns sample_id, split are missing; there are: la"):
        Predictions.from_columns({"label": [0]}, [[0.0, 0.0]], make().metadata)


def test_from_columns_refuses_what_int16_cannot_hold(make):
    with pytest.raises(ArtifactError, match="column label holds numbers from 0 to 40000"):
        make([("a", "val", None, 40000), ("b", "val", None, 0)])


def test_metadata_round_trip(make):
    metadata = make(classes=("böse", "ok", "gut 😀")).metadata
    assert Metadata.from_json(metadata.to_json()) == metadata


def test_metadata_has_just_the_keys_of_the_contract(make):
    keys = "schema_version classes modality name data_fingerprint split_fingerprint seed"
    keys += " config_hash created versions columns"
    assert set(json.loads(make().metadata.to_json())) == set(keys.split())
    more = make(regime="contrastive", leaky=True).metadata.to_json()
    assert set(json.loads(more)) - set(keys.split()) == {"regime", "leaky"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "metadata is not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "schema_version is None, but this lfx reads 1 and 2"),
        (
            '{"schema_version": 3}',
            "schema_version is 3, but this lfx reads 1 and 2; use the lfx tha",
        ),
        ('{"schema_version": 0}', "schema_version is 0, but this lfx reads 1 and 2"),
        ('{"schema_version": true}', "schema_version is True"),
    ],
)
def test_metadata_that_is_none(text, message):
    with pytest.raises(ArtifactError, match=message):
        Metadata.from_json(text)


def test_metadata_names_every_wrong_key(make):
    wrong = {"seed": True, "classes": "abc", "versions": {"a": 1}, "columns": ["image"]}
    content = asdict(make().metadata) | wrong
    del content["name"]
    with pytest.raises(ArtifactError, match="wrong") as caught:
        Metadata.from_json(json.dumps(content))
    for part in (
        "classes is 'abc'",
        "name is missing",
        "seed is True",
        "versions is a dict of 1",
        "columns is a list of 1",
    ):
        assert part in str(caught.value)


def test_metadata_leaves_unknown_keys_alone(make):
    metadata = make().metadata
    text = json.dumps(asdict(metadata) | {"added_later": 1})
    assert Metadata.from_json(text) == metadata


def test_every_problem_is_named_at_once(make):
    predictions = make(
        [
            ("a", "val", None, 0),
            ("a", "val", None, 0),
            ("", "val", None, 7),
            ("d", "dev", None, -5),
            ("e", "test", -3, 1),
        ],
        logits=[[0, np.nan, 0], [0, 0, 0], [np.inf, 0, 0], [0, 0, 0], [0, 0, 0]],
        group=["g", "g", "", "d", "e"],
        classes=("x", "x", ""),
        data_fingerprint="",
        created="yesterday",
    )
    with pytest.raises(ArtifactError, match=r"FILE cannot be used as") as caught:
        check(predictions, "FILE")
    text = str(caught.value)
    for part in (
        "class names occur more than once: x",
        "a class name is empty: 'x', 'x', ''",
        "data_fingerprint is empty",
        "created is 'yesterday'",
        "1 rows have an empty sample_id",
        "1 rows have an empty group",
        "unknown splits: 'dev'; allowed: train, val, test, oof, predict",
        "1 pairs of sample_id and fold occur more than once: a",
        "2 rows have NaN or infinite logits: a, ",
        "2 labels are out of range (allowed: 0 to 2 or none): , d",
        "1 folds are negative: e",
        "create the artifact again",
    ):
        assert part in text
    assert len(text.splitlines()) == 13


def test_many_ids_are_cut_short(make):
    rows = [(f"s{place:02}", "val", None, 0) for place in range(30)]
    predictions = make(rows, logits=np.full((30, 3), np.nan))
    with pytest.raises(ArtifactError, match=r"30 rows have NaN .*: s00, .* and 20 more"):
        check(predictions)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "test", 0, 1), ("a", "test", 0, 1)], r"more than once: a \(fold 0\)"),
        ([("a", "val", 0, 1), ("a", "test", 1, 1)], "1 samples have more than one split: a"),
        ([("a", "oof", 0, 1), ("a", "val", 1, 1)], "1 samples have more than one split: a"),
        ([("a", "oof", 0, 1), ("a", "oof", 1, 1)], "1 samples have several oof rows: a"),
        ([("a", "test", 0, 1), ("a", "test", 1, 2)], "1 samples have more than one label: a"),
    ],
)
def test_rows_of_one_sample_that_contradict_each_other(make, rows, message):
    with pytest.raises(ArtifactError, match=message):
        check(make(rows))


def test_group_of_one_sample_differs(make):
    rows = [("a", "test", 0, 1), ("a", "test", 1, 1)]
    with pytest.raises(ArtifactError, match="more than one group: a"):
        check(make(rows, group=["g", "h"]))


def test_rows_of_several_folds_are_fine(make):
    check(make([("a", "test", 0, 1), ("a", "test", 1, 1), ("b", "oof", 0, 1)]))


def test_no_rows(make):
    with pytest.raises(ArtifactError, match="it holds no rows"):
        check(make([], logits=np.empty((0, 3))))


def test_one_class(make):
    with pytest.raises(ArtifactError, match="it has 1 classes, allowed: 2 or more"):
        check(make(logits=np.zeros((3, 1)), classes=("a",)))


def test_lengths_shapes_and_types(make):
    predictions = make()
    broken = replace(
        predictions,
        label=np.zeros(2, np.int64),
        split=np.empty((3, 1), object),
        logits=np.zeros((3, 2), np.float64),
    )
    with pytest.raises(ArtifactError, match="cannot be used") as caught:
        check(broken)
    for part in (
        "column split has shape (3, 1), allowed: (rows,)",
        "different lengths: sample_id 3, group 3, split 3, fold 3, label 2, seen 3, logits 3",
        "logits have shape (3, 2), allowed: (rows, 3)",
        "label is of type int64, allowed: int16",
        "logits is of type float64, allowed: float32",
    ):
        assert part in str(caught.value)


def test_ids_that_are_no_text(make):
    rows = [(5, "val", None, 0), ("\udc80", "val", None, 0)]
    with pytest.raises(ArtifactError, match=r"2 values of sample_id are not str.*5, '\\udc80'"):
        check(make(rows))


def test_metadata_that_utf8_cannot_hold(make):
    with pytest.raises(ArtifactError, match="metadata holds text that is not UTF-8"):
        check(make(name="\udc80"))


@pytest.mark.parametrize("created", ["2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00+02:00"])
def test_created_is_utc(make, created):
    with pytest.raises(ArtifactError, match="allowed: ISO 8601 in UTC"):
        check(make(created=created))


def test_schema_version(make):
    with pytest.raises(ArtifactError, match="schema_version is 3, allowed: 1, 2"):
        check(make(schema_version=3))


def test_seen_is_yes_no_or_unknown(make):
    predictions = make(seen=[True, None, False])
    assert predictions.seen.tolist() == [1, -1, 0]
    assert predictions.seen.dtype == np.int8
    assert make().seen.tolist() == [-1, -1, -1]
    assert predictions.select(np.array([2, 0])).seen.tolist() == [0, 1]
    again = make(seen=predictions.seen)  # as it is in memory
    assert again.seen.tolist() == [1, -1, 0]
    with pytest.raises(
        ArtifactError, match=r"column seen holds 2, 'no'; allowed: True, False, and"
    ):
        make(seen=[2, "no", True])


def test_seen_is_checked(make):
    predictions = make(seen=[True, None, False])
    with pytest.raises(ArtifactError, match=r"2 values of seen are out of range .*: b, c"):
        check(replace(predictions, seen=np.array([1, 2, -2], np.int8)))
    with pytest.raises(ArtifactError, match="seen is of type bool, allowed: int8"):
        check(replace(predictions, seen=np.array([True, False, True])))
    with pytest.raises(ArtifactError, match=r"different lengths: .*, seen 1, "):
        check(replace(predictions, seen=np.array([1], np.int8)))


def test_rows_of_one_sample_may_differ_in_seen(make):
    check(make([("a", "test", 0, 1), ("a", "test", 1, 1)], seen=[True, None]))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"columns": {"": "a"}}, "columns have an empty name or fingerprint"),
        ({"columns": {"text": ""}}, "columns have an empty name or fingerprint"),
        ({"columns": {"\udc80": "a"}}, "not UTF-8"),
        ({"regime": ""}, "the metadata's regime is empty"),
    ],
)
def test_columns_and_regime_are_named(make, metadata, message):
    with pytest.raises(ArtifactError, match=message):
        check(make(**metadata))


def test_metadata_of_schema_1(make):
    content = json.loads(make().metadata.to_json()) | {"schema_version": 1}
    del content["columns"]
    old = Metadata.from_json(json.dumps(content | {"columns": 5, "regime": 7}))  # unknown there
    assert (old.schema_version, old.fingerprint_schema) == (1, 1)
    assert (old.columns, old.regime) == ({}, None)
    # The latest schema is written, and says that the fingerprint is none of its own.
    written = json.loads(old.to_json())
    assert written == content | {"schema_version": 2, "columns": {}, "fingerprint_schema": 1}
    new = Metadata.from_json(json.dumps(written))
    assert new == replace(old, schema_version=2)
    assert Metadata.from_json(new.to_json()) == new
