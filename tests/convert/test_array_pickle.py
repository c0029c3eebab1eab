"""Pickles: arrays of every kind come back, and nothing else does."""

from __future__ import annotations

import os
import pickle
import random
import struct
from collections import OrderedDict

import numpy as np
import pytest

from lfx.convert.array_pickle import Array, read_pickle
from lfx.runtime.errors import DataError

ARRAYS = {
    "floats": np.arange(6, dtype="f8").reshape(2, 3),
    "half": np.arange(3, dtype="f2"),
    "big": np.arange(6, dtype=">f4").reshape(3, 2),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "part": np.arange(20.0)[::3],
    "numbers": np.array([1, -2], dtype="i8"),
    "flags": np.array([True, False]),
    "texts": np.array(["a", "längst"]),
    "bytes": np.array([b"a", b"bc"]),
    "objects": np.array(["a", 1, None], dtype=object),
    "empty": np.zeros((0, 4), dtype="f4"),
    "single": np.array(2.5),
}
PLAIN = {
    "list": [1, 2.5, None, True, "ä", b"x\xff", 2**80, (1, 2), {"a": [3]}],
    "scalar": np.float32(0.5),
    "count": np.int64(7),
}


def values(one):
    return one.values if isinstance(one, Array) else one


@pytest.fixture
def write(tmp_path):
    def dump(content, protocol=4, *, numpy=2):
        raw = pickle.dumps(content, protocol)
        if numpy == 1:
            raw = as_numpy_1(raw)
        (tmp_path / "a.pkl").write_bytes(raw)
        return tmp_path / "a.pkl"

    return dump


def as_numpy_1(raw):
    """Rename NumPy 2's modules as NumPy 1 has them; names are a byte shorter."""
    for module in ("multiarray", "numeric"):
        new, old = f"numpy._core.{module}".encode(), f"numpy.core.{module}".encode()
        raw = raw.replace(b"c" + new + b"\n", b"c" + old + b"\n")
        raw = raw.replace(bytes([0x8C, len(new)]) + new, bytes([0x8C, len(old)]) + old)
    if raw[2:3] == b"\x95":  # the frame has another length now: without it, it is the same
        raw = raw[:2] + raw[11:]
    return raw


@pytest.mark.parametrize("numpy", [1, 2])
@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_every_protocol_come_back(write, protocol, numpy):
    file = write({**ARRAYS, **PLAIN}, protocol, numpy=numpy)
    name = b"numpy.core.multiarray" if numpy == 1 else b"numpy._core.multiarray"
    assert name in file.read_bytes()
    found = read_pickle(file)
    for key, array in ARRAYS.items():
        assert found[key].values.dtype == array.dtype, key
        np.testing.assert_array_equal(found[key].values, array)
    assert {key: found[key] for key in PLAIN} == PLAIN
    assert type(found["scalar"]) is float


def test_a_pickle_of_python_2_comes_back(tmp_path):
    """Its texts are bytes, and an array's content too."""
    raw = np.arange(3, dtype="<f4").tobytes()
    pickled = (
        b"\x80\x02}U\x05audiocnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b"
        b"\x87R(K\x01K\x03\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U" + bytes([len(raw)]) + raw + b"tbs."
    )
    assert pickle.loads(pickled, encoding="latin1")["audio"].tolist() == [0, 1, 2]  # noqa: S301
    (tmp_path / "a.pkl").write_bytes(pickled)
    assert read_pickle(tmp_path / "a.pkl")["audio"].values.tolist() == [0, 1, 2]


def test_content_is_not_copied(write):
    found = read_pickle(write(np.arange(1000.0)))
    assert not found.values.flags.owndata
    assert not found.values.flags.writeable


