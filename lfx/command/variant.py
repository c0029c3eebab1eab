"""The group `variant` chooses between forms of the paper's experiments, and of nothing else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

_USUAL = "paper"


def require_variant_read(choices: Mapping[str, str | None]) -> None:
    """Refuse a variant that nothing would read; say so where its experiment has but one form.

    Args:
        choices: of Hydra: group → option.

    Raises:
        ConfigError: a variant was chosen without one of the paper's experiments.
    """
    variant, experiment = choices.get("variant"), choices.get("experiment")
    if variant in {None, _USUAL} or any(group.startswith("variant/") for group in choices):
        return
    if experiment is None or not experiment.startswith("paper"):
        raise ConfigError(
            f"variant={variant} is a form of the paper's experiments, and none was chosen: "
            "experiment=paper/…; `--help` lists them"
        )
    log.info("variant=%s: %s is the same in the paper's text and its code", variant, experiment)
