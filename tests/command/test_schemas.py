"""The settings of each command: found, explained, and all of them read."""

from __future__ import annotations

import ast
import dataclasses
import re
from importlib import import_module
from pathlib import Path

import pytest

import lfx
from lfx.command.register import SCHEMAS
from lfx.runtime.locate import config_folder

PACKAGE = Path(lfx.__file__).parent
ROOTS = PACKAGE / "command/roots"


def schemas():
    """Every dataclass of the roots, with the file that it stands in."""
    found = {}
    for file in sorted(ROOTS.glob("*.py")):
        module = import_module(f"lfx.command.roots.{file.stem}")
        for name, kind in vars(module).items():
            if dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__:
                assert name not in found  # Hydra knows schemas by their name
                found[name] = (kind, file)
    return found


CLASSES = schemas()


def test_all_schemas_are_found():
    assert set(SCHEMAS) <= {kind for kind, _ in CLASSES.values()}
    assert len(CLASSES) > 8


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_has_a_comment_above_it(name):
    kind, file = CLASSES[name]
    lines = file.read_text(encoding="utf-8").splitlines()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    node = next(
        one for one in ast.walk(tree) if isinstance(one, ast.ClassDef) and one.name == kind.__name__
    )
    bare = [
        field.target.id
        for field in node.body
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and not lines[field.lineno - 2].strip().startswith("#")
    ]
    assert not bare


def words_read(sources):
    """Names that code reads: attributes, string constants, and functions' own arguments."""
    words = set()
    for source in sources:
        tree = ast.parse(source)
        documentation = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                words.add(node.attr)
            elif isinstance(node, ast.Constant) and id(node) not in documentation:
                words.add(node.value)
            elif isinstance(node, ast.FunctionDef):
                arguments = {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
                words |= arguments & {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return words


def unread_fields(sources, interpolations):
    words = words_read(sources) | interpolations
    fields = {field.name for kind, _ in CLASSES.values() for field in dataclasses.fields(kind)}
    return fields - words


def code():
    """The rooms and stages that get settings: everything but the settings' own room."""
    return {
        file: file.read_text(encoding="utf-8")
        for file in sorted(PACKAGE.rglob("*.py"))
        if ROOTS not in file.parents
    }


def interpolated():
    """The names in `${a.b.name}` in the YAML files."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in config_folder().rglob("*.yaml"))
    return {name for path in re.findall(r"\$\{([\w.]+)\}", text) for name in path.split(".")}


def test_no_setting_is_unread():
    assert not unread_fields(code().values(), interpolated())


def test_the_search_for_unread_settings_finds_them():
    """The search would be worthless if any source passed it."""
    without = [
        re.sub(r"phase_1_ckpt|allow_leaky_fit", "something_else", text) for text in code().values()
    ]
    assert unread_fields(without, interpolated()) == {"phase_1_ckpt", "allow_leaky_fit"}
