"""What each member of a group is worth: exact Shapley values."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shapley_values(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the Shapley value of each member from the values of all subsets.

    The mean of what a member adds to the members before it, over all orders of the members
    (Shapley, A Value for n-Person Games, 1953). The values of all members sum to the value of all
    of them together minus that of none.

    Args:
        values: of each subset, `(2 ** members, ...)`: bit m of a subset's index says whether member
            m belongs to it. Further axes, such as samples, are kept.

    Returns:
        `(members, ...)`.

    Raises:
        ValueError: the number of subsets is not a power of 2.

    Example:
        >>> shapley_values(np.array([0.0, 0.6, 0.4, 0.8])).round(3).tolist()  # {}, {0}, {1}, {0, 1}
        [0.5, 0.3]
    """
    subsets = np.asarray(values, np.float64)
    members = len(subsets).bit_length() - 1
    if len(subsets) != 1 << members:
        raise ValueError(f"values of all subsets are needed, 2 ** members; got {len(subsets)}")
    indices = np.arange(len(subsets))
    sizes = np.array([int(index).bit_count() for index in indices])
    shares = np.zeros((members, *subsets.shape[1:]))
    for member in range(members):
        without = indices[indices >> member & 1 == 0]
        added = subsets[without | 1 << member] - subsets[without]
        weights = np.array([1 / (members * comb(members - 1, size)) for size in sizes[without]])
        shares[member] = np.tensordot(weights, added, axes=1)
    return shares


def leave_one_out(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the value of all members minus that of all but one, `(members, ...)`.

    Args:
        values: of each subset, as in `shapley_values`.

    Example:
        >>> leave_one_out(np.array([0.0, 0.6, 0.4, 0.8])).round(3).tolist()
        [0.4, 0.2]
    """
    subsets = np.asarray(values, np.float64)
    everyone = len(subsets) - 1
    members = everyone.bit_length()
    return np.stack([subsets[everyone] - subsets[everyone ^ 1 << m] for m in range(members)])
