"""Let a trained model predict, or its encoder encode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl

from lfx.modalities.compute import make_trainer, quietly
from lfx.modalities.loaders import ordered_loader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor
    from torch.utils.data import DataLoader

    from lfx.data.samples import SampleTable
    from lfx.encoders.encoder import Encoder
    from lfx.modalities.classifier import Batch, Classifier
    from lfx.modalities.compute import Compute


def predict(
    classifier: Classifier,
    table: SampleTable,
    rows: Sequence[int],
    compute: Compute,
    *,
    run: Path,
    cache_dir: Path,
) -> npt.NDArray[np.float32]:
    """Give logits (rows, classes) of some rows of the table, in their order."""
    loader = ordered_loader(classifier, table, rows, compute, cache_dir)
    return _apply(classifier, loader, compute, run, (len(rows), len(classifier.classes)))


def embed(
    encoder: Encoder, loader: DataLoader[Batch], samples: int, compute: Compute, *, run: Path
) -> npt.NDArray[np.float32]:
    """Give an encoder's features (samples, features) of all samples of a loader."""
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
    trainer = make_trainer(compute, run, logger=False, callbacks=[])
    module.eval()
    result = np.empty(shape, dtype=np.float32)
    for positions, batch in quietly(trainer.predict, module, loader):
        result[positions.cpu().numpy()] = batch.float().cpu().numpy()
    return result
