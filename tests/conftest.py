from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mvsa_root() -> Path:
    """The development part of MVSA-Single; tests that need it are skipped where it is not."""
    root = Path(__file__).resolve().parents[1] / "../shared/mvsa_single"
    if not root.is_dir():
        pytest.skip("the real tweets are not on this machine")
    return root.resolve()
