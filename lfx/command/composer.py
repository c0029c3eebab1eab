"""Composing a sweep's jobs: the YAML files are read once per set of choices, not twice per job.

Hydra composes each job of a multirun twice from the files: to check it and to run it. Only
overrides that choose an option of a group, or belong to Hydra itself, decide which files are
merged and in which order; other values are set on the result. So the result is cached for each set
of choices, and Hydra's own code sets the values on copies of it.
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

# Number of cached sets of choices; 20 kB each.
_MOST = 200


class _Choices(NamedTuple):
    """The key of the cache: all that decides how the files are merged."""

    config_name: str | None
    run_mode: RunMode
    folder: str
    overrides: tuple[str, ...]


class Composer(ConfigLoaderImpl):
    """Hydra's config loader with a cache.

    It composes the same configs and raises the same errors as Hydra's loader. Changes of YAML files
    during a sweep have no effect on the sweep.
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
        if any(item.is_sweep_override() or item.key_or_group == "hydra" for item in parsed):
            return super()._load_configuration_impl(
                config_name, overrides, run_mode, from_shell, validate_sweep_overrides
            )
        # hydra.searchpath decides where groups are looked for.
        searched = tuple(_lines(item for item in parsed if item.key_or_group == "hydra.searchpath"))
        values: list[Override] = []
        choices: list[Override] = []
        for item in parsed:
            is_value = self._is_value(item, config_name, searched)
            (values if is_value else choices).append(item)
        config = self._choose(
            _Choices(config_name, run_mode, os.getcwd(), tuple(_lines(choices)))  # noqa: PTH109
        )
        self._apply_overrides_to_config(values, config)
        task_overrides = [item for item in parsed if not item.is_hydra_override()]
        job = config.hydra.job
        config.hydra.overrides.task = _lines(task_overrides)
        job.override_dirname = get_overrides_dirname(
            overrides=task_overrides,
            kv_sep=job.config.override_dirname.kv_sep,
            item_sep=job.config.override_dirname.item_sep,
            exclude_keys=job.config.override_dirname.exclude_keys,
        )
        for name in job.env_copy:
            job.env_set[name] = os.environ[name]
        return config

    def _choose(self, choices: _Choices) -> DictConfig:
        """Compose without values, or copy the cached result."""
        cached = self._composed.get(choices)
        if cached is None:
            config = super()._load_configuration_impl(
                choices.config_name, list(choices.overrides), choices.run_mode
            )
            cached = pickle.dumps(config, pickle.HIGHEST_PROTOCOL)
            self._composed[choices] = cached
            if len(self._composed) > _MOST:
                self._composed.popitem(last=False)
        self._composed.move_to_end(choices)
        copy: DictConfig = pickle.loads(cached)  # noqa: S301, made above
        return copy

    def _is_value(
        self, override: Override, config_name: str | None, searched: tuple[str, ...]
    ) -> bool:
        """Return whether an override sets a value on the composed config, by Hydra's rules."""
        if override.is_hydra_override():
            return False
        if isinstance(override.value(), dict):
            return True
        group = (config_name, override.key_or_group, *searched)
        if group not in self._groups:
            _, repo = self._parse_overrides_and_create_caching_repo(config_name, list(searched))
            self._groups[group] = repo.group_exists(override.key_or_group)
        return not self._groups[group]


def _lines(overrides: Iterable[Override]) -> list[str]:
    return [str(override.input_line) for override in overrides]
