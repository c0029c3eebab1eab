"""Training in two phases: the encoder by contrast, then a classifier on it, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lfx.models.classifier import Optimization
from lfx.models.contrastive import Contrast, ContrastiveClassifier, Projection, check_contrast
from lfx.models.optimization import AdamW, Objective, Optimizer, Schedule
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Count, NotNegative
from lfx.training.fit import Stop
from lfx.training.regime import Regime, Request
from lfx.training.two_phases import PHASES, Plan, fit_two_phases, phase_problems

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable
    from lfx.losses.loss import Loss
    from lfx.modalities.encoder import Encoder
    from lfx.models.classifier import Classifier
    from lfx.models.heads import Head
    from lfx.training.context import Outcome, RunContext


@checked
@dataclass(frozen=True, kw_only=True)
class ContrastPhase:
    """Phase 1: encoder and projection, by `loss`.

    Args:
        max_epochs: Most epochs.
        patience: Epochs without a better validation loss before the phase stops.
        min_delta: By how much the validation loss must fall to count as better.
        batch_size: Samples per step.
        optimizer: How weights are stepped; the projection is the head.
        schedule: The learning rate over time.
        balanced: Whether each batch has the same number of samples of every class. Never with a
            loss that uses no labels.
        samples_per_class: Samples of each class in a batch; null: as many as there is room for.
        views: How often each sample is in its batch, each time augmented anew; null: as the loss
            needs.

    Raises:
        ConfigError: a batch would hold fewer than two classes.
    """

    max_epochs: Count = 10
    patience: Count = 3
    min_delta: NotNegative = 1e-4
    batch_size: Count = 32
    optimizer: Optimizer = AdamW()
    schedule: Schedule = Schedule()
    balanced: bool = True
    samples_per_class: Count | None = None
    views: Count | None = None

    def __post_init__(self) -> None:
        """Refuse batches in which there is nothing to contrast."""
        if self.samples_per_class is None:
            return
        problems = []
        if not self.balanced:
            problems.append(
                "training.phase_1.samples_per_class is only read with "
                "training.phase_1.balanced=true"
            )
        least = 2 * self.samples_per_class
        if self.batch_size < least:
            problems.append(
                f"training.phase_1.batch_size={self.batch_size} with {self.samples_per_class} "
                "samples per class holds fewer than two classes, and there is nothing to contrast; "
                f"allowed is {least} at the least"
            )
        if problems:
            raise ConfigError("\n".join(problems))


@checked
@dataclass(frozen=True, kw_only=True)
class ClassificationPhase:
    """Phase 2: the head on the frozen encoder, by cross-entropy.

    Args:
        max_epochs: Most epochs.
        patience: Epochs without a better validation loss before the phase stops.
        min_delta: By how much the validation loss must fall to count as better.
        batch_size: Samples per step.
        optimizer: How weights are stepped.
        schedule: The learning rate over time.
        objective: The cross-entropy.
        n_views: The frozen encoder encodes each sample this often and never again: once as it is,
            then augmented; epochs take turns. null: no such cache; it runs in every epoch,
            augmenting anew.
    """

    max_epochs: Count = 100
    patience: Count = 10
    min_delta: NotNegative = 1e-4
    batch_size: Count = 64
    optimizer: Optimizer = AdamW()
    schedule: Schedule = Schedule()
    objective: Objective = Objective()
    n_views: Count | None = 1


@checked
@dataclass(frozen=True, kw_only=True)
class Diagnostics:
    """How the embeddings are looked at, before and after each phase.

    Args:
        enabled: Whether they are; it costs one pass of the untrained encoder over train and
            validation.
        neighbours: Neighbours in the training split that vote on a validation sample.
        picture: How the picture gets to two dimensions; none: no picture.
    """

    enabled: bool = True
    neighbours: Count = 20
    picture: Literal["pca", "tsne", "none"] = "pca"


@checked
@dataclass(frozen=True, kw_only=True)
class Contrastive(Regime):
    """An encoder that is trained by contrast, frozen, and classified upon (the paper, IV.C).

    Args:
        projection: Between encoder and loss in phase 1; removed after it.
        phase_1: The encoder, by contrast.
        phase_2: The classifier on the frozen encoder.
        diagnostics: How the embeddings are looked at.
    """

    projection: Projection = Projection()
    phase_1: ContrastPhase = ContrastPhase()
    phase_2: ClassificationPhase = ClassificationPhase()
    diagnostics: Diagnostics = Diagnostics()

    def problems(self, request: Request) -> list[str]:
        """Return what is impossible about a loss, the phases, and where they start."""
        problems, phase = [], request.phase
        if request.loss is None:
            problems.append("training=contrastive needs a loss; `--help` lists them: loss=npair")
        problems += phase_problems(request)
        if phase != "2" and request.trainable == "nothing":
            problems.append(
                "phase 1 trains the encoder; encoder.trainable=nothing leaves it nothing to train"
            )
        if request.loss is not None and phase != "2":
            first = self.phase_1
            problems += check_contrast(
                request.loss, first.batch_size, first.samples_per_class, self._views(request.loss)
            )
        return problems

    def build(
        self, encoder: Encoder, head: Head, table: SampleTable, request: Request, seed: int
    ) -> Classifier:
        """Build the model, in phase 1 if the request has one."""
        contrast = None
        if request.phase != "2" and request.loss is not None:
            optimization = Optimization(self.phase_1.optimizer, self.phase_1.schedule)
            contrast = Contrast(
                request.loss, self._views(request.loss), self.projection, optimization
            )
        objective = self.phase_2.objective
        return ContrastiveClassifier(
            encoder,
            head,
            classes=table.classes,
            optimization=Optimization(
                self.phase_2.optimizer,
                self.phase_2.schedule,
                objective.label_smoothing,
                objective.weights(table.class_counts(table.rows("train"))),
            ),
            contrast=contrast,
            seed=seed,
        )

    def fit(self, model: Classifier, context: RunContext, request: Request) -> Outcome:
        """Train the phases that the request has."""
        if not isinstance(model, ContrastiveClassifier):
            raise TypeError(f"{type(model).__name__} is not a ContrastiveClassifier")
        return fit_two_phases(model, self._plan(context.table, request), context)

    def _plan(self, table: SampleTable, request: Request) -> Plan:
        first, second, loss = self.phase_1, self.phase_2, request.loss
        classes = sum(count > 0 for count in table.class_counts(table.rows("train")))
        per_class = first.samples_per_class
        if per_class is None:
            mates = 1 if loss is not None and self._views(loss) > 1 else 2
            per_class = max(mates, first.batch_size // classes)
        is_balanced = first.balanced and loss is not None and loss.uses_labels
        return Plan(
            phases=PHASES[request.phase],
            contrast=_stop(first),
            contrast_size=first.batch_size,
            samples_per_class=per_class if is_balanced else None,
            classification=_stop(second),
            classification_size=second.batch_size,
            n_views=second.n_views,
            diagnostics=self.diagnostics.enabled,
        )

    def _views(self, loss: Loss) -> int:
        return loss.views if self.phase_1.views is None else self.phase_1.views


def _stop(phase: ContrastPhase | ClassificationPhase) -> Stop:
    return Stop(phase.max_epochs, phase.patience, phase.min_delta, phase.optimizer.clip_norm)
