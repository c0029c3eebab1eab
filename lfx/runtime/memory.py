"""The largest memory that a process has taken."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PEAK, _KIB = "VmHWM:", 1024


def forget_peak() -> None:
    """Count the largest memory from now on, where the system can; else from the start on."""
    with suppress(OSError):
        _RESET.write_text("5", encoding="ascii")  # Linux: VmHWM becomes what is taken now


def peak_memory() -> int | None:
    """Return the largest resident memory so far, in bytes; None where the system does not say."""
    with suppress(OSError, ValueError, StopIteration):
        lines = _STATUS.read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith(_PEAK)).split()[1]) * _KIB
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * _KIB
