"""Files of a user's own folder of configs that are no settings: each is told by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.case import Case, Kind, refused
from campaign.material import TEXT, table

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.material import Material

_HEADER = "# @package _global_\n"
_ALIASES = f"a: &a [{'x, ' * 10}]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
_BAD, _HOSTILE = Kind.bad_input, Kind.hostile_file
# Each: name, kind, the file's text, and what the message has to say.
_EXPERIMENTS = [
    ("tab", _BAD, f"{_HEADER}data:\n\tname: x\n", r"mine\.yaml, line 3: .*tabs"),
    ("key_twice", _BAD, f"{_HEADER}name: a\nname: b\n", r"mine\.yaml, line 3: .*duplicate"),
    ("unclosed", _BAD, f"{_HEADER}data: [1, 2\n", r"mine\.yaml, line 3: "),
    ("list", _BAD, f"{_HEADER}- a\n", r"mine\.yaml: it holds a list"),
    ("no_text", _BAD, f"{_HEADER}name: caf\xe9\n", r"mine\.yaml: .*0xe9"),
    (
        "includes_itself",
        _BAD,
        f"{_HEADER}defaults: [/experiment/mine]\n",
        "form a cycle",
    ),
    ("no_package", _BAD, "name: x\n", "first line of an experiment"),
    ("empty", _BAD, "", "first line of an experiment"),
    ("circle", _BAD, f"{_HEADER}seed: ${{seed}}\n", "seed: its value refers to itself"),
    ("circle_in_folder", _BAD, f"{_HEADER}name: ${{name}}\n", "name: its value refers to itself"),
    ("tag", _HOSTILE, f"{_HEADER}name: !!python/object/apply:os.system [ls]\n", "line 2: .*tag"),
    ("aliases", _HOSTILE, f"{_HEADER}{_ALIASES}", "100000 values"),
    ("alias_in_itself", _HOSTILE, f"{_HEADER}a: &a\n  b: *a\n", "100000 values"),
    ("deep", _HOSTILE, f"{_HEADER}data: {'{a: ' * 3000}1{'}' * 3000}\n", "nested more than"),
    (
        "callback",
        _HOSTILE,
        f"{_HEADER}hydra:\n  callbacks:\n    x:\n      _target_: os.system\n",
        r"hydra\.callbacks\.x: .*os\.system.* allows config data",
    ),
]


def _case(name: str, kind: Kind, text: str, phrase: str, group: str = "experiment") -> Case:
    def prepare(work: Path, material: Material) -> None:
        material.put_plain(work)
        file = work / "own" / group / "mine.yaml"
        file.parent.mkdir(parents=True)
        file.write_bytes(text.encode("latin-1"))

    # The option stands among the settings.
    arguments = (*TEXT, "--config-dir", "own", *table("plain.jsonl"), f"{group}=mine")
    return Case(f"settings/own_files/{name}", kind, "train", arguments, refused(phrase), prepare)


CASES = [
    *(_case(*one) for one in _EXPERIMENTS),
    _case("group", _BAD, "a: [1\n", r"trainer/mine\.yaml, line 2: ", "trainer"),
]
