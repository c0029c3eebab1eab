"""Registration of the scores that the section `scores` of the settings names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lfx.evaluation.scores import SCORES, Score
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

_further: list[str] = []


def take_further_scores(config: DictConfig) -> None:
    """Register the scores that a job's settings name, and remove those of an earlier job.

    Args:
        config: the job's settings; `scores` maps any name to a section whose `_target_` returns a
            `Score`.

    Raises:
        ConfigError: a score cannot be built, or its key is already registered.
    """
    from lfx.runtime.build import build

    for key in _further:
        SCORES.pop(key, None)
    _further.clear()
    sections: Any = config.get("scores") or {}
    if not isinstance(sections, Mapping):
        raise ConfigError(f"scores={sections}: allowed are sections by name, with a _target_ each")
    for name, section in sections.items():
        score: Score = build(section, f"scores.{name}", Score)
        if score.key in SCORES:
            raise ConfigError(f"scores.{name}: there is a score {score.key} already")
        SCORES[score.key] = replace(score, printed=True)  # whoever names it wants to see it
        _further.append(score.key)
