"""Numbers from .npy and .npz files: what is read, and what is refused without taking memory."""

from __future__ import annotations

import io
import struct
import zipfile
from fractions import Fraction

import numpy as np
import pytest

from lfx.data.arrays import read_array_file, read_array_table
from lfx.runtime.errors import DataError

SEQUENCE = np.arange(6.0).reshape(3, 2)


def header(descr="'<f4'", shape="(2,)", fortran="False"):
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"
    raw = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i1", "u2", "i8", ">f4", ">i2", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_every_kind_become_float32(tmp_path, kind, order):
    for array in (SEQUENCE, SEQUENCE[1]):
        np.save(tmp_path / "a.npy", np.asarray(array, dtype=kind, order=order))
        read = read_array_file(tmp_path / "a.npy")
        assert read.dtype == np.float32
        assert read.dtype.isnative
        assert np.array_equal(read, array)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_with_one_array_is_a_samples(tmp_path, save):
    save(tmp_path / "a.npz", anything=SEQUENCE)
    assert np.array_equal(read_array_file(tmp_path / "a.npz"), SEQUENCE)
    save(tmp_path / "b.npz", one=SEQUENCE, two=SEQUENCE)
    with pytest.raises(ValueError, match="it holds 2 arrays, allowed: one; one, two"):
        read_array_file(tmp_path / "b.npz")


def test_numbers_that_are_none_stay(tmp_path):
    np.save(tmp_path / "a.npy", np.array([np.nan, np.inf, -np.inf, 1]))
    assert np.array_equal(
        read_array_file(tmp_path / "a.npy"), [np.nan, np.inf, -np.inf, 1], equal_nan=True
    )


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([True]), "holds booleans, allowed: integers and floating-point numbers"),
        (np.array([1j]), "holds complex numbers"),
        (np.array([{}, 3]), "holds Python objects"),
        (np.zeros(2, "f4,i4"), "holds structured rows"),
        (np.array(["1"]), "holds texts"),
        (np.array([b"1"]), "holds bytes"),
        (np.array(["2020-01-01"], "M8[D]"), "holds times"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\), allowed: \(features,\) or \(time, features\)"),
        (np.float64(1), r"shape \(\), allowed"),
        (np.zeros((0, 3)), "an array without numbers"),
        (np.array([1e300]), r"holds 1e\+300, allowed: numbers up to 3.4e38"),
    ],
)
def test_everything_else_is_refused_in_words(tmp_path, array, reason):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    np.savez(tmp_path / "a.npz", x=array)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(ValueError, match=reason):
            read_array_file(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (header(shape="(10**12,)"), "damaged|does not begin"),  # no literal
        (header(shape="(1000000000000, 8)") + bytes(64), "32000000000000 bytes, and 64 follow"),
        (header(shape="(-1, -2)") + bytes(64), r"claims float32 of shape \(-1, -2\)"),
        (header(shape="(-2,)") + bytes(64), r"claims float32 of shape \(-2,\)"),
        (header(shape="(3,)") + bytes(8), "12 bytes, and 8 follow"),
        (header(descr="'|O'") + b"cos\nsystem\n", "holds Python objects"),
        (header(descr="'no'"), "does not begin as an .npy does|damaged"),
        (header(descr="[('a', '<f4')]") + bytes(8), "structured rows"),
        (header(shape="__import__('os')"), "does not begin as an .npy does|damaged"),
        (b"\x93NUMPY\x09\x00" + bytes(100), "does not begin|damaged"),
        (b"\x93NUM", "does not begin"),
        (b"", "does not begin"),
        (b"not an array at all", "does not begin"),
    ],
)
def test_a_damaged_or_lying_file_is_refused(tmp_path, content, reason):
    (tmp_path / "a.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", content)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(ValueError, match=reason):
            read_array_file(tmp_path / name)


