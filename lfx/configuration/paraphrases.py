"""Settings of the section `paraphrases`."""

from __future__ import annotations

from dataclasses import dataclass

from lfx.configuration.checks import seed_in_range


@dataclass
class ParaphrasesConfig:
    """Paraphrases of training texts, such as back-translations."""

    # JSON Lines with the columns id and text; null: none.
    file: str | None = None
    # Which share of the train split gets one, class by class; 0: none; null: all that
    # the file has.
    share: float | None = None
    # Whether a paraphrase stands in its text's place, or beside it.
    replace: bool = False
    # Seed of the choice.
    seed: int = 0

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [*seed_in_range("paraphrases.seed", self.seed)]
        if self.share is not None and not 0 <= self.share <= 1:
            found.append(f"paraphrases.share is in 0..1, got {self.share}")
        if self.file is None and (self.share is not None or self.replace):
            found.append("paraphrases.share and .replace are only read with paraphrases.file=FILE")
        return found
