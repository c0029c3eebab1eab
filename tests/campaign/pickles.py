"""Files that run code where somebody unpickles them; here they make a file that betrays them."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import torch

from campaign.sandbox import EXECUTED

if TYPE_CHECKING:
    from pathlib import Path


class Touch:
    """Unpickling it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.file}'",)


class Opened:
    """Unpickling it opens a file to write, by a function that some lists allow."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.file), "w")


class Evaluated:
    """Unpickling it evaluates an expression."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"__import__('pathlib').Path({str(self.file)!r}).touch()",)


def target(work: Path) -> Path:
    """Give the file that an attack makes where it is executed."""
    return work.parent / EXECUTED


def plain_pickle(work: Path, kind: type[Touch | Opened | Evaluated] = Touch) -> bytes:
    """Make a pickle that runs code."""
    return pickle.dumps(kind(target(work)), protocol=2)


def zipped(work: Path, kind: type[Touch | Opened | Evaluated] = Touch) -> bytes:
    """Make what `torch.save` makes, with an object inside that runs code."""
    stream = io.BytesIO()
    torch.save({"state_dict": {}, "lfx": kind(target(work))}, stream)
    return stream.getvalue()


def legacy(work: Path) -> bytes:
    """Make what `torch.save` made before it wrote zip files."""
    stream = io.BytesIO()
    torch.save({"lfx": Touch(target(work))}, stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


def climbing_zip(work: Path) -> bytes:
    """Make a zip file whose members lie above the folder that it is unpacked into."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"lfx": {}}, protocol=2))
        archive.writestr("archive/version", "3\n")
        archive.writestr(f"../../../{EXECUTED}", "x")
        archive.writestr(str(target(work)), "x")
    return stream.getvalue()
