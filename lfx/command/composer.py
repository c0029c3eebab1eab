"""Composing a sweep's jobs: the YAML files are read once per set of choices, not twice per job.

Hydra composes each job of a multirun from the files, once to see whether it can be and once to run
it. Of a job's overrides only those that choose an option of a group, or belong to Hydra itself,
decide which files are merged, and in what order; a plain value is set on the result. So the result
is kept for each set of choices, and values are set on copies of it by Hydra's own code.
"""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.override_parser.overrides_parser import OverridesParser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.override_parser.types import Override
    from hydra.types import RunMode
    from omegaconf import DictConfig

# Sets of choices that are kept; 20 kB each.
_MOST = 200


class _Choices(NamedTuple):
    """What decides how the files are merged."""

    config_name: str | None
    run_mode: RunMode
    folder: str
    overrides: tuple[str, ...]


class Composer(ConfigLoaderImpl):
    """Hydra's loader of configs, with a memory.

    What it composes equals what Hydra's own loader does, and it raises the same errors. YAML files
    that change while a sweep runs make no difference to the sweep.
    """

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        super().__init__(config_search_path)
        # Pickled: reading one back takes a fifth of the time of `deepcopy`.
        self._composed: OrderedDict[_Choices, bytes] = OrderedDict()
        self._groups: dict[tuple[str | None, ...], bool] = {}

    def _load_configuration_impl(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,  # noqa: FBT001, FBT002, as Hydra declares it
        validate_sweep_overrides: bool = True,  # noqa: FBT001, FBT002
    ) -> DictConfig:
        parsed = OverridesParser.create().parse_overrides(overrides)
        if any(one.is_sweep_override() or one.key_or_group == "hydra" for one in parsed):
            return super()._load_configuration_impl(
                config_name, overrides, run_mode, from_shell, validate_sweep_overrides
            )
        # Where groups are looked for is for Hydra's own settings to say.
        searched = tuple(_lines(one for one in parsed if one.key_or_group == "hydra.searchpath"))
        values: list[Override] = []
        choices: list[Override] = []
        for one in parsed:
            is_value = self._is_value(one, config_name, searched)
            (values if is_value else choices).append(one)
        config = self._choose(
            _Choices(config_name, run_mode, os.getcwd(), tuple(_lines(choices)))  # noqa: PTH109
        )
        self._apply_overrides_to_config(values, config)
        own = [one for one in parsed if not one.is_hydra_override()]
        job = config.hydra.job
        config.hydra.overrides.task = _lines(own)
        job.override_dirname = get_overrides_dirname(
            overrides=own,
            kv_sep=job.config.override_dirname.kv_sep,
            item_sep=job.config.override_dirname.item_sep,
            exclude_keys=job.config.override_dirname.exclude_keys,
        )
        for name in job.env_copy:
            job.env_set[name] = os.environ[name]
        return config

    def _choose(self, choices: _Choices) -> DictConfig:
        """Compose without values, or copy what has been composed before."""
        kept = self._composed.get(choices)
        if kept is None:
            config = super()._load_configuration_impl(
                choices.config_name, list(choices.overrides), choices.run_mode
            )
            kept = pickle.dumps(config, pickle.HIGHEST_PROTOCOL)
            self._composed[choices] = kept
            if len(self._composed) > _MOST:
                self._composed.popitem(last=False)
        self._composed.move_to_end(choices)
        copy: DictConfig = pickle.loads(kept)  # noqa: S301, our own
        return copy

    def _is_value(
        self, override: Override, config_name: str | None, searched: tuple[str, ...]
    ) -> bool:
        """Say whether an override is set on the composed config, as Hydra decides it."""
        if override.is_hydra_override():
            return False
        if isinstance(override.value(), dict):
            return True
        group = (config_name, override.key_or_group, *searched)
        if group not in self._groups:
            _, found = self._parse_overrides_and_create_caching_repo(config_name, list(searched))
            self._groups[group] = found.group_exists(override.key_or_group)
        return not self._groups[group]


def _lines(overrides: Iterable[Override]) -> list[str]:
    return [str(override.input_line) for override in overrides]
