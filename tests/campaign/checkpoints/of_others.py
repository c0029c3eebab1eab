"""Files of other programs, and such as run code where they are unpickled."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch

from campaign import pickles
from campaign.case import Case, Expectation, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.material import Material
from campaign.checkpoints.changing import NO, ON


def _predict(name: str, write: Callable[[Path, Path], object], expect: Expectation = NO) -> Case:
    """Make a case of predicting by a file that was written somehow."""

    def prepare(work: Path, material: Material) -> None:
        material.put_plain(work)
        write(work / "given.ckpt", work)

    arguments = (*ON, "ckpt=given.ckpt", "device=cpu", "hydra.run.dir=run")
    return Case(f"checkpoints/{name}", Kind.hostile_file, "predict", arguments, expect, prepare)


def _of_others() -> list[Case]:
    bytes_of = lambda make: lambda file, work: file.write_bytes(make(work))
    save = lambda content: lambda file, _work: torch.save(content, file)
    lightning = {
        "state_dict": {"layer.weight": torch.ones(2, 2)},
        "pytorch-lightning_version": "2.5.0",
        "epoch": 3,
        "hyper_parameters": {"lr": 0.1},
        "callbacks": {},
    }
    return [
        _predict("empty", lambda file, _work: file.write_bytes(b"")),
        _predict("text", lambda file, _work: file.write_text("no checkpoint\n" * 50)),
        _predict("zeros", lambda file, _work: file.write_bytes(bytes(5000))),
        _predict("folder", lambda file, _work: file.mkdir()),
        _predict("state_dict", save({"weight": torch.ones(3)})),
        _predict("of_lightning", save(lightning)),
        _predict("tensor", save(torch.ones(3))),
        _predict("list", save([1, 2])),
        _predict("number", save(5)),
        _predict("whole_module", save(torch.nn.Linear(2, 2))),
        _predict(
            "torchscript",
            lambda file, _work: _script(file),
        ),
        _predict("numpy", lambda file, _work: file.write_bytes(_npy())),
        _predict("safetensors", lambda file, _work: file.write_bytes(b"\x02\0\0\0\0\0\0\0{}")),
        _predict("onnx", lambda file, _work: file.write_bytes(b"\x08\x07\x12\x07pytorch")),
        _predict("pickle_runs_code", bytes_of(pickles.plain_pickle)),
        _predict(
            "pickle_opens_a_file", bytes_of(lambda work: pickles.plain_pickle(work, pickles.Opened))
        ),
        _predict(
            "pickle_evaluates", bytes_of(lambda work: pickles.plain_pickle(work, pickles.Evaluated))
        ),
        _predict("zip_runs_code", bytes_of(pickles.zipped)),
        _predict("zip_opens_a_file", bytes_of(lambda work: pickles.zipped(work, pickles.Opened))),
        _predict("zip_evaluates", bytes_of(lambda work: pickles.zipped(work, pickles.Evaluated))),
        _predict("legacy_runs_code", bytes_of(pickles.legacy)),
        _predict("zip_climbs", bytes_of(pickles.climbing_zip)),
        _predict("zip_of_nothing", lambda file, _work: file.write_bytes(b"PK\x05\x06" + bytes(18))),
        _predict("lfx_is_none", save({"lfx": None, "state_dict": {}})),
        _predict("lfx_is_a_list", save({"lfx": [], "state_dict": {}})),
        _predict("lfx_is_empty", save({"lfx": {}, "state_dict": {}})),
        _predict("lfx_is_a_number", save({"lfx": 7})),
        _predict("deep", lambda file, _work: file.write_bytes(_deep_pickle())),
    ]


def _script(file: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather have people use something newer
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(file))


def _npy() -> bytes:
    import io

    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return stream.getvalue()


def _deep_pickle() -> bytes:
    """Make a checkpoint of 100,000 lists in each other; Python itself would not write it."""
    import io
    import zipfile

    stream = io.BytesIO()
    inner = b"]" * 100_000 + b"a" * 99_999
    content = b"\x80\x02}X\x03\x00\x00\x00lfx" + inner + b"s."
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    return stream.getvalue()


CASES = [*_of_others()]
