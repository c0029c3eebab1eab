"""What a kind of content tells of itself, for a data card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Facts:
    """Facts about the content of some samples in one column.

    Attributes:
        measures: what was measured, with its unit, such as `width (pixels)` → (samples,) numbers;
            NaN where a sample has none. A card shows their quantiles.
        counts: what was counted, such as `mode` → value → number of samples.
        problems: position in the table → what is wrong with the content there.
        notes: sentences.
    """

    measures: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
