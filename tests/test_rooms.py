"""The structure that DESIGN promises: data flows one way through the rooms."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "lfx"
# From the command line to a job: stages alone use it, but for the status that a job leaves.
COMMAND = "command"
# What commands read of a run, and names that their settings share with the rooms.
STATUS = {
    *("lfx.runs.status", "lfx.runs.joblist"),
    *("lfx.artifacts.reserved", "lfx.data.split_names"),
}
ROOMS = [
    "data",
    "losses",
    "artifacts",
    "evaluation",
    "modalities",
    "convert",
    "paraphrasing",
    "models",
    "training",
    "runs",
    "fusion",
    "reporting",
    "studies",
]


def imported_modules(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("lfx.")}


def imported_rooms(file: Path) -> set[str]:
    return {name.split(".")[1] for name in imported_modules(file)}


def test_a_room_imports_only_from_rooms_to_its_left() -> None:
    seen = 0
    for place, room in enumerate(ROOMS):
        allowed = {"runtime", *ROOMS[: place + 1]}
        if room == "studies":  # which start commands
            allowed.add(COMMAND)
        for file in (PACKAGE / room).rglob("*.py"):
            assert imported_rooms(file) <= allowed, file
            seen += 1
    assert seen > 100


def test_every_folder_is_a_room() -> None:
    folders = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert folders == {*ROOMS, "runtime", COMMAND}


def test_a_foundation_knows_nothing_of_what_stands_on_it() -> None:
    for file in (PACKAGE / "runtime").rglob("*.py"):
        assert imported_rooms(file) <= {"runtime"}, file
    for file in (PACKAGE / COMMAND).rglob("*.py"):
        foreign = {
            name
            for name in imported_modules(file) - STATUS
            if name.split(".")[1] not in {"runtime", COMMAND}
        }
        assert not foreign, file


def test_fusion_knows_nothing_of_models() -> None:
    foreign = {"timm", "transformers", "torchvision", "pytorch_lightning", "PIL"}
    for file in (PACKAGE / "fusion").rglob("*.py"):
        tree = ast.parse(file.read_text())
        names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        own = {str(name).split(".")[1] for name in names if str(name).startswith("lfx.")}
        if "lfx.data.split_names" in names:  # which is all that it knows of the data
            own.discard("data")
        assert own <= {"runtime", "artifacts", "evaluation", "fusion"}, file
        assert not {str(name).split(".")[0] for name in names} & foreign


def test_no_file_is_named_for_nothing() -> None:
    names = {file.stem for file in PACKAGE.rglob("*.py")}
    assert names.isdisjoint({"utils", "helpers", "common", "misc"})
