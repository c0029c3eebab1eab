from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of slow tests: at the end, one would keep a single process waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, not item.path.match("test_paper_*.py")))


@pytest.fixture(scope="session")
def mvsa_root() -> Path:
    """The development part of MVSA-Single; tests that need it are skipped where it is not."""
    root = Path(__file__).resolve().parents[1] / "../shared/mvsa_single"
    if not root.is_dir():
        pytest.skip("the real tweets are not on this machine")
    return root.resolve()
