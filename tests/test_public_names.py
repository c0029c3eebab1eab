"""What `import lfx` offers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lfx


def test_every_public_name_is_there():
    for name in lfx.__all__:
        assert getattr(lfx, name) is not None
        assert name in dir(lfx)
    assert set(lfx.__all__) == set(lfx._MODULES)
    with pytest.raises(AttributeError, match="module 'lfx' has no attribute 'nothing'"):
        _ = lfx.nothing


def test_a_type_checker_sees_the_same_names():
    tree = ast.parse(Path(lfx.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lfx.")
        for alias in node.names
    }
    assert seen == lfx._MODULES


def test_importing_lfx_imports_nothing_heavy():
    code = (
        "import lfx, sys; print(sorted({'torch', 'numpy', 'hydra', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
