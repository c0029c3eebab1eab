from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from lfx.runtime.files import atomic_path, copy_file
from lfx.runtime.parts import is_dead, part_affixes, remove_dead_parts


def leave_part(folder, pid, host=None, name="last.ckpt"):
    """Leave what a process that was killed in the middle of a write leaves."""
    prefix, suffix = part_affixes(folder / name)
    own = prefix.rsplit("lfx-", 1)[1].split("-")[0]
    prefix = prefix.replace(f"-{os.getpid()}-", f"-{pid}-").replace(own, host or own)
    part = folder / f"{prefix}abcdefgh{suffix}"
    part.write_bytes(b"half")
    return part


@pytest.fixture(scope="module")
def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_dead_process_left_is_removed_by_the_next_writer(tmp_path, dead_pid):
    part = leave_part(tmp_path, dead_pid)
    with atomic_path(tmp_path / "other.txt") as path:
        path.touch()
    assert not part.exists()
    assert (tmp_path / "other.txt").is_file()


def test_what_a_live_process_writes_stays(tmp_path):
    part = leave_part(tmp_path, os.getppid())
    remove_dead_parts(tmp_path, set())
    assert part.exists()


def test_a_number_that_was_given_again_is_no_living_writer(tmp_path):
    part = leave_part(tmp_path, os.getpid())
    assert is_dead(part, set())
    assert not is_dead(part, {str(part)})
    with atomic_path(tmp_path / "outer") as outer, atomic_path(tmp_path / "inner") as inner:
        remove_dead_parts(tmp_path, {str(outer), str(inner)})
        outer.write_text("a")
        inner.write_text("b")
    assert (tmp_path / "outer").read_text() == "a"
    assert (tmp_path / "inner").read_text() == "b"


def test_a_part_of_another_machine_is_left_alone_for_a_day(tmp_path, dead_pid):
    part = leave_part(tmp_path, dead_pid, host="00000000")
    remove_dead_parts(tmp_path, set())
    assert part.exists()
    yesterday = time.time() - 25 * 3600
    os.utime(part, (yesterday, yesterday))
    remove_dead_parts(tmp_path, set())
    assert not part.exists()


def test_files_of_other_programs_stay(tmp_path):
    names = [".movie.abcdefgh.part", "a.lfx-00000000-1-abcdefgh.part", ".x.lfx-1-1-abcdefgh.part"]
    for name in names:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    remove_dead_parts(tmp_path, set())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_link_with_such_a_name_loses_the_link_alone(tmp_path, dead_pid):
    precious = tmp_path / "precious"
    precious.write_text("keep")
    part = leave_part(tmp_path, dead_pid)
    part.unlink()
    part.symlink_to(precious)
    remove_dead_parts(tmp_path, set())
    assert not part.is_symlink()
    assert precious.read_text() == "keep"


@pytest.mark.parametrize("name", ["a" * 250, "é" * 125, "x\ny"])
def test_long_and_odd_names_can_be_written(tmp_path, name):
    with atomic_path(tmp_path / name, durable=True) as part:
        part.write_text("whole")
    assert (tmp_path / name).read_text() == "whole"
    assert len(list(tmp_path.iterdir())) == 1


def test_thousands_of_files_look_for_parts_once(tmp_path, monkeypatch):
    looked = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(path) or scan(path))
    for number in range(20):
        with atomic_path(tmp_path / f"{number}.txt") as part:
            part.touch()
    assert len(looked) == 1


def test_a_copy_that_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "old").write_text("old")
    with pytest.raises(IsADirectoryError):
        copy_file(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]
