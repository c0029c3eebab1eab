"""Settings of the group `translator`."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING


@dataclass
class TranslatorConfig:
    """What every translator has."""

    # The translator's name.
    name: str = MISSING
    # The class.
    _target_: str = MISSING


@dataclass
class FastTranslateConfig(TranslatorConfig):
    """English to Portuguese and back, by a package that needs no hub."""

    # The class.
    _target_: str = "lfx.encoders.translation.FastTranslate"
    # Threads that translate at the same time.
    threads: int = 2

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        at_least = "translator.threads must be at least 1"
        return [f"{at_least}, got {self.threads}"] if self.threads < 1 else []


@dataclass
class HubPairConfig(TranslatorConfig):
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
    # cpu, cuda or cuda:N.
    device: str = "cpu"

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        return [
            f"translator.{key} must be at least 1, got {value}"
            for key, value in (("batch_size", self.batch_size), ("max_length", self.max_length))
            if value < 1
        ]
