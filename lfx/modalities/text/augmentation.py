"""Random changes of training texts, token by token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfx.runtime.checked import checked
from lfx.runtime.settings import Probability

if TYPE_CHECKING:
    import numpy.typing as npt


@checked
@dataclass(frozen=True, kw_only=True)
class TextAugmentation:
    """Drops tokens of one text at random; the first and the last, which frame it, stay.

    What is drawn depends on seed, epoch, sample and view alone.

    Args:
        token_drop: Probability with which each token of a text is dropped. One always stays.
    """

    token_drop: Probability = 0.0

    def __call__(
        self, tokens: npt.NDArray[np.int64], seed: int, epoch: int, sample: int, view: int = 0
    ) -> npt.NDArray[np.int64]:
        """Return a text with fewer tokens.

        Args:
            tokens: (tokens,) ids.
            seed: of what is drawn.
            epoch: counted from 0.
            sample: the sample's position in the data.
            view: which of several views of the sample this is.

        Returns:
            (at most tokens,) ids.
        """
        inner = len(tokens) - 2
        if self.token_drop == 0 or inner <= 1:
            return tokens
        generator = np.random.default_rng([seed, epoch, sample, view])
        kept = np.ones(len(tokens), dtype=bool)
        kept[1:-1] = generator.random(inner) >= self.token_drop
        kept[1 + generator.integers(inner)] = True
        return tokens[kept]
