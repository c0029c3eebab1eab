"""Settings of the group `reference`."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING


@dataclass
class ReferenceRowConfig:
    """One published result, and the experiment that stands for it."""

    # The modality, as it was published.
    modality: str = MISSING
    # The model, as it was published.
    model: str = MISSING
    # The experiment: runs by experiment=… of this name are compared with the result.
    experiment: str = MISSING
    # Published accuracy, in 0..1; null: none was published.
    accuracy: float | None = None
    # Published F1, in 0..1; null: none was published.
    f1: float | None = None


@dataclass
class ReferenceConfig:
    """Published results that runs are compared with."""

    # The reference's name.
    name: str = MISSING
    # Who published them.
    source: str = MISSING
    # Their average over classes: f1_weighted or f1_macro.
    f1_average: str = "f1_weighted"
    # One a result, in the order of the table.
    rows: list[ReferenceRowConfig] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = []
        if self.f1_average not in {"f1_weighted", "f1_macro"}:
            allowed = "allowed are f1_weighted, f1_macro"
            found.append(f"reference.f1_average: {allowed}; got {self.f1_average}")
        found += [
            f"reference.rows, {row.experiment}: {key} is in 0..1, got {value}"
            for row in self.rows
            for key, value in (("accuracy", row.accuracy), ("f1", row.f1))
            if value is not None and not 0 <= value <= 1
        ]
        if not self.rows:
            found.append("reference.rows has no results to compare with")
        return found
