from __future__ import annotations

import pytest

from lfx.command.code import code_digests


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a package that names a class of one of its modules."""
    name = f"coded_{abs(hash(tmp_path))}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text(f"from {name}.inner import Outer\n")
    (folder / "inner.py").write_text("class Outer:\n    class Inner:\n        pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    return name, folder


@pytest.mark.parametrize("target", ["Outer", "inner.Outer", "Outer.Inner", "inner.Outer.Inner"])
def test_the_module_that_defines_a_class_is_watched(package, target):
    name, folder = package
    settings = {"fusion": {"parts": [{"_target_": f"{name}.{target}"}]}, "seed": 1}
    before = code_digests(settings)
    assert f"{name}.inner" in before
    assert set(before) <= {name, f"{name}.inner"}
    assert len(before[f"{name}.inner"]) == 64
    (folder / "inner.py").write_text("class Outer: ...\n")
    assert code_digests(settings) != before


def test_code_of_lfx_and_what_cannot_be_found():
    assert code_digests({"fusion": {"_target_": "lfx.fusion.schemes.mean.Mean"}}) == {}
    assert code_digests({"fusion": {"_target_": "nowhere.Own"}}) == {"nowhere": ""}
