"""What models say of samples with all content, and without one column of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from lfx.artifacts.predictions import softmax
from lfx.evaluation.metrics import score_answers
from lfx.fusion.pools import linear_pool
from lfx.fusion.weights import Weights

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's probabilities.

    Attributes:
        probabilities: (samples, classes) float64; uniform where there is no answer.
        given: (samples,) bool, whether the model can read the sample.
    """

    probabilities: npt.NDArray[np.float64]
    given: Mask

    @classmethod
    def of(
        cls, ids: Sequence[str], logits: npt.NDArray[np.float32], all_ids: Sequence[str]
    ) -> Answers:
        """Put the logits of some samples in the order of all samples.

        Args:
            ids: (samples,) of the samples that there are logits of.
            logits: (samples, classes).
            all_ids: (all samples,), each once; others are left out.
        """
        places = {name: place for place, name in enumerate(ids)}
        given = np.array([name in places for name in all_ids], dtype=np.bool_)
        probabilities = np.full((len(all_ids), logits.shape[1]), 1 / logits.shape[1])
        rows = [places[name] for name in all_ids if name in places]
        probabilities[given] = softmax(logits[rows])
        return cls(probabilities, given)

    def where(self, taken: Mask, others: Answers) -> Answers:
        """Return the answers with others in place of some.

        Args:
            taken: (samples,) which of them are replaced.
            others: of the same samples.
        """
        return Answers(
            np.where(taken[:, None], others.probabilities, self.probabilities),
            np.where(taken, others.given, self.given),
        )


class Answering(Protocol):
    """What answers: a model, or a fusion of models."""

    @property
    def name(self) -> str:
        """The run's name."""

    def answers(self, column: str, taken: Mask) -> Answers:
        """Return what is said where some samples, (samples,), lack a column."""


@dataclass(frozen=True, eq=False)
class Model:
    """A model.

    Attributes:
        name: of its run.
        complete: what it says of samples with all of their content.
        without: column that it reads → what it says of the samples without that column.
    """

    name: str
    complete: Answers
    without: Mapping[str, Answers]

    def answers(self, column: str, taken: Mask) -> Answers:
        """Return what it says where some samples lack a column; who does not read it is as ever."""
        lost = self.without.get(column)
        return self.complete if lost is None else self.complete.where(taken, lost)


@dataclass(frozen=True, eq=False)
class WeightedMean:
    """A late fusion by weights of the members' probabilities.

    Attributes:
        name: of its run.
        members: in the order of the weights.
        weights: fitted on samples that all members have.
    """

    name: str
    members: Sequence[Answering]
    weights: Weights

    def answers(self, column: str, taken: Mask) -> Answers:
        """Fuse what the members say; the weight of one that says nothing goes to the others."""
        said = [member.answers(column, taken) for member in self.members]
        given = np.stack([answers.given for answers in said])
        probabilities = np.stack([answers.probabilities for answers in said])
        present = torch.from_numpy(given | ~given.any(axis=0))
        fused = linear_pool(torch.from_numpy(probabilities), self.weights, present)
        return Answers(fused.numpy(), np.asarray(given.any(axis=0)))


def score_with_fallback(
    answers: Answers, labels: npt.NDArray[np.int64], fallback: int
) -> dict[str, float]:
    """Score answers; where there is none, the answer is always the same class.

    Args:
        answers: of the samples.
        labels: (samples,) class indices.
        fallback: index of the class that stands where there is no answer.

    Returns:
        Score → number, of the scores that need no probabilities.
    """
    classes = np.where(answers.given, answers.probabilities.argmax(axis=1), fallback)
    return score_answers(
        torch.from_numpy(classes), torch.from_numpy(labels), answers.probabilities.shape[1]
    )
