"""Predicting with a trained model, and encoding with its encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl

from lfx.runtime.progress import Steps, within
from lfx.training.callbacks import CountPredicted
from lfx.training.compute import make_trainer, quietly
from lfx.training.loaders import ordered_loader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor
    from torch.utils.data import DataLoader

    from lfx.modalities.encoder import Encoder
    from lfx.models.classifier import Batch, Classifier
    from lfx.training.compute import Compute
    from lfx.training.context import RunContext


def predict(
    classifier: Classifier, rows: Sequence[int], context: RunContext
) -> npt.NDArray[np.float32]:
    """Return logits (rows, classes) of some rows of the context's table, in their order."""
    loader = ordered_loader(classifier.encoder, rows, context)
    shape = (len(rows), len(classifier.classes))
    return _apply(classifier, loader, context.compute, context.run, shape)


def embed(
    encoder: Encoder, loader: DataLoader[Batch], samples: int, compute: Compute, *, run: Path
) -> npt.NDArray[np.float32]:
    """Return an encoder's features (samples, features) of all samples of a loader."""
    return _apply(_Embedder(encoder), loader, compute, run, (samples, encoder.features))


class _Embedder(pl.LightningModule):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def predict_step(self, batch: Batch, _index: int) -> tuple[Tensor, Tensor]:
        return batch["position"], self.encoder(batch)


def _apply(
    module: pl.LightningModule,
    loader: DataLoader[Batch],
    compute: Compute,
    run: Path,
    shape: tuple[int, int],
) -> npt.NDArray[np.float32]:
    """Collect what a module gives for each position."""
    module.eval()
    result = np.empty(shape, dtype=np.float32)
    with within(Steps("predicting", len(loader), is_all=False)) as batches:
        trainer = make_trainer(compute, run, logger=False, callbacks=[CountPredicted(batches)])
        predicted = quietly(trainer.predict, module, loader)
    for positions, batch in predicted:
        result[positions.cpu().numpy()] = batch.float().cpu().numpy()
    return result
