"""What a file holds of an object's class and arguments builds the object again."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum

import pytest

from lfx.runtime.construct import construct, stored_arguments, stored_classes
from lfx.runtime.imports import import_object


class Colour(Enum):
    red = "r"


class Part(ABC):
    @abstractmethod
    def size(self): ...


@dataclass
class Small(Part):
    by: int = 1

    def size(self):
        return self.by


@dataclass
class Plain:
    width: int = 3


@dataclass
class Whole:
    plain: Plain = field(default_factory=Plain)
    part: Part = field(default_factory=Small)
    parts: list[Part] = field(default_factory=list)
    shares: dict[int, float] = field(default_factory=dict)
    colour: Colour | None = None


def path(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


SECTION = {
    "_target_": path(Whole),
    "name": "whole",
    "plain": {"_target_": path(Plain), "width": 4},
    "part": {"_target_": path(Small), "by": 2},
    "parts": [{"_target_": path(Small), "by": 3}],
    "shares": {"1": 0.5},
    "colour": "red",
}


def test_only_classes_that_annotations_do_not_name_are_stored():
    stored = stored_arguments(SECTION)
    assert list(stored_classes(stored)) == [path(Small), path(Small)]
    assert stored["plain"] == {"width": 4}
    assert "name" not in stored


def test_stored_arguments_build_the_object_again():
    stored = json.loads(json.dumps(stored_arguments(SECTION)))
    found = []

    def find(name):
        found.append(name)
        return import_object(name)

    expected = Whole(Plain(4), Small(2), [Small(3)], {1: 0.5}, Colour.red)
    assert construct(Whole, stored, find) == expected
    assert found == [path(Small)] * 2


def test_no_class_is_imported_without_being_asked_for():
    def refuse(name):
        raise LookupError(name)

    assert construct(Whole, {"plain": {"width": 1}}, refuse).plain.width == 1
    with pytest.raises(LookupError, match=r"^os\.system$"):
        construct(Whole, {"plain": {"_target_": "os.system", "command": "ls"}}, refuse)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.Own", "No module named 'nowhere'"),
        ("pathlib.nowhere.Own", "No module named 'pathlib.nowhere'"),
        ("pathlib.Path.nowhere", "'Path' has no attribute 'nowhere'"),
        ("xml.nowhere.Own", "No module named 'xml.nowhere'"),
    ],
)
def test_what_cannot_be_imported(name, message):
    with pytest.raises((ImportError, AttributeError), match=message):
        import_object(name)
