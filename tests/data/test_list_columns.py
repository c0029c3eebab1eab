from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lfx.data.array_cells import cell_array
from lfx.data.list_columns import read_lists

VECTORS = [[1.0, 2.0], None, [3.0, 4.0], []]
SEQUENCES = [[[1, 2]], [[3, 4], [5, 6], [7, 8]], None, [], [[9, 9], [8, 8]]]


@pytest.mark.parametrize("number", [pa.float32(), pa.float64(), pa.int8()])
@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
@pytest.mark.parametrize("rows", [VECTORS, SEQUENCES])
def test_a_column_is_what_its_cells_are(number, kind, rows):
    column = pa.array(rows, kind(number) if rows is VECTORS else kind(kind(number)))
    chunks = pa.chunked_array([column[:1], column[1:]])
    part = pa.concat_arrays([column, column])[len(rows) :]  # its offsets do not begin at 0
    for read in (read_lists(chunks), read_lists(part)):
        assert read.flaws == {}
        assert read.values.dtype == np.float32
        for row, cell in enumerate(rows):
            expected = cell_array(cell)
            found = read.values[read.starts[row] : read.starts[row + 1]]
            assert found.shape[1] == 2
            assert found.tolist() == ([] if expected is None else np.atleast_2d(expected).tolist())


def test_half_floats_are_read():
    column = pa.ListArray.from_arrays([0, 2, 4], pa.array(np.arange(4, dtype=np.float16)))
    assert read_lists(column).values.tolist() == [[0, 1], [2, 3]]


def test_lists_of_a_fixed_size_are_read():
    column = pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int32(), 2))
    assert read_lists(column).values.tolist() == [[1, 2], [3, 4]]
    assert read_lists(column).starts.tolist() == [0, 1, 1, 2]
    steps = pa.array([[[1, 2]], [[3, 4], [5, 6]]], pa.list_(pa.list_(pa.float32(), 2)))
    assert read_lists(steps).starts.tolist() == [0, 1, 3]


def test_rows_that_differ_are_flawed_and_left_out():
    read = read_lists(pa.array([[1.0, 2.0], [1.0], [None, 2.0], [3.0, 4.0], None]))
    assert read.flaws == {
        1: "it has 1 features, and others have 2",
        2: "it has a null among its numbers",
    }
    assert read.values.tolist() == [[1, 2], [3, 4]]
    assert read.starts.tolist() == [0, 1, 1, 1, 2, 2]
    read = read_lists(pa.array([[[1, 2], [3, 4]], [[1, 2], [3]], [[5, 6], None], [[7, 8]]]))
    assert read.flaws == {
        1: "it has 1 features, and others have 2",
        2: "it has 0 features, and others have 2",
    }
    assert read.values.tolist() == [[1, 2], [3, 4], [7, 8]]
    assert read.starts.tolist() == [0, 2, 2, 2, 3]


def test_rows_of_empty_steps_have_no_numbers_and_no_say_in_the_width():
    rows = [[[]], [[], []], [[]], [[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0], []]]
    read = read_lists(pa.array(rows, pa.list_(pa.list_(pa.float64()))))
    assert read.flaws == {5: "it has 0 features, and others have 2"}
    assert read.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert read.starts.tolist() == [0, 0, 0, 0, 1, 3, 3]
    read = read_lists(pa.array(rows[:3], pa.list_(pa.list_(pa.float64()))))
    assert (read.flaws, read.values.shape, read.starts.tolist()) == ({}, (0, 0), [0, 0, 0, 0])


def test_a_number_too_large_for_float32_is_a_flaw_of_its_row():
    read = read_lists(pa.array([[1e300, 2e300], [1.0, 2.0], None, [float("inf"), 3.0]]))
    assert read.flaws == {0: "it holds 1e+300, allowed: numbers up to 3.4e38 (float32)"}
    assert read.values.tolist() == [[1, 2], [float("inf"), 3]]
    assert read.starts.tolist() == [0, 0, 1, 1, 2]
    halves = pa.array([[1.0, None], [2.0, 3.0]], pa.list_(pa.float32())).cast(
        pa.list_(pa.float16())
    )
    assert read_lists(halves).values.tolist() == [[2, 3]]


def test_a_column_without_content_is_read():
    read = read_lists(pa.array([None, []], pa.list_(pa.float32())))
    assert read.values.shape == (0, 0)
    assert read.starts.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a"]),
        pa.array([1.0]),
        pa.array([["a"]]),
        pa.array([[True]]),
        pa.array([[[[1]]]]),
    ],
)
def test_another_column_is_refused(column):
    with pytest.raises(
        ValueError, match=r"it is a column of .*, allowed: lists of numbers, \(feat"
    ):
        read_lists(column)
