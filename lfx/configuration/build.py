"""From a config with a `_target_` to the object that it describes."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lfx.configuration.typed import plain
from lfx.runtime.errors import ConfigError, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(settings: Mapping[str, Any] | Any, key: str, kind: type) -> Any:
    """Build what a section of the config describes.

    Args:
        settings: the section, with a `_target_`; a mapping or a dataclass.
        key: the section's key, for messages.
        kind: a protocol that what is built has to fulfil.

    Raises:
        ConfigError: the target cannot be imported, does not take the settings, or is something
            else.
    """
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate

    section = plain(settings)
    target = section.get("_target_") if isinstance(section, dict) else None
    if not isinstance(target, str):
        raise ConfigError(f"{key} names no class; choose one: {key}=NAME (`--help` lists them)")
    try:
        built = instantiate(_arguments(section), _convert_="all")
    except InstantiationException as error:
        cause: BaseException = error
        while cause.__cause__ is not None:  # of a section within this one
            cause = cause.__cause__
        if isinstance(cause, UserError):
            raise cause from None
        reason = " ".join(str(cause).split())[:300]
        raise ConfigError(
            f"{key}._target_={target} cannot be built: {reason}; a class outside of lfx "
            "is found if its folder is in PYTHONPATH"
        ) from error
    if not isinstance(built, kind):
        members = sorted(name for name in vars(kind) if not name.startswith("_"))
        raise ConfigError(
            f"{key}._target_={target} is no {kind.__module__}.{kind.__name__}, which has "
            f"{', '.join(members)}"
        )
    return built


def _arguments(node: Any) -> Any:
    """Leave out the names of sections, which their classes do not take."""
    if isinstance(node, dict):
        own = {key: _arguments(value) for key, value in node.items()}
        if "_target_" in own and "name" in own and not _takes_name(own["_target_"]):
            del own["name"]
        return own
    return [_arguments(one) for one in node] if isinstance(node, list) else node


def _takes_name(target: str) -> bool:
    module, _, name = target.rpartition(".")
    try:
        return "name" in inspect.signature(getattr(import_module(module), name)).parameters
    except (ImportError, AttributeError, TypeError, ValueError):  # Hydra says what is wrong
        return True
