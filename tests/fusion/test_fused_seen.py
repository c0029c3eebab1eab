"""What a fusion has seen: a member's fit rows, and its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from saying import run

from lfx.artifacts.seen import seen_by
from lfx.fusion.calibration.temperature import Temperature
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean


@pytest.fixture
def grouped(several):
    """Members of pairs: sample n and n + 30 are a group, so val and test share groups."""
    groups = np.array([f"g{n % 30}" for n in range(60)], dtype=object)
    unseen = np.zeros(60, dtype=np.int8)
    return {name: replace(one, group=groups, seen=unseen) for name, one in several.items()}


VAL = np.arange(60) < 40


def test_without_a_fit_it_is_what_members_have_seen(grouped):
    seen = np.zeros(60, dtype=np.int8)
    seen[[3, 50]], seen[[4, 51]] = 1, -1
    members = grouped | {"m1": replace(grouped["m1"], seen=seen)}
    assert run(members, Mean()).predictions.seen.tolist() == seen.tolist()
    unknown = run(members | {"m2": replace(grouped["m2"], seen=seen * 0 - 1)}, Mean())
    assert unknown.predictions.seen.tolist() == np.where(seen == 1, 1, -1).tolist()


@pytest.mark.parametrize("scheme", [Learned(), Pipeline(Temperature(), Mean())])
def test_a_fit_on_all_rows_has_seen_every_other_row_of_their_groups(grouped, scheme):
    fused = run(grouped, scheme, fit_folds=1).predictions
    want = [
        any(VAL[other] for other in range(60) if other % 30 == n % 30 and other != n)
        for n in range(60)
    ]
    assert fused.seen.tolist() == want
    assert sum(want) == 20 + 20  # val twins of each other, and the test twins of val rows


def test_cross_fitted_rows_are_fused_by_fits_that_have_not_seen_their_group(grouped):
    fused = run(grouped, Learned(), fit_folds=5).predictions
    assert not fused.seen[VAL].any()
    assert fused.seen[~VAL].tolist() == [1] * 20
    # What a member has seen stays seen.
    members = grouped | {"m0": replace(grouped["m0"], seen=np.ones(60, dtype=np.int8))}
    assert run(members, Learned(), fit_folds=5).predictions.seen.all()


def test_only_rows_that_are_fitted_on_count(grouped):
    # g5 has sample 5 in val, which a member lacks, and 35 in val, which has no label.
    label = grouped["m0"].label.copy()
    label[35] = -1
    members = {name: replace(one, label=label) for name, one in grouped.items()}
    members["m1"] = members["m1"].select(np.arange(60) != 5)
    fused = run(members, Learned(), fit_folds=1, on_missing="renormalise").predictions
    fitted = VAL & ~np.isin(np.arange(60), [5, 35])
    np.testing.assert_array_equal(fused.seen, seen_by(grouped["m0"].group, fitted))
    assert not fused.seen[[5, 35]].any()


def test_unknown_stays_unknown_unless_the_fusion_itself_has_seen(grouped):
    members = {name: replace(one, seen=one.seen - 1) for name, one in grouped.items()}
    fused = run(members, Learned(), fit_folds=5).predictions
    assert fused.seen[VAL].tolist() == [-1] * 40
    assert fused.seen[~VAL].tolist() == [1] * 20


def test_what_members_have_read_is_told_by_the_fusion(grouped):
    columns = {"m0": {"text": "t"}, "m1": {"image": "i"}, "m2": {"text": "t", "image": "j"}}
    members = {
        name: replace(one, metadata=replace(one.metadata, columns=columns[name]))
        for name, one in grouped.items()
    }
    metadata = run(members, Mean()).predictions.metadata
    assert metadata.columns == {"image": "i+j", "text": "t"}
    assert (metadata.regime, metadata.schema_version) == ("fusion", 2)
    assert metadata.fingerprint_schema == 2


def test_a_fusion_of_schema_1_has_a_fingerprint_of_schema_1(grouped):
    old = {
        name: replace(one, metadata=replace(one.metadata, schema_version=1, fingerprint_schema=1))
        for name, one in grouped.items()
    }
    fused = run(old, Mean()).predictions
    assert (fused.metadata.schema_version, fused.metadata.fingerprint_schema) == (2, 1)
    # It fuses again with members of either schema.
    run({"fused": fused, "m0": old["m0"]}, Mean())
    run(
        {
            "fused": fused,
            "m0": replace(
                grouped["m0"], metadata=replace(grouped["m0"].metadata, data_fingerprint="new")
            ),
        },
        Mean(),
    )
