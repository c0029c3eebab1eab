"""Rules: fitted schemes, which combine members without labels."""

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
    """Combines the members' outputs of samples, labelled or not."""

    def combine(self, outputs: Outputs) -> Tensor:
        """Compute fused scores, `(samples, classes)`, in 0..1, each row summing to 1."""

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Return the rule in plain values: `weights` (nested lists), `per`, and further keys.

        `per` names the axis of the weights: `member`, `class`, `sample` or `feature`.
        """


@dataclass(frozen=True, eq=False)
class Pooled:
    """Weights that are the same for all samples, and the pool that applies them."""

    weights: Weights
    pool: Pool = linear_pool

    def combine(self, outputs: Outputs) -> Tensor:
        """Apply the weights."""
        return self.pool(outputs.probabilities, self.weights, outputs.present)

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Return the weights, `(members,)` or `(members, classes)`."""
        del outputs
        return {"weights": self.weights.values.tolist(), "per": self.weights.per}


@dataclass(frozen=True, eq=False)
class PooledBySample:
    """Weights that are computed from the members' outputs of each sample, and their pool."""

    weigh: Callable[[Outputs], Weights]
    pool: Pool = linear_pool

    def combine(self, outputs: Outputs) -> Tensor:
        """Compute the weights of each sample and apply them."""
        return self.pool(outputs.probabilities, self.weigh(outputs), outputs.present)

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Return the weights, `(members, samples)`, as shares; 0 for an absent member."""
        values = self.weigh(outputs).values * outputs.present
        total = values.sum(dim=0)
        equal = outputs.present / outputs.present.sum(dim=0)
        shares = (values / total).where(total > 0, equal.to(values))
        rows = [[round(weight, 6) for weight in row] for row in shares.tolist()]
        unused = [
            name
            for name, row, present in zip(outputs.members, shares, outputs.present, strict=True)
            if bool(present.any()) and not bool(row.any())
        ]
        note = {"note": f"no weight on any sample: {', '.join(unused)}"} if unused else {}
        return {"weights": rows, "per": "sample"} | note
