"""Rules: what is left of a scheme once it has been fitted, and needs labels no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from lfx.fusion.outputs import Outputs
from lfx.fusion.pools import Pool, linear_pool
from lfx.fusion.weights import Weights

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Rule(Protocol):
    """Combines what members say of samples, whether or not these have labels."""

    def combine(self, outputs: Outputs) -> Tensor:
        """Give fused scores, `(samples, classes)`, in 0..1, each row summing to 1."""

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Say in plain values how it combines: `weights` (nested lists) and what else matters.

        `per` says what the weights are given to: `member`, `class`, `sample` or `feature`.
        """


@dataclass(frozen=True, eq=False)
class Pooled:
    """Weights that are the same for all samples, and the pool that applies them."""

    weights: Weights
    pool: Pool = linear_pool

    def combine(self, outputs: Outputs) -> Tensor:
        """Apply the weights."""
        return self.pool(outputs.probabilities, self.weights, outputs.present)

    def document(self, outputs: Outputs) -> dict[str, Any]:  # noqa: ARG002, others need it
        """Give the weights, `(members,)` or `(members, classes)`."""
        return {"weights": self.weights.values.tolist(), "per": self.weights.per}


@dataclass(frozen=True, eq=False)
class PooledBySample:
    """Weights that follow from what the members say of each sample, and the pool for them."""

    weigh: Callable[[Outputs], Weights]
    pool: Pool = linear_pool

    def combine(self, outputs: Outputs) -> Tensor:
        """Weigh each sample, and apply the weights."""
        return self.pool(outputs.probabilities, self.weigh(outputs), outputs.present)

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Give the weights, `(members, samples)`, as shares; 0 for a member that is absent."""
        values = self.weigh(outputs).values * outputs.present
        total = values.sum(dim=0)
        even = outputs.present / outputs.present.sum(dim=0)
        shares = (values / total).where(total > 0, even.to(values))
        rows = [[round(weight, 6) for weight in row] for row in shares.tolist()]
        idle = [
            name
            for name, row, there in zip(outputs.members, shares, outputs.present, strict=True)
            if bool(there.any()) and not bool(row.any())
        ]
        note = {"note": f"no weight on any sample: {', '.join(idle)}"} if idle else {}
        return {"weights": rows, "per": "sample"} | note
