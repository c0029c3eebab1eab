"""Published results, which runs are compared with: the settings of the group `reference`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import MinLen

from lfx.runtime.checked import checked
from lfx.runtime.settings import Share


@checked
@dataclass(frozen=True, kw_only=True)
class PublishedResult:
    """One published result, and the experiment that stands for it.

    Args:
        modality: The modality, as it was published.
        model: The model, as it was published.
        experiment: Runs by experiment=… of this name are compared with the result.
        accuracy: Published accuracy; null: none was published.
        f1: Published F1; null: none was published.
    """

    modality: str
    model: str
    experiment: str
    accuracy: Share | None = None
    f1: Share | None = None


@checked
@dataclass(frozen=True, kw_only=True)
class Reference:
    """Published results that runs are compared with.

    Args:
        name: The reference's name.
        source: Who published them.
        f1_average: Their average over classes.
        rows: One for each result, in the order of the table.
    """

    name: str
    source: str
    f1_average: Literal["f1_weighted", "f1_macro"] = "f1_weighted"
    rows: Annotated[Sequence[PublishedResult], MinLen(1)]
