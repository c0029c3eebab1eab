"""The members' outputs, and the data that a scheme is fitted on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, eq=False)
class Outputs:
    """The members' outputs of some samples, without labels.

    Attributes:
        members: names of the members, sorted, `(members,)`.
        classes: names of the classes, `(classes,)`.
        logits: raw scores, `(members, samples, classes)`; 0 where a member lacks a sample.
        present: whether a member has a sample, `(members, samples)`, bool; each sample has at least
            one member.
    """

    members: tuple[str, ...]
    classes: tuple[str, ...]
    logits: Tensor
    present: Tensor

    @cached_property
    def probabilities(self) -> Tensor:
        """Softmax of the logits, `(members, samples, classes)`; uniform for missing samples."""
        return torch.softmax(self.logits, dim=2)

    @property
    def complete(self) -> Tensor:
        """The mask of the samples that all members have, `(samples,)`, bool."""
        return self.present.all(dim=0)

    def select(self, rows: Tensor) -> Outputs:
        """Return some samples, given by a mask or by indices."""
        return Outputs(self.members, self.classes, self.logits[:, rows], self.present[:, rows])

    def only(self, members: Sequence[int]) -> Outputs:
        """Return some members, given by their positions; they have to have all samples."""
        chosen = torch.as_tensor(list(members), device=self.logits.device)
        names = tuple(self.members[member] for member in members)
        return Outputs(names, self.classes, self.logits[chosen], self.present[chosen])

    def with_logits(self, logits: Tensor) -> Outputs:
        """Return the same members and samples with other logits."""
        return Outputs(self.members, self.classes, logits, self.present)


@dataclass(frozen=True, eq=False)
class FitData:
    """Labelled samples of the fit split that all members have; none if no fit is needed.

    Attributes:
        outputs: the members' outputs.
        labels: class indices, `(samples,)`.
        groups: near-duplicate groups, `(samples,)`; folds never split a group.
        seed: seed of everything random in a fit.
    """

    outputs: Outputs
    labels: Tensor
    groups: np.ndarray[Any, Any]
    seed: int = 0

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the members, sorted, `(members,)`."""
        return self.outputs.members

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, `(classes,)`."""
        return self.outputs.classes

    @property
    def probabilities(self) -> Tensor:
        """`(members, samples, classes)`, in 0..1, summing to 1 over classes."""
        return self.outputs.probabilities

    def select(self, rows: np.ndarray[Any, Any]) -> FitData:
        """Return some samples, given by a mask or by indices."""
        chosen = torch.as_tensor(rows, device=self.labels.device)
        return replace(
            self,
            outputs=self.outputs.select(chosen),
            labels=self.labels[chosen],
            groups=self.groups[rows],
        )

    def calibrated(self, logits: Tensor) -> FitData:
        """Return the same samples with other logits."""
        return replace(self, outputs=self.outputs.with_logits(logits))
