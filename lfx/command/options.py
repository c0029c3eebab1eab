"""Options such as `--config-dir`, which may be anywhere among the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Hydra's options without a value; any other is followed by its value.
_FLAGS = {
    *("-h", "--help", "--hydra-help", "--version", "--resolve", "-r", "--run"),
    *("-m", "--multirun", "-sc", "--shell-completion"),
}


def put_options_last(arguments: Sequence[str]) -> list[str]:
    """Return a command line with its settings first, otherwise in the same order.

    Hydra's parser, Python's argparse, takes settings only as one block.

    Args:
        arguments: the command line without the program.
    """
    if "--" in arguments:
        return list(arguments)
    settings: list[str] = []
    options: list[str] = []
    takes_value = False
    for argument in arguments:
        is_option = argument.startswith("-")
        (options if is_option or takes_value else settings).append(argument)
        takes_value = is_option and "=" not in argument and argument not in _FLAGS
    return [*settings, *options]
