"""Training in one phase: encoder and head together, by cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.models.classifier import Classifier, Optimization
from lfx.models.optimization import AdamW, Objective, Optimizer, Schedule
from lfx.runtime.checked import checked
from lfx.training.context import Outcome
from lfx.training.fit import fit
from lfx.training.loaders import classifier_loaders
from lfx.training.regime import Regime, Request, one_phase_problems

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder
    from lfx.models.heads import Head
    from lfx.training.context import RunContext


@checked
@dataclass(frozen=True, kw_only=True)
class Supervised(Regime):
    """Encoder and head, trained together by cross-entropy.

    Args:
        optimizer: How weights are stepped.
        schedule: The learning rate over time.
        objective: The cross-entropy.
    """

    optimizer: Optimizer = AdamW()
    schedule: Schedule = Schedule()
    objective: Objective = Objective()

    def problems(self, request: Request) -> list[str]:
        """Return which settings of two phases are given."""
        return one_phase_problems(request)

    def build(
        self, encoder: Encoder, head: Head, table: SampleTable, request: Request, seed: int
    ) -> Classifier:
        """Build the model."""
        del request
        return Classifier(
            encoder,
            head,
            classes=table.classes,
            optimization=Optimization(
                self.optimizer,
                self.schedule,
                self.objective.label_smoothing,
                self.objective.weights(table.class_counts(table.rows("train"))),
            ),
            seed=seed,
        )

    def fit(self, model: Classifier, context: RunContext, request: Request) -> Outcome:
        """Train on the train split until the validation loss no longer falls."""
        stop = request.trainer.stop(self.optimizer.clip_norm)
        return Outcome(fit(model, classifier_loaders(model, context), stop, context))
