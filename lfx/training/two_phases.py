"""Training the encoder by contrast, then a classifier on it, frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from lfx.training.balanced import BalancedBatches
from lfx.training.batches import EpochBatches, EveryEpochAlike
from lfx.training.context import CLASSIFICATION, CONTRAST, Outcome, RunContext, Vectors
from lfx.training.embeddings import embedding_loaders, encode_augmented, encode_splits
from lfx.training.fit import Phase, Stop, fit
from lfx.training.loaders import Loaders, classifier_loaders, labels_of, make_loader

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

    from lfx.models.classifier import Batch
    from lfx.models.contrastive import Contrast, ContrastiveClassifier
    from lfx.training.regime import Request

PHASES = {"both": (CONTRAST, CLASSIFICATION), "1": (CONTRAST,), "2": (CLASSIFICATION,)}
_CONTRAST = Phase(CONTRAST, prefix="phase_1/", title="phase 1, ")
# An epoch over cached embeddings takes a fraction of a second.
_CLASSIFICATION = Phase(CLASSIFICATION, title="phase 2, ", pause=1.0)


def phase_problems(request: Request) -> list[str]:
    """Return what is impossible about the phases that are asked for, and where they start."""
    problems, phase = [], request.phase
    if phase not in PHASES:
        problems.append(f"phase is {', '.join(PHASES)}, got {phase}")
    if phase == "1" and request.cross_validates:
        problems.append("phase=1 alone predicts nothing, so there is nothing to cross-validate")
    if phase == "2" and not request.starts_from_phase_1:
        problems.append(
            "phase=2 needs the encoder of a phase 1: phase_1_ckpt=RUN/checkpoints/phase_1/best.ckpt"
        )
    if phase != "2" and request.starts_from_phase_1:
        problems.append(f"phase_1_ckpt is only read with phase=2, not with phase={phase}")
    return problems


@dataclass(frozen=True)
class Plan:
    """How the two phases run.

    Attributes:
        phases: which of them: 1, 2, or both in this order.
        contrast: when phase 1 ends.
        contrast_size: samples per batch of phase 1, at the most.
        samples_per_class: of each class in a batch of phase 1; None: batches without labels.
        classification: when phase 2 ends.
        classification_size: samples per batch of phase 2.
        n_views: how often the frozen encoder encodes each training sample before phase 2: as it is,
            then augmented; None: it runs in every epoch instead.
        diagnostics: whether embeddings are kept for a look at them.
    """

    phases: tuple[int, ...]
    contrast: Stop
    contrast_size: int
    samples_per_class: int | None
    classification: Stop
    classification_size: int
    n_views: int | None = 1
    diagnostics: bool = True


def fit_two_phases(model: ContrastiveClassifier, plan: Plan, context: RunContext) -> Outcome:
    """Train the encoder by contrast, then a classifier on the frozen encoder.

    Args:
        model: what is trained, in place: in phase 1 if the plan has one.
        plan: how.
        context: where; the phase that its checkpoints resume goes on.

    Returns:
        The best checkpoint, and the embeddings.
    """
    checkpoints = context.checkpoints
    begun = checkpoints.resumed_phase()
    if begun != CLASSIFICATION:  # what an earlier run left of it is of another encoder
        checkpoints.forget(CLASSIFICATION)
    embeddings: dict[str, Vectors] = {}
    if CONTRAST in plan.phases:
        if plan.diagnostics:
            embeddings["phase_1/before"] = encode_splits(model.encoder, context)
        if begun != CLASSIFICATION:
            _contrast(model, plan, context)
    checkpoints.load_encoder(model.encoder)
    if CLASSIFICATION not in plan.phases:
        if plan.diagnostics:
            embeddings["phase_1/after"] = encode_splits(model.encoder, context)
        return Outcome(None, embeddings)
    model.begin_classification()
    outcome = _classify(model, plan, context)
    if plan.diagnostics and CONTRAST in plan.phases:
        embeddings["phase_1/after"] = outcome.embeddings["phase_2/before"]
    return Outcome(outcome.best, embeddings | outcome.embeddings)


def _contrast(model: ContrastiveClassifier, plan: Plan, context: RunContext) -> None:
    if model.contrast is None:
        raise RuntimeError("phase 1 is over")
    loaders = Loaders(
        _contrast_loader(model, model.contrast, plan, context, "train"),
        _contrast_loader(model, model.contrast, plan, context, "val"),
    )
    fit(model, loaders, plan.contrast, context, _CONTRAST)


def _contrast_loader(
    model: ContrastiveClassifier, contrast: Contrast, plan: Plan, context: RunContext, split: str
) -> DataLoader[Batch]:
    is_trained, views = split == "train", contrast.views
    # Validation samples are augmented only where two views of one would be the same otherwise.
    seed = model.seed if is_trained or views > 1 else None
    rows = context.table.rows(split)
    inputs = context.inputs(rows, model.encoder, seed)
    labels = labels_of(context.table, rows)
    sampler: EpochBatches | BalancedBatches | EveryEpochAlike
    if plan.samples_per_class is None or len(set(labels)) == 1:
        sampler = EpochBatches(plan.contrast_size, inputs.lengths, seed=model.seed)
    else:
        sampler = BalancedBatches(
            labels, plan.samples_per_class, plan.contrast_size, inputs.lengths, seed=model.seed
        )
    if not is_trained:
        sampler = EveryEpochAlike(sampler, augmented_as=0 if views > 1 else None)
    return make_loader(inputs, labels, sampler, context.compute, views)


def _classify(model: ContrastiveClassifier, plan: Plan, context: RunContext) -> Outcome:
    compute = replace(context.compute, batch_size=plan.classification_size)
    within = replace(context, compute=compute)
    vectors = None
    if plan.diagnostics or plan.n_views is not None:
        vectors = encode_splits(model.encoder, context)
    if plan.n_views is None or vectors is None:
        loaders = classifier_loaders(model, within)
    else:
        augmented = encode_augmented(model, context, plan.n_views - 1)
        loaders = embedding_loaders(vectors, augmented, model.seed, within)
    best = fit(model, loaders, plan.classification, within, _CLASSIFICATION)
    outcome = Outcome(best)
    if plan.diagnostics and vectors is not None:
        outcome.embeddings |= {
            "phase_2/before": vectors,
            "phase_2/after": _logits(model, context, vectors),
        }
    return outcome


def _logits(model: ContrastiveClassifier, context: RunContext, vectors: Vectors) -> Vectors:
    model.load_state_dict(dict(context.checkpoints.best_weights(CLASSIFICATION)))
    model.eval()
    with torch.inference_mode():
        parts = [
            model({"embedding": torch.from_numpy(part).to(model.device)}).cpu().numpy()
            for part in (vectors.train, vectors.val)
        ]
    return Vectors(*parts)