def bomb(entries, size):
    """An archive whose entries are zeros, compressed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(entries):
            with archive.open(f"{number}.npy", "w", force_zip64=True) as entry:
                entry.write(header(descr="'|i1'", shape=f"({size},)"))
                for _ in range(size // 2**20):
                    entry.write(bytes(2**20))
    return stream.getvalue()


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(bomb(1, 300 * 2**20))
    assert (tmp_path / "a.npz").stat().st_size < 2**20
    with pytest.raises(
        ValueError, match=r"array 0 has 3145.* bytes in .* save it without compress"
    ):
        read_array_file(tmp_path / "a.npz")


def test_an_archive_that_lies_is_refused(tmp_path):
    content = bytearray(bomb(1, 2**20))
    place = content.rindex(b"PK\x01\x02")
    for offset, value, reason in (
        (20, 2**31 - 1, "its arrays are larger than the file"),  # compressed size
        (16, 7, "it is not a whole .npz: Bad CRC-32"),
    ):
        changed = content.copy()
        changed[place + offset : place + offset + 4] = struct.pack("<I", value)
        (tmp_path / "a.npz").write_bytes(changed)
        with pytest.raises(ValueError, match=reason):
            read_array_file(tmp_path / "a.npz")


def test_an_archive_of_other_things_is_refused(tmp_path):
    for names, reason in (
        (["a.npy", "b.txt"], "holds something else than arrays: b.txt"),
        (["a.npy", "a.npy"], "two of its arrays have one name"),
        ([], "it holds 0 arrays"),
    ):
        file = tmp_path / "a.npz"
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                stream = io.BytesIO()
                np.save(stream, SEQUENCE)
                if name in archive.namelist():
                    with pytest.warns(UserWarning, match="Duplicate name"):
                        archive.writestr(name, stream.getvalue())
                else:
                    archive.writestr(name, stream.getvalue())
        with pytest.raises(ValueError, match=reason):
            read_array_file(file)
    file.write_bytes(b"PK\x03\x04 half")
    with pytest.raises(ValueError, match=r"it is not a whole \.npz"):
        read_array_file(file)


def test_a_missing_file_and_another_kind_are_refused(tmp_path):
    for name, reason in (("a.npy", "No such file"), ("a.csv", r"ends in \.csv, allowed: \.npy")):
        with pytest.raises(ValueError, match=reason):
            read_array_file(tmp_path / name)
    (tmp_path / "b.npy").mkdir()
    with pytest.raises(ValueError, match="directory"):
        read_array_file(tmp_path / "b.npy")


def test_a_table_by_keys_by_ids_or_in_order(tmp_path):
    ids = ["a", "b", "c"]
    np.savez(tmp_path / "keys.npz", c=SEQUENCE, a=SEQUENCE[:1], more=SEQUENCE)
    read, _ = read_array_table(tmp_path / "keys.npz", ids)
    assert [None if one is None else one.shape for one in read] == [(1, 2), None, (3, 2)]
    rows = np.arange(6).reshape(3, 2)
    for names in (["c", "x", "a"], np.array([b"c", b"x", b"a"])):
        np.savez(tmp_path / "rows.npz", id=names, features=rows)
        read, _ = read_array_table(tmp_path / "rows.npz", ids)
        assert read[1] is None
        assert [read[0].tolist(), read[2].tolist()] == [[4, 5], [0, 1]]
    np.savez(tmp_path / "numbers.npz", id=[7, 8], features=rows[:2])
    assert read_array_table(tmp_path / "numbers.npz", ["8"])[0][0].tolist() == [2, 3]
    np.save(tmp_path / "order.npy", rows)
    read, flaws = read_array_table(tmp_path / "order.npy", ids)
    assert [one.tolist() for one in read] == rows.tolist()
    assert flaws == {}
    np.save(tmp_path / "sequences.npy", np.arange(12).reshape(3, 2, 2))
    assert read_array_table(tmp_path / "sequences.npy", ids)[0][1].tolist() == [[4, 5], [6, 7]]
    np.save(tmp_path / "single.npy", np.arange(3))
    read, _ = read_array_table(tmp_path / "single.npy", ids)
    assert [one.tolist() for one in read] == [[0], [1], [2]]


def test_a_sample_may_be_called_id(tmp_path):
    np.savez(tmp_path / "keys.npz", id=[1.0, 2.0], other=[3.0, 4.0])
    read, _ = read_array_table(tmp_path / "keys.npz", ["id", "other"])
    assert [one.tolist() for one in read] == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"x": SEQUENCE}, "numbers of none of the samples; it has x, and the samples are a, b, c"),
        ({"id": ["x"], "y": [[1.0]]}, "numbers of none of the samples; it has x"),
        ({"id": ["a", "a"], "y": SEQUENCE[:2]}, "holds some ids more than once: a"),
        ({"id": ["a", "b"], "y": SEQUENCE}, "has 3 rows, and there are 2 ids"),
        ({"id": [1.5], "y": [[1.0]]}, r"array id is float64 of shape \(1,\), allowed: texts or"),
        ({"id": [["a"]], "y": [[1.0]]}, r"array id is <U1 of shape \(1, 1\)"),
        ({"id": [b"\xff"], "y": [[1.0]]}, "array id holds texts that are not Unicode"),
        ({"id": ["a"], "y": np.zeros((1, 1, 1, 1))}, r"allowed: \(samples,\), \(samples, feat"),
        ({"a": np.zeros((1, 1, 1))}, r"sample a: it has the shape \(1, 1, 1\)"),
        ({"a": np.array([Fraction(1)])}, "sample a: its array a: it holds Python objects"),
    ],
)
def test_a_table_of_other_things_is_refused(tmp_path, arrays, reason):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=rf"a\.npz (has|cannot be read:) .*{reason}"):
        read_array_table(tmp_path / "a.npz", ["a", "b", "c"])


def test_rows_in_order_are_as_many_as_samples(tmp_path):
    np.save(tmp_path / "a.npy", SEQUENCE)
    with pytest.raises(DataError, match=r"a\.npy cannot be read: it has 3 rows, and there are 4 s"):
        read_array_table(tmp_path / "a.npy", ["a", "b", "c", "d"])
    with pytest.raises(DataError, match=r"none\.npy cannot be read: No such file"):
        read_array_table(tmp_path / "none.npy", ["a"])


def test_a_number_too_large_for_float32_is_a_flaw_of_its_sample(tmp_path):
    ids = ["a", "b", "c"]
    rows = np.array([[1.0, 2.0], [-1e300, 1.0], [3.0, 4.0]])
    np.save(tmp_path / "order.npy", rows)
    np.save(tmp_path / "single.npy", rows[:, 0])
    np.savez(tmp_path / "keys.npz", **dict(zip(ids, rows, strict=True)))
    np.savez(tmp_path / "rows.npz", id=["b", "a", "c"], features=rows[[1, 0, 2]])
    for name in ("order.npy", "single.npy", "keys.npz", "rows.npz"):
        read, flaws = read_array_table(tmp_path / name, ids)
        assert [one is None for one in read] == [False, True, False]
        assert flaws == {1: "it holds -1e+300, allowed: numbers up to 3.4e38 (float32)"}
    np.savez(tmp_path / "only.npz", b=rows[1])
    assert list(read_array_table(tmp_path / "only.npz", ids)[1]) == [1]
