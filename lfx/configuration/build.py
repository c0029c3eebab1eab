"""From a config with a `_target_` to the object that it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.configuration.typed import plain
from lfx.runtime.errors import ConfigError, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping


def unnamed(section: Any) -> dict[str, Any]:
    """Give a section in plain values, without the name that the stage reads and the class does not.

    Args:
        section: a mapping or a dataclass.
    """
    return {key: value for key, value in plain(section).items() if key != "name"}


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

    target = plain(settings)["_target_"]
    try:
        built = instantiate(plain(settings), _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__ or error
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
