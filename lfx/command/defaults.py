"""lfx's options as the defaults of Hydra's own settings."""

from __future__ import annotations

from hydra.conf import HydraConf
from hydra.core.config_store import ConfigStore

from lfx.command.multirun import NoteFolder
from lfx.runtime.convert import TARGET
from lfx.runtime.imports import dotted_path

# Groups for which conf/hydra has an option `lfx`.
_GROUPS = ("launcher", "sweeper", "help", "job_logging")


def set_defaults() -> None:
    """Make lfx's options the defaults of Hydra's section; calling it twice is harmless.

    An `override hydra/launcher: lfx` in a command's YAML would win over the same line in a user's
    experiment. Every choice wins over these defaults: in a config, an experiment, the command line.
    """
    defaults = [
        {group: "lfx" if group in _GROUPS else option}
        for choice in HydraConf().defaults
        for group, option in choice.items()
    ]
    # Not an option of the group `callbacks`, so that a user's choice there is added to it.
    note = {"lfx": {TARGET: dotted_path(NoteFolder)}}
    ConfigStore.instance().store(
        group="hydra",
        name="config",
        node=HydraConf(defaults=defaults, callbacks=note),
        provider="hydra",
    )
