"""Train a contrastive modality: the encoder by contrast, then a classifier on it, frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from lfx.data.balanced import BalancedBatches
from lfx.data.batches import EpochBatches, EveryEpochAlike
from lfx.data.inputs import EmbeddingInputs
from lfx.modalities.checkpoints import BEST, FOLDER, LAST, PHASE_1, read_checkpoint
from lfx.modalities.classifier import Inputs
from lfx.modalities.contrastive import CLASSIFICATION, CONTRAST
from lfx.modalities.encoding import encode_augmented, encode_splits
from lfx.modalities.loaders import Loaders, classifier_loaders, labels_of, make_loader
from lfx.modalities.phase_1 import load_encoder
from lfx.modalities.run_files import require_own
from lfx.modalities.surroundings import Outcome, Surroundings, Vectors
from lfx.modalities.training import Phase, Training, fit_loaders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    from torch import Tensor
    from torch.utils.data import DataLoader

    from lfx.modalities.classifier import Batch
    from lfx.modalities.compute import Compute
    from lfx.modalities.contrastive import Contrast, ContrastiveClassifier
    from lfx.modalities.resumption import Resumption

_CONTRAST = Phase(PHASE_1, prefix="phase_1/", title="phase 1, ")
# An epoch over cached embeddings takes a fraction of a second.
_CLASSIFICATION = Phase(FOLDER, title="phase 2, ", pause=1.0)


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
    contrast: Training
    contrast_size: int
    samples_per_class: int | None
    classification: Training
    classification_size: int
    n_views: int | None = 1
    diagnostics: bool = True


def fit_two_phases(
    model: ContrastiveClassifier,
    plan: Plan,
    around: Surroundings,
    resume: Resumption | None = None,
) -> Outcome:
    """Train the encoder by contrast, then a classifier on the frozen encoder.

    Args:
        model: what is trained, in place: in phase 1 if the plan has one.
        plan: how.
        around: where.
        resume: what to carry on from; the phase that it is of goes on.

    Returns:
        Where the best model is, and what became of the embeddings.
    """
    begun = None if resume is None else resume.phase
    file = None if resume is None else resume.file
    if begun != CLASSIFICATION:
        _forget_classification(around.run)
    moments: dict[str, Vectors] = {}
    if CONTRAST in plan.phases:
        if plan.diagnostics:
            moments["phase_1/before"] = encode_splits(model, around)
        if begun != CLASSIFICATION:
            _contrast(model, plan, around, file)
    load_encoder(model, around.run / PHASE_1 / BEST)
    if CLASSIFICATION not in plan.phases:
        if plan.diagnostics:
            moments["phase_1/after"] = encode_splits(model, around)
        return Outcome(None, moments)
    model.begin_classification()
    outcome = _classify(model, plan, around, file if begun == CLASSIFICATION else None)
    if plan.diagnostics and CONTRAST in plan.phases:
        moments["phase_1/after"] = outcome.moments["phase_2/before"]
    return Outcome(outcome.best, moments | outcome.moments)


def _forget_classification(run: Path) -> None:
    """Remove what an earlier run in this folder left of phase 2: it is of another encoder."""
    require_own(run)
    for name in (BEST, LAST):
        (run / FOLDER / name).unlink(missing_ok=True)


def _contrast(
    model: ContrastiveClassifier, plan: Plan, around: Surroundings, resume: Path | None
) -> None:
    if model.contrast is None:
        raise RuntimeError("phase 1 is over")
    loaders = Loaders(
        _contrast_loader(model, model.contrast, plan, around, "train"),
        _contrast_loader(model, model.contrast, plan, around, "val"),
    )
    fit_loaders(model, loaders, plan.contrast, around, _CONTRAST, resume)


def _contrast_loader(
    model: ContrastiveClassifier, contrast: Contrast, plan: Plan, around: Surroundings, split: str
) -> DataLoader[Batch]:
    trained, views = split == "train", contrast.views
    # Validation samples are augmented only where two views of one would be the same otherwise.
    augmentation = around.augmentation if trained or views > 1 else None
    rows = around.table.rows(split)
    inputs = model.inputs(around.table, rows, around.cache_dir, augmentation)
    labels = labels_of(around.table, rows)
    sampler: EpochBatches | BalancedBatches | EveryEpochAlike
    if plan.samples_per_class is None or len(set(labels)) == 1:
        sampler = EpochBatches(plan.contrast_size, inputs.lengths, seed=model.seed)
    else:
        sampler = BalancedBatches(
            labels, plan.samples_per_class, plan.contrast_size, inputs.lengths, seed=model.seed
        )
    if not trained:
        sampler = EveryEpochAlike(sampler, augmented_as=0 if views > 1 else None)
    return make_loader(inputs, labels, sampler, around.compute, views)


def _classify(
    model: ContrastiveClassifier, plan: Plan, around: Surroundings, resume: Path | None
) -> Outcome:
    within = replace(around, compute=replace(around.compute, batch_size=plan.classification_size))
    vectors = None
    if plan.diagnostics or plan.n_views is not None:
        vectors = encode_splits(model, around)
    if plan.n_views is None or vectors is None:
        loaders = classifier_loaders(model, within)
    else:
        augmented = encode_augmented(model, around, plan.n_views - 1)
        loaders = _embedding_loaders(vectors, augmented, model.seed, within)
    best = fit_loaders(model, loaders, plan.classification, within, _CLASSIFICATION, resume)
    outcome = Outcome(best)
    if plan.diagnostics and vectors is not None:
        outcome.moments |= {
            "phase_2/before": vectors,
            "phase_2/after": _logits(model, best, vectors),
        }
    return outcome


def _embedding_loaders(
    vectors: Vectors, augmented: Sequence[npt.NDArray[np.float32]], seed: int, around: Surroundings
) -> Loaders:
    table = around.table
    train = torch.from_numpy(np.stack([vectors.train, *augmented]))
    val = torch.from_numpy(vectors.val[None])
    return Loaders(
        _embedding_loader(train, labels_of(table, table.rows("train")), around.compute, seed),
        _embedding_loader(val, labels_of(table, table.rows("val")), around.compute, None),
    )


def _embedding_loader(
    embeddings: Tensor, labels: Sequence[int], compute: Compute, seed: int | None
) -> DataLoader[Batch]:
    lengths = [1] * len(labels)
    size = compute.batch_size if seed is not None else 2 * compute.batch_size
    # Rows of an array in memory: worker processes would only be in the way.
    return make_loader(
        Inputs(EmbeddingInputs(embeddings), lengths),
        labels,
        EpochBatches(size, lengths, seed=seed),
        replace(compute, workers=0),
    )


def _logits(model: ContrastiveClassifier, best: Path, vectors: Vectors) -> Vectors:
    model.load_state_dict(read_checkpoint(best).weights)
    model.eval()
    with torch.inference_mode():
        parts = [
            model({"embedding": torch.from_numpy(part).to(model.device)}).cpu().numpy()
            for part in (vectors.train, vectors.val)
        ]
    return Vectors(*parts)
