"""The structure that DESIGN promises: data flows one way through the rooms."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "lfx"
FOUNDATIONS = ["runtime", "configuration", "command"]  # only the stages use the last
ROOMS = [
    "data",
    "encoders",
    "losses",
    "modalities",
    "artifacts",
    "evaluation",
    "fusion",
    "reporting",
    "studies",
]


def imported_rooms(file: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("lfx.")}
    return rooms


def test_a_room_imports_only_from_rooms_to_its_left() -> None:
    seen = 0
    for place, room in enumerate(ROOMS):
        allowed = {"runtime", "configuration", *ROOMS[: place + 1]}
        for file in (PACKAGE / room).rglob("*.py"):
            assert imported_rooms(file) <= allowed, file
            seen += 1
    assert seen > 20


def test_a_foundation_knows_nothing_of_what_stands_on_it() -> None:
    for place, room in enumerate(FOUNDATIONS):
        for file in (PACKAGE / room).glob("*.py"):
            assert imported_rooms(file) <= set(FOUNDATIONS[: place + 1]), file


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
