"""A dataclass among Hydra's configs that is converted to a config on first use."""

from __future__ import annotations

from hydra.core.config_store import ConfigNode
from omegaconf import DictConfig, OmegaConf


class LazySchema(ConfigNode):
    """An entry of Hydra's config store; converting all of lfx's at each start would take 0.2 s.

    Args:
        schema: the dataclass.
    """

    def __init__(self, schema: type) -> None:
        self.name, self.schema = f"{schema.__name__}.yaml", schema
        self.group = self.package = self.provider = None

    def __getattr__(self, name: str) -> DictConfig:
        """Make the config; Python calls this only for attributes that do not exist."""
        if name != "node":
            raise AttributeError(name)
        config: DictConfig = OmegaConf.structured(self.schema)
        return config
