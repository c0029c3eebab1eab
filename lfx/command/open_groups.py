"""Sections whose parts the user names: a choice adds a part, and `null` takes one away.

`encoder@modality.encoders.NAME=OPTION` chooses the encoder of the part NAME of a joint model, and
`fusion@schemes.NAME=OPTION` a scheme to compare. Hydra
would want a `+` where no file names the part yet, and a `~` in place of a `null`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hydra._internal import config_loader_impl, defaults_list
from hydra.core.override_parser.types import OverrideType
from hydra.errors import ConfigCompositionException

if TYPE_CHECKING:
    from hydra._internal.defaults_list import DefaultsList
    from hydra.core.override_parser.types import Override

# The sections, as packages.
_OPEN = ("modality.encoders.", "schemes.")

_hydra_create = defaults_list.create_defaults_list


def use_open_groups() -> None:
    """Make Hydra compose through `create_defaults_list`; calling it twice is harmless."""
    config_loader_impl.create_defaults_list = create_defaults_list  # type: ignore[attr-defined, assignment]


def create_defaults_list(*, overrides_list: list[Override], **context: Any) -> DefaultsList:
    """Put together which files are merged, as Hydra does, with parts added or taken away.

    Args:
        overrides_list: of the command line.
        context: what else Hydra gives.

    Raises:
        ConfigCompositionException: some other choice cannot be made.
    """
    overrides = [
        _changed(one, OverrideType.DEL) if _is_open(one) and one.value() is None else one
        for one in overrides_list
    ]
    while True:
        try:
            return _hydra_create(overrides_list=overrides, **context)
        except ConfigCompositionException as error:
            refused = re.match(r"Could not override '(.+?)'\.", str(error))
            unknown = [
                index
                for index, one in enumerate(overrides)
                if refused and _is_open(one) and one.get_key_element() == refused[1]
            ]
            if not unknown:
                raise
            for index in unknown:
                overrides[index] = _changed(overrides[index], OverrideType.ADD)


def _is_open(override: Override) -> bool:
    """Return whether an override chooses an option for a part of an open section."""
    package = override.package or ""
    return override.type == OverrideType.CHANGE and package.startswith(_OPEN)


def _changed(override: Override, kind: OverrideType) -> Override:
    return replace(override, type=kind)
