"""Make the stages' fixtures known to their tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conftest_stages import trained

__all__ = ["trained"]