class Calls:
    """Calls a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda canary: Calls(os.system, f"touch {canary}"), "posix.system"),
        (lambda canary: Calls(eval, f"open({str(canary)!r}, 'w')"), "eval"),
        (lambda canary: [1, {"a": Calls(exec, f"open({str(canary)!r}, 'w')")}], "exec"),
        (lambda _: Calls(getattr, "a", "upper"), "getattr"),
        (lambda _: OrderedDict(a=1), "collections.OrderedDict"),
        (lambda _: np.random.default_rng(0), "numpy.random"),
        (lambda _: random.Random, "random.Random"),
    ],
)
def test_a_pickle_that_names_anything_else_is_refused(write, tmp_path, make, name, protocol):
    canary = tmp_path / "canary"
    file = write(make(canary), protocol)
    with pytest.raises(DataError, match=rf"a\.pkl is refused: it names '[\w.]*{name}.*nothing of"):
        read_pickle(file)
    assert not canary.exists()


GLOBALS = {
    "reconstruct": b"cnumpy.core.multiarray\n_reconstruct\n",
    "ndarray": b"cnumpy\nndarray\n",
    "dtype": b"cnumpy\ndtype\n",
    "scalar": b"cnumpy.core.multiarray\nscalar\n",
    "encode": b"c_codecs\nencode\n",
    "buffer": b"cnumpy.core.numeric\n_frombuffer\n",
}
ARRAY = GLOBALS["reconstruct"] + b"(" + GLOBALS["ndarray"] + b"(I0\ntS'b'\ntR"
KIND = GLOBALS["dtype"] + b"(S'f4'\nI0\nI1\ntR"
HUGE = b"L1000000000000L\n"


@pytest.mark.parametrize(
    ("pickled", "reason"),
    [
        # Arrays whose state is no array's.
        (ARRAY + b"(I1\n(" + HUGE + b"t" + KIND + b"I0\nS'ab'\ntb.", "has not the 4000000000000 b"),
        (ARRAY + b"(I1\n(I-1\nt" + KIND + b"I0\nS''\ntb.", "without a type or a shape"),
        (ARRAY + b"(I1\n(I1\ntS'f4'\nI0\nS'abcd'\ntb.", "without a type or a shape"),
        (ARRAY + b"I3\nb.", "the state of an array is no tuple"),
        (ARRAY + b"(I1\n(I1\nt" + KIND + b"I0\n(ltb.", "has not the 4 bytes of its shape"),
        (b"(dS'a'\nI1\nsI3\nb.", "it changes a dict"),
        (GLOBALS["reconstruct"] + b"(dS'x'\nI1\nsb.", "it changes a function"),
        (GLOBALS["reconstruct"] + b"(" + GLOBALS["dtype"] + b"(I0\nttR.", "a subclass of arrays"),
        (GLOBALS["ndarray"] + b"(" + HUGE + b"tR.", "'object' object is not callable"),
        (GLOBALS["dtype"] + b"(S'O,O'\ntR.", "it holds arrays of 'O,O'"),
        (GLOBALS["dtype"] + b"(S'M8[s]'\ntR.", "it holds arrays of 'M8"),
        (GLOBALS["dtype"] + b"((lp0\ntR.", "it holds arrays of "),
        (KIND + b"(I3\nS'<'\nN(S'a'\nt(dI-1\nI-1\nI0\ntb.", "it holds structured arrays"),
        (KIND + b"(I3\nS'~'\nNNNI-1\nI-1\nI0\ntb.", "it holds structured arrays"),
        (GLOBALS["encode"] + b"(VAAAA\nVzlib\ntR.", "it encodes texts in a way"),
        (b"c__builtin__\nbytes\n(" + HUGE + b"tR.", "_no_bytes.. takes 0 positional arguments"),
        (GLOBALS["scalar"] + b"(" + KIND + b"S'ab'\ntR.", "has not the 4 bytes of its shape"),
        (GLOBALS["buffer"] + b"(S'ab'\n" + KIND + b"(I1\ntS'C'\ntR.", "has not the 4 bytes"),
        # Ways to call, or to find, what is no function of this list.
        (b"(S'ls'\niposix\nsystem\n.", "an instruction that arrays"),
        (b"(cos\nsystem\nS'ls'\no.", "names 'os.system'"),
        (b"\x82\x01.", "an instruction that arrays"),
        (b"Pid\n.", "an instruction that arrays"),
        (b"\x97.", "an instruction that arrays"),
        (GLOBALS["dtype"] + b")\x81.", "an instruction that arrays"),
        # Files that claim more than they have, or nothing.
        (b"\x8e" + struct.pack("<Q", 2**40) + b"ab.", "EOFError: it claims 1099511627776 bytes"),
        (b"\x96" + struct.pack("<Q", 2**40) + b"ab.", "EOFError: it claims 1099511627776 bytes"),
        (b"\x8d" + struct.pack("<Q", 2**40) + b"ab.", "EOFError: it claims 1099511627776 bytes"),
        (b"\x95" + struct.pack("<Q", 2**40) + b"ab.", "EOFError: it claims 1099511627776 bytes"),
        (b"\x8b" + struct.pack("<i", 2**31 - 1) + b"ab.", "EOFError: it claims 2147483647 bytes"),
        (b"", "EOFError"),
        (b"not a pickle", "KeyError"),
        (b"\x80\x63.", "unsupported pickle protocol: 99"),
    ],
)
def test_a_damaged_or_hostile_pickle_is_refused(tmp_path, pickled, reason):
    (tmp_path / "a.pkl").write_bytes(pickled)
    with pytest.raises(DataError, match=rf"a\.pkl is (refused|no whole pickle): .*({reason})"):
        read_pickle(tmp_path / "a.pkl")


def test_a_claim_of_many_objects_takes_no_memory(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"I1\nr" + struct.pack("<I", 2**32 - 1) + b".")
    assert read_pickle(tmp_path / "a.pkl") == 1


def test_every_cut_of_a_pickle_is_refused(write):
    file = write({"audio": np.arange(3.0), "id": ["a$_$1"]})
    whole = file.read_bytes()
    for end in range(len(whole)):
        file.write_bytes(whole[:end])
        with pytest.raises(DataError, match=r"a\.pkl is "):
            read_pickle(file)


def test_random_changes_end_in_a_message_or_in_plain_content(write):
    file = write({"audio": np.arange(3.0), "id": ["a$_$1"]}, 2)
    whole, chance = file.read_bytes(), random.Random(0)  # noqa: S311
    read = 0
    for _ in range(500):
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        file.write_bytes(changed)
        try:
            read_pickle(file)
            read += 1
        except DataError:
            pass
    assert 0 < read < 400


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataError, match=r"none\.pkl: No such file"):
        read_pickle(tmp_path / "none.pkl")


@pytest.mark.parametrize("kind", [b"S0", b"U0"])
@pytest.mark.parametrize("side", [b"I2\n", HUGE])
def test_an_array_of_elements_without_a_size_is_refused(tmp_path, kind, side):
    sized = GLOBALS["dtype"] + b"(S'" + kind + b"'\nI0\nI1\ntR"
    for pickled in (
        ARRAY + b"(I1\n(" + side + b"t" + sized + b"I0\nS''\ntb.",
        GLOBALS["buffer"] + b"(S''\n" + sized + b"(" + side + b"tS'C'\ntR.",
    ):
        (tmp_path / "a.pkl").write_bytes(pickled)
        with pytest.raises(
            DataError, match=r"is refused: it holds an array of \d+ elements that h"
        ):
            read_pickle(tmp_path / "a.pkl")


@pytest.mark.parametrize("protocol", range(6))
def test_empty_texts_come_back(write, protocol):
    texts = [np.str_(""), np.bytes_(b""), np.array(["", ""]), np.array([], "U"), np.array([], "S")]
    found = read_pickle(write(texts, protocol))
    assert found[:2] == ["", b""]
    assert [one.values.tolist() for one in found[2:]] == [["", ""], [], []]
