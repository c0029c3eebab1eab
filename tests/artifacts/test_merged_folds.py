from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from lfx.artifacts.checks import check
from lfx.artifacts.folds import average_folds, in_fold, merge_folds, publish_fold
from lfx.runtime.errors import ArtifactError

CLASSES = 3


def fold(make, number, seed=0, **metadata):
    """Two out-of-fold rows of the fold's own, and two test rows that all folds have."""
    rows = [(f"o{number}{letter}", "oof", None, 0) for letter in "ab"]
    rows += [("t1", "test", None, 1), ("t2", "test", None, None)]
    logits = np.random.default_rng([seed, number]).normal(size=(4, CLASSES))
    seen = [number == 0, False, [False, None, True][number], None if number else False]
    return in_fold(make(rows, logits=logits, seen=seen, **metadata), number, "all folds")


def test_all_rows_of_all_folds_make_one_artifact(make):
    parts = {number: fold(make, number) for number in (2, 0, 1)}
    merged = merge_folds(parts)
    check(merged)
    assert merged.sample_id.tolist() == [
        name for number in range(3) for name in (f"o{number}a", f"o{number}b", "t1", "t2")
    ]
    assert merged.fold.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert merged.metadata.split_fingerprint == "all folds"
    np.testing.assert_array_equal(merged.logits[8:], parts[2].logits)
    assert merged.seen.tolist() == [1, 0, 0, 0, 0, 0, -1, -1, 0, 0, 1, -1]


def test_test_rows_are_averaged_over_the_folds(make):
    parts = {number: fold(make, number) for number in range(3)}
    averaged = average_folds(merge_folds(parts))
    check(averaged)
    assert averaged.sample_id.tolist()[-2:] == ["o2a", "o2b"]
    for place, name in enumerate(("t1", "t2"), start=2):
        (row,) = np.flatnonzero(averaged.sample_id == name)
        want = np.mean([softmax(part.logits[place]) for part in parts.values()], axis=0)
        np.testing.assert_allclose(softmax(averaged.logits[row]), want, rtol=1e-5)
    # Yes if it is of any fold's model, else unknown if it is of any.
    assert averaged.seen.tolist() == [1, -1, 1, 0, 0, 0, 0, 0]
    own = averaged.logits[averaged.sample_id == "o1a"][0]
    np.testing.assert_allclose(log_softmax(own), log_softmax(parts[1].logits[0]), rtol=1e-5)


@pytest.mark.parametrize("key", ["data_fingerprint", "columns", "config_hash", "seed"])
def test_folds_of_different_runs_are_not_put_together(make, key):
    one = fold(make, 0)
    other = fold(make, 1)
    strange = {"seed": 99, "columns": {"image": "pixels-2"}}.get(key, "another")
    other = replace(other, metadata=replace(other.metadata, **{key: strange}))
    with pytest.raises(ArtifactError, match="fold 1 has other data, folds or settings than fold"):
        merge_folds({0: one, 1: other})


def test_runs_of_one_fold_each_find_the_others(make, tmp_path):
    assert list(publish_fold(tmp_path, 1, fold(make, 1))) == [1]
    publish_fold(tmp_path, 2, fold(make, 2, config_hash="another"))
    assert sorted(publish_fold(tmp_path, 0, fold(make, 0))) == [0, 1]
    (tmp_path / "fold_3.parquet").write_text("no artifact")
    found = publish_fold(tmp_path, 2, fold(make, 2))
    assert sorted(found) == [0, 1, 2]
    np.testing.assert_array_equal(found[1].logits, fold(make, 1).logits)
