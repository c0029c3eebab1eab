from __future__ import annotations

import numpy as np
import pytest

from lfx.evaluation.intervals import wilson


@pytest.mark.parametrize(("right", "samples"), [(0, 5), (5, 5), (305, 407), (1, 1), (81, 263)])
@pytest.mark.parametrize(("level", "z"), [(0.95, 1.959963984540054), (0.9, 1.6448536269514722)])
def test_wilson_like_its_formula(right, samples, level, z):
    share = right / samples
    centre = (share + z**2 / (2 * samples)) / (1 + z**2 / samples)
    spread = z * np.sqrt(share * (1 - share) / samples + z**2 / (4 * samples**2))
    spread /= 1 + z**2 / samples
    low, high = wilson(right, samples, level)
    assert (low, high) == pytest.approx((max(0, centre - spread), min(1, centre + spread)))


def test_wilson_of_a_published_example():
    # Newcombe, Statistics in Medicine 1998, table I: 81 of 263.
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_no_samples_have_no_accuracy():
    with pytest.raises(ValueError, match="n must be an integer not less than 1"):
        wilson(0, 0)
