from __future__ import annotations

import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfx.data.checked_sequences import _CHECKED, read_sequences, write_sequences

SEQUENCES = [np.arange(5, dtype=np.float32), np.empty(0, dtype=np.float32), np.float32([7.5])]


@pytest.fixture
def file(tmp_path):
    write_sequences(tmp_path / "kept.npy", SEQUENCES)
    return tmp_path / "kept.npy"


def test_sequences_come_back_one_by_one(file):
    sequences = read_sequences(file, 3)
    assert len(sequences) == 3
    for place, expected in enumerate(SEQUENCES):
        assert np.array_equal(sequences[place], expected)
        assert not sequences[place].flags.writeable
    assert sequences.starts.tolist() == [0, 5, 5, 6]


@given(lengths=st.lists(st.integers(0, 40), max_size=12))
def test_any_lengths_come_back(tmp_path_factory, lengths):
    file = tmp_path_factory.getbasetemp() / "any.npy"
    rows = [np.random.default_rng(n).random(n, dtype=np.float32) for n in lengths]
    write_sequences(file, iter(rows))
    sequences = read_sequences(file, len(rows))
    assert all(np.array_equal(sequences[at], row) for at, row in enumerate(rows))


def test_the_file_is_a_npy_array_for_others(file):
    assert np.array_equal(np.load(file), np.concatenate(SEQUENCES))


def damages(content):
    flipped, index = bytearray(content), bytearray(content)
    flipped[130] ^= 4
    index[128 + 24 + 8] ^= 1  # where the second sequence starts
    return {
        "cut": content[:-1],
        "a number less": content[:-4],
        "empty": b"",
        "header alone": content[:128],
        "longer": content + b"0",
        "a number more": content + b"0000",
        "zeros": bytes(len(content)),
        "a flipped bit": bytes(flipped),
        "another start": bytes(index),
        "no ending": content[:-8] + bytes(8),
    }


@pytest.mark.parametrize("kind", list(damages(bytes(999))))
def test_damage_is_noticed(file, kind):
    whole = file.read_bytes()
    file.write_bytes(damages(whole)[kind])
    _CHECKED.clear()  # as in another process
    with pytest.raises(ValueError, match=r"^its? "):
        read_sequences(file, 3)
    file.write_bytes(whole)
    read_sequences(file, 3)


def test_another_number_of_sequences_is_not_this_file(file):
    for count in (0, 2, 4, 10**6):
        with pytest.raises(ValueError, match=r"^its? "):
            read_sequences(file, count)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_sequences(tmp_path / "nothing.npy", 1)


def test_what_fails_on_the_way_leaves_nothing(tmp_path):
    def broken():
        yield SEQUENCES[0]
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        write_sequences(tmp_path / "kept.npy", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        rows = (np.zeros(10**5, dtype=np.float32) for _ in range(9))
        with pytest.raises(OSError, match=r"No space left on device: .*/disk/") as caught:
            write_sequences(disk / "kept.npy", rows)
        assert str(caught.value.filename).startswith(str(disk))
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)
