"""Which of Hydra's own options lfx's commands take where nobody chooses another."""

from __future__ import annotations

from hydra.conf import HydraConf
from hydra.core.config_store import ConfigStore

from lfx.command.multirun import NoteFolder

# Groups of which conf/hydra has an option `lfx`.
_OURS = ("launcher", "sweeper", "help", "job_logging")


def set_defaults() -> None:
    """Make lfx's options the defaults of Hydra's own section; doing it twice is harmless.

    An `override hydra/launcher: lfx` in a command's YAML would not do: it wins over the same line
    in a user's experiment. Defaults yield to whoever chooses: a config, an experiment, the command
    line.
    """
    defaults = [
        {group: "lfx" if group in _OURS else option}
        for choice in HydraConf().defaults
        for group, option in choice.items()
    ]
    # No choice of the group `callbacks`, so that a user's choice there stands beside it.
    note = {"lfx": {"_target_": f"{NoteFolder.__module__}.{NoteFolder.__qualname__}"}}
    ConfigStore.instance().store(
        group="hydra",
        name="config",
        node=HydraConf(defaults=defaults, callbacks=note),
        provider="hydra",
    )
