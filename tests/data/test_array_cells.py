from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from lfx.data.array_cells import cell_array


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ([0.5, 1], [0.5, 1]),
        ((1, 2), [1, 2]),
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        (np.arange(3), [0, 1, 2]),
        (np.array([[1.5]]), [[1.5]]),
        (np.array([np.array([1, 2]), np.array([3, 4])]), [[1, 2], [3, 4]]),
        (np.array([None, 1])[1:], [1]),
        ([np.float32(0.5), Decimal("0.25")], [0.5, 0.25]),
        ([np.array([1.0, 2.0]), [3, 4]], [[1, 2], [3, 4]]),
        (pa.scalar([1.0, 2.0]), [1, 2]),
        (pa.scalar([[1], [2]]), [[1], [2]]),
        (7, [7]),
        (np.float64(7.5), [7.5]),
        (np.array(3), [3]),
        ("[0.1, 0.2]", [0.1, 0.2]),
        (" [[1, 2],\n [3, 4]] ", [[1, 2], [3, 4]]),
        ("0.1 0.2\t0.3", [0.1, 0.2, 0.3]),
        ("0.1,0.2", [0.1, 0.2]),
        ("1;-2.5e3; 3", [1, -2500, 3]),
        ("[0.1 0.2]", [0.1, 0.2]),
        ("7", [7]),
        ("[nan, 1]", [np.nan, 1]),
    ],
)
def test_a_cell_becomes_numbers(cell, numbers):
    array = cell_array(cell)
    assert array.dtype == np.float32
    assert np.array_equal(array, np.asarray(numbers, dtype=np.float32), equal_nan=True)


@pytest.mark.parametrize(
    "cell",
    [
        *(None, float("nan"), np.float32("nan"), "", " \t", [], [[]], [[], []], "[]"),
        np.empty((0, 3)),
        pa.scalar(None, pa.list_(pa.float32())),
    ],
)
def test_an_empty_cell_is_none(cell):
    assert cell_array(cell) is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ([[1, 2], [3]], "its 2 lists have 1, 2 numbers, allowed: lists of one length"),
        ([[1, 2], []], "its 2 lists have 0, 2 numbers"),
        ([[[1]]], "a list beside numbers, or in a list, allowed: numbers"),
        ([1, [2]], "a list beside numbers, or in a list"),
        ([1, None], "holds None, allowed: numbers"),
        ([1, "2"], "holds '2'"),
        ([True, 1], "holds True"),
        (True, "holds True"),
        ({"a": 1}, "holds {'a': 1}"),
        (np.zeros((1, 1, 1)), r"shape \(1, 1, 1\)"),
        (np.array([True]), "holds booleans"),
        (np.array(["a", None]), "holds 'a'"),
        ([10**50], r"holds 1e\+50, allowed: numbers up to"),
        ([10**400], "an integer that is too large for float32"),
        ("a tweet", "it is 'a tweet', allowed: a JSON list, or numbers with spaces, commas or"),
        ("1,5 2,5", "it is '1,5 2,5'"),
        ("1,5;2,5", r"and a point before decimals"),
        ("1_0", "it is '1_0'"),
        ("[0.1 0.2 ... 0.3]", "it is "),
        ("[[1, 2], [3]]", "its 2 lists have 1, 2 numbers"),
        ('["1"]', "holds '1'"),
        ("[true]", "holds True"),
        ("[" * 100_000, "allowed: a JSON list"),
        ("1;;2", "it is '1;;2'"),
    ],
)
def test_another_cell_is_refused_in_words(cell, reason):
    with pytest.raises(ValueError, match=reason):
        cell_array(cell)
