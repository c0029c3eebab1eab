from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.artifacts.seen import seen_by, seen_by_any


def naive(groups, fitted):
    return [
        any(
            fitted[other] and groups[other] == groups[row]
            for other in range(len(groups))
            if other != row
        )
        for row in range(len(groups))
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "ä\0", "ä"]), st.booleans()), max_size=12))
def test_like_a_naive_loop(pairs):
    groups = np.array([group for group, _ in pairs], dtype=object)
    fitted = np.array([is_fitted for _, is_fitted in pairs], dtype=np.bool_)
    got = seen_by(groups, fitted)
    assert got.dtype == np.bool_
    assert got.tolist() == naive(groups, fitted)
    # As Arrow strings too, which need no Python strings.
    np.testing.assert_array_equal(seen_by(pa.array(groups, pa.large_string()), fitted), got)


def test_a_sample_is_no_other_of_its_own_group():
    groups = np.array(["a", "b", "b"], dtype=object)
    assert seen_by(groups, np.array([True, True, False])).tolist() == [False, False, True]
    assert not seen_by(groups, np.zeros(3, dtype=np.bool_)).any()


def test_a_million_samples_take_a_moment():
    groups = np.array([f"g{n // 2}" for n in range(1_000_000)], dtype=object)
    begun = time.perf_counter()
    got = seen_by(groups, np.arange(1_000_000) % 2 == 0)
    assert time.perf_counter() - begun < 10
    np.testing.assert_array_equal(got, np.arange(1_000_000) % 2 == 1)


ORDER = {0: 0, -1: 1, 1: 2}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, -1]), min_size=3, max_size=3), min_size=1))
def test_kleenes_or(rows):
    seen = np.array(rows, dtype=np.int8)
    want = [max(column, key=ORDER.__getitem__) for column in seen.T.tolist()]
    got = seen_by_any(seen)
    assert got.dtype == np.int8
    assert got.tolist() == want
    starts = np.arange(3) * len(rows)
    assert seen_by_any(seen.T.ravel(), starts).tolist() == want


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [(0, 0, 0), (0, 1, 1), (1, 1, 1), (0, -1, -1), (-1, -1, -1), (1, -1, 1)],
)
def test_kleenes_table(one, two, both):
    assert seen_by_any(np.array([[one], [two]], np.int8)).tolist() == [both]
    assert seen_by_any(np.array([[two], [one]], np.int8)).tolist() == [both]
