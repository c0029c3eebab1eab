from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lfx.convert.padding import KIND, finite, list_column, unpad

CONTENT = np.array([[1, 0], [0, 0], [0, 2]])
ZEROS = np.zeros((2, 2), dtype=int)
FRONT, BACK = np.concatenate([ZEROS, CONTENT]), np.concatenate([CONTENT, ZEROS])


@pytest.mark.parametrize("sequence", [FRONT, BACK, CONTENT, np.concatenate([FRONT, ZEROS])])
def test_zeros_around_the_content_are_padding_and_those_within_are_not(sequence):
    assert unpad(sequence, None).tolist() == CONTENT.tolist()


def test_a_length_says_what_is_content():
    for padded in (FRONT, BACK):
        assert unpad(padded, 3).tolist() == CONTENT.tolist()
    assert unpad(BACK, 4).tolist() == BACK[:4].tolist()
    assert unpad(BACK, 5).tolist() == BACK.tolist()
    assert unpad(FRONT, 4).tolist() == FRONT[1:].tolist()
    for padded, length in ((BACK, 2), (FRONT, 2), (BACK, 6), (ZEROS, 3)):
        with pytest.raises(ValueError, match=rf"its length is {length}, and "):
            unpad(padded, length)


def test_what_is_zero_alone_is_nothing():
    for length in (None, 0):
        assert unpad(ZEROS, length).shape == (0, 2)
    assert unpad(np.empty((0, 2)), None).shape == (0, 2)


def test_numbers_that_are_not_finite_become_zero():
    numbers, replaced = finite(np.array([[np.nan, 1.0], [-np.inf, np.inf], [1e300, 0.5]]))
    assert numbers.dtype == np.float32
    assert numbers.tolist() == [[0, 1], [0, 0], [0, 0.5]]
    assert replaced == 4


def test_sequences_become_lists_of_lists():
    parts = [np.ones((2, 3), "f4"), np.zeros((0, 3), "f4"), np.full((1, 3), 2, "f4")]
    column = list_column(parts)
    assert column.type == KIND
    column.validate(full=True)
    assert column.to_pylist() == [[[1] * 3] * 2, None, [[2] * 3]]
    assert list_column(parts[1:2]).to_pylist() == [None]
    assert pa.concat_arrays([column, list_column(parts[:1])]).to_pylist()[3] == [[1] * 3] * 2


@pytest.mark.parametrize("length", [-1, -5, 6, 2.5, -0.5, np.nan, np.inf, -np.inf, 1e300])
def test_a_length_that_no_such_sequence_has_is_told(length):
    with pytest.raises(ValueError, match=r"its length is .*, and it has 5 steps; allowed: whole"):
        unpad(BACK, length)


def test_a_length_that_is_a_whole_float_is_one():
    assert unpad(BACK, 3.0).tolist() == CONTENT.tolist()
    assert unpad(ZEROS, 0.0).shape == (0, 2)
