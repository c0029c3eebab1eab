"""Every example in a docstring runs."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import lfx

PACKAGE = Path(lfx.__file__).parent
WITH_EXAMPLES = [
    file.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
    for file in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples(module: str) -> None:
    results = doctest.testmod(import_module(module), optionflags=doctest.ELLIPSIS)
    assert results.attempted > 0
    assert results.failed == 0


def test_there_are_examples() -> None:
    assert len(WITH_EXAMPLES) >= 5
