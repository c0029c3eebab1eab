"""Why files of settings cannot be merged into one."""

from __future__ import annotations

import traceback
from collections import Counter

# Groups whose files set values of the root, not of a section with the group's name.
_WITHOUT_PACKAGE = ("experiment",)
# The group of what a joint model's parts are.
_PART = "encoder"


def uncomposed(file: str, what: str) -> str:
    """Return the message for a file that cannot be merged into the settings.

    Args:
        file: as Hydra names it.
        what: Hydra's reason.
    """
    group = file.strip("'").partition("/")[0]
    if group in _WITHOUT_PACKAGE and what.startswith(f"Key '{group}' not in"):
        return f"{file}: the first line of an {group} has to be `# @package _global_`"
    if group == _PART and what.startswith("Key 'encoders' not in"):
        return "only a joint model has encoders of parts: modality=joint"
    return f"{file} cannot be composed: {what}"


def endless_defaults(error: RecursionError) -> str:
    """Return the files whose defaults include each other, from the traceback of the error."""
    nodes = [
        frame.f_locals.get("parent")
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name == "_create_defaults_tree_impl"
    ]
    files = [node.get_config_path() for node in nodes if node is not None]
    cycle = [file for file, times in Counter(files).items() if times > 1]
    if not cycle:
        return "it is nested too deeply"
    return " -> ".join([*cycle, cycle[0]]) + ": these defaults form a cycle"
