"""A signal ends a command with its own status, wherever it strikes."""

from __future__ import annotations

import pytest

from lfx.command.entry import _run_all
from lfx.command.job import StageJob
from lfx.runtime.build import build
from lfx.runtime.errors import ConfigError
from lfx.runtime.imports import import_target
from lfx.runtime.signals import Terminated

MODULE = """
from lfx.runtime.signals import Terminated

class Own:
    def __init__(self, ending="terminated"):
        raise Terminated(143) if ending == "terminated" else SystemExit(0)
"""


@pytest.mark.parametrize("ending", [Terminated(143), KeyboardInterrupt()])
def test_an_error_in_the_cleanup_of_an_interruption_is_the_interruption(ending):
    def main():
        try:
            raise ending
        finally:
            raise AttributeError("a library failed in its cleanup")

    with pytest.raises(type(ending)) as raised:
        _run_all(main, StageJob("fuse", object, lambda *_: None), None)
    assert raised.value is ending


def test_a_signal_during_an_import_or_a_construction_is_no_mistake(tmp_path, monkeypatch):
    name = f"ending_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / f"{name}_at_import.py").write_text(MODULE + "\nraise Terminated(143)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Terminated, match="143"):
        import_target(f"{name}_at_import.Own")
    with pytest.raises(Terminated, match="143"):
        build({"_target_": f"{name}.Own"}, "fusion", object)
    with pytest.raises(ConfigError, match=r"Own cannot be built: 0"):
        build({"_target_": f"{name}.Own", "ending": "usual"}, "fusion", object)
