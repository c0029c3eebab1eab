from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lfx.command.origins import with_origins
from lfx.command.storage import storage_error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_what_could_not_be_written_is_told(number):
    error = OSError(number, os.strerror(number), "best.ckpt")
    told = str(storage_error([error], Path("run")))
    assert told.startswith(f"best.ckpt: {os.strerror(number)}; run is unfinished. ")


def test_of_a_copy_the_target_is_named():
    error = OSError(errno.ENOSPC, "full", "part", None, "run/best.ckpt")
    assert str(storage_error([error], Path("run"))).startswith("run/best.ckpt: ")


def test_what_led_to_an_error_is_looked_at():
    error = RuntimeError("unexpected position")
    error.__cause__ = OSError(errno.ENOSPC, "full")
    assert "; run is unfinished" in str(storage_error(with_origins(error), Path("run")))


def test_a_name_that_is_too_long_is_told_in_short():
    error = OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300)
    told = str(storage_error([error], Path("run")))
    assert told.startswith(f"{'x' * 100}…: a name has at most 255 bytes")
    assert len(told) < 200


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR])
def test_what_is_closed_to_the_user_is_told_by_its_path(number):
    error = OSError(number, os.strerror(number), "data/table.csv")
    told = str(storage_error([error], Path("run")))
    assert told.startswith(f"data/table.csv: {os.strerror(number)}; correct it")


@pytest.mark.parametrize(
    "error", [OSError(errno.EACCES, "no"), OSError(errno.EINVAL, "no", "x"), ValueError("x")]
)
def test_other_errors_are_not_its_own(error):
    assert storage_error([error], Path("run")) is None
