"""Random changes of training vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfx.runtime.checked import checked
from lfx.runtime.settings import NotNegative

if TYPE_CHECKING:
    import numpy.typing as npt


@checked
@dataclass(frozen=True, kw_only=True)
class VectorAugmentation:
    """Adds normal noise to one sample's numbers.

    What is drawn depends on seed, epoch, sample and view alone.

    Args:
        noise: Standard deviation of the noise, in standard deviations of each feature over the
            train split; 0: no noise.
    """

    noise: NotNegative = 0.0

    def __call__(
        self,
        steps: npt.NDArray[np.float32],
        spread: npt.NDArray[np.float32],
        drawn_by: tuple[int, int, int, int],
    ) -> npt.NDArray[np.float32]:
        """Return a sample with noise.

        Args:
            steps: (time, features).
            spread: (features,) standard deviations.
            drawn_by: seed; epoch, from 0; the sample's position in the data; which of several views
                of it this is.

        Returns:
            (time, features).
        """
        if self.noise == 0:
            return steps
        chance = np.random.default_rng(drawn_by)
        noise = chance.standard_normal(steps.shape, dtype=np.float32)
        return steps + np.float32(self.noise) * spread * noise
