"""Settings of the group `augmenter`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from omegaconf import MISSING

from lfx.configuration.checks import MOST_AT_ONCE, seed_in_range


class NoiseAction(Enum):
    """What happens to a letter or a word."""

    insert = "insert"
    substitute = "substitute"
    swap = "swap"
    delete = "delete"


@dataclass
class AugmenterConfig:
    """What everything that makes paraphrases has."""

    # The augmenter's name.
    name: str = MISSING
    # The class.
    _target_: str = MISSING


@dataclass
class FastTranslateConfig(AugmenterConfig):
    """English to Portuguese and back, by a package that needs no hub."""

    # The class.
    _target_: str = "lfx.encoders.translation.FastTranslate"
    # Threads that translate at the same time.
    threads: int = 2

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        allowed = f"augmenter.threads is in 1..{MOST_AT_ONCE}"
        is_allowed = 1 <= self.threads <= MOST_AT_ONCE
        return [] if is_allowed else [f"{allowed}, got {self.threads}"]


@dataclass
class HubPairConfig(AugmenterConfig):
    """Any pair of Marian or FSMT models."""

    # The class.
    _target_: str = "lfx.encoders.translation.HubPair"
    # The model's id on the hub, or a folder.
    there: str = MISSING
    # The same, for the way back.
    back: str = MISSING
    # Texts per step.
    batch_size: int = 32
    # Longest translation in tokens.
    max_length: int = 128
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        return [
            f"augmenter.{key} must be at least 1, got {value}"
            for key, value in (("batch_size", self.batch_size), ("max_length", self.max_length))
            if value < 1
        ]


@dataclass
class NoiseConfig(AugmenterConfig):
    """Mistakes in words, by nlpaug: random_word, spelling, split."""

    # The class.
    _target_: str = "lfx.data.noise.Noise"
    # Which noise.
    kind: str = MISSING
    # Which share of a text's words is changed; one at the least.
    word_share: float = 0.3
    # What happens to random words (swap, delete) or letters (any); null: the noise says it itself.
    action: NoiseAction | None = None
    # Seed of what is drawn.
    seed: int = 0

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        allowed = _ACTIONS.get(self.kind, (None,))
        found = [*seed_in_range("augmenter.seed", self.seed)]
        found += _share_problems("word_share", self.word_share)
        if self.action not in allowed:
            names = ", ".join("null" if one is None else one.name for one in allowed)
            got = "null" if self.action is None else self.action.name
            found.append(f"augmenter.action of {self.kind}: allowed are {names}; got {got}")
        return found


@dataclass
class CharacterNoiseConfig(NoiseConfig):
    """Mistakes within words, by nlpaug: keyboard, ocr, random_character."""

    # The class.
    _target_: str = "lfx.data.noise.CharacterNoise"
    # Which share of a changed word's letters is changed; one at the least.
    character_share: float = 0.3

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        return super().problems() + _share_problems("character_share", self.character_share)


_ACTIONS: dict[str, tuple[NoiseAction, ...]] = {
    "random_word": (NoiseAction.swap, NoiseAction.delete),
    "random_character": tuple(NoiseAction),
}


def _share_problems(key: str, share: float) -> list[str]:
    allowed = f"augmenter.{key} is a share above 0 and at most 1"
    return [] if 0 < share <= 1 else [f"{allowed}, got {share}"]
