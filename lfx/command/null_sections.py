"""Overrides of settings within a section that is null."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

_hydra_apply = ConfigLoaderImpl._apply_overrides_to_config  # noqa: SLF001


def use_null_sections() -> None:
    """Make Hydra set values through `apply_overrides`; calling it twice is harmless."""
    ConfigLoaderImpl._apply_overrides_to_config = staticmethod(apply_overrides)  # type: ignore[method-assign] # noqa: SLF001


def apply_overrides(overrides: list[Override], cfg: DictConfig) -> None:
    """Set values as Hydra does; a null section gets its class's defaults first.

    OmegaConf raises an AssertionError or an AttributeError for a value within a null section.

    Args:
        overrides: of the command line.
        cfg: the composed settings, which are changed.
    """
    for override in overrides:
        *sections, last = override.key_or_group.split(".")
        is_section = isinstance(override.value(), dict)
        _fill_null_sections(cfg, [*sections, last] if is_section else sections)
        _hydra_apply([override], cfg)


def _fill_null_sections(config: DictConfig, path: list[str]) -> None:
    parent: Any = config
    for name in path:
        node = None
        if isinstance(parent, DictConfig):
            node = parent._get_node(name, validate_access=False)  # noqa: SLF001
        if node is None and isinstance(parent, DictConfig):
            node = _new_entry(parent, name)
        if not isinstance(node, DictConfig):
            return
        kind = node._metadata.ref_type  # noqa: SLF001
        if node._is_none():  # noqa: SLF001
            is_section = isinstance(kind, type) and is_dataclass(kind)
            parent[name] = OmegaConf.structured(kind) if is_section else {}
            node = parent._get_node(name)  # noqa: SLF001
            if not is_section:  # a mapping, whose keys the user names
                OmegaConf.set_struct(node, value=False)
        parent = node


def _new_entry(mapping: DictConfig, name: str) -> Any:
    """Return a new entry of a mapping whose values are sections; None of any other mapping."""
    kind = mapping._metadata.element_type  # noqa: SLF001
    is_open = not OmegaConf.is_struct(mapping)
    if not (is_open and isinstance(kind, type) and is_dataclass(kind)):
        return None
    mapping[name] = OmegaConf.structured(kind)
    return mapping._get_node(name)  # noqa: SLF001
