"""Frozen parts of a joint encoder: each runs over all samples once, not in every epoch."""

from __future__ import annotations

import logging
import tempfile
import time
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from lfx.data.samples import UNLABELLED
from lfx.modalities.joint.batch import JointCollate, PartInputs
from lfx.modalities.joint.encoded import EncodedCollate, EncodedRows
from lfx.modalities.joint.encoder import JointEncoder
from lfx.modalities.joint.modality import JointModality
from lfx.runtime.progress import Steps, within
from lfx.training.batches import Batches, EpochBatches
from lfx.training.callbacks import CountPredicted
from lfx.training.compute import make_trainer, quietly

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.modalities.encoder import Encoder
    from lfx.modalities.modality import Inputs
    from lfx.models.classifier import Batch
    from lfx.training.compute import Compute
    from lfx.training.context import RunContext

log = logging.getLogger(__name__)


def frozen_parts(encoder: Encoder, context: RunContext) -> list[str]:
    """Return the parts of a joint encoder whose output for a sample never changes in training.

    A part is frozen if it has weights and none of them is trained, and nothing augments what it
    reads.

    Args:
        encoder: joint, or any other, which has no such parts.
        context: whose modality reads the parts.
    """
    modality = context.modality
    if not (isinstance(encoder, JointEncoder) and isinstance(modality, JointModality)):
        return []
    return [
        name
        for name in encoder.names
        if _is_frozen(encoder.part(name)) and not modality.parts[name].augments
    ]


def _is_frozen(encoder: Encoder) -> bool:
    weights = list(encoder.parameters())
    return bool(weights) and not any(one.requires_grad for one in weights)


def encode_frozen(encoder: Encoder, inputs: Inputs, context: RunContext) -> Inputs:
    """Run the frozen parts of a joint encoder over all samples; batches then hold what they gave.

    Args:
        encoder: joint, or any other, for which nothing changes.
        inputs: of a split.
        context: on what it runs; vectors of tokens lie in a file in its run's folder, which has no
            name and is gone with the process.
    """
    collate = inputs.collate
    names = frozen_parts(encoder, context)
    if not (isinstance(collate, JointCollate) and isinstance(encoder, JointEncoder)):
        return inputs
    for name in names:
        part = collate.parts[name]
        if len(part.inputs.lengths):
            module = _PartEncoder(encoder.part(name), tokens=encoder.fusion.reads_tokens)
            start = time.perf_counter()
            rows = module.encode(part, context.compute, context.run)
            collate = collate.reading(name, EncodedCollate(rows))
            log.info(
                "%s is frozen: its encoder ran once over %d samples (%.1f s), and never again",
                *(name, len(rows.features), time.perf_counter() - start),
            )
    return replace(inputs, collate=collate)


class _PartEncoder(pl.LightningModule):
    """Keeps what an encoder gives, batch by batch.

    Args:
        encoder: a frozen one.
        tokens: whether vectors of tokens are kept too.
    """

    def __init__(self, encoder: Encoder, *, tokens: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.reads_tokens = tokens
        self.positions: list[Tensor] = []
        self.features: list[Tensor] = []
        self.counts: list[Tensor] = []
        self.stored: IO[bytes] | None = None
        self.kind, self.width = torch.float32, 0

    def encode(self, part: PartInputs, compute: Compute, run: Path) -> EncodedRows:
        """Encode all samples that have a part."""
        lengths = part.inputs.lengths
        sampler = EpochBatches(2 * compute.batch_size, lengths, seed=None)
        # Nothing is augmented: worker processes would only be in the way.
        batches = Batches([UNLABELLED] * len(lengths), part.inputs.collate)
        loader = DataLoader(batches, sampler=sampler, batch_size=None)
        self.eval()
        steps = Steps("encoding with frozen parts", len(loader), is_all=False)
        with tempfile.TemporaryFile(dir=run) as stored, within(steps) as done:
            trainer = make_trainer(compute, run, logger=False, callbacks=[CountPredicted(done)])
            self.stored = stored
            quietly(trainer.predict, self, loader, return_predictions=False)
            self.stored = None
            tokens = self._mapped(stored) if self.reads_tokens else None
        back = torch.cat(self.positions).argsort()
        counts = torch.cat(self.counts) if self.counts else torch.zeros(len(back))
        first = counts.cumsum(0) - counts
        return EncodedRows(
            torch.cat(self.features)[back], tokens, first[back].long(), counts[back].long()
        )

    def predict_step(self, batch: Batch, _index: int) -> Tensor:
        """Encode a batch; its positions, which Lightning wants returned, are not collected."""
        self.positions.append(batch["position"].cpu())
        if not self.reads_tokens:
            self.features.append(self.encoder(batch).cpu())
            return batch["position"]
        features, tokens, mask = self.encoder.encode(batch)
        self.features.append(features.cpu())
        self.counts.append(mask.sum(dim=1).cpu())
        kept = tokens[mask].cpu()
        self.kind, self.width = kept.dtype, kept.shape[1]
        if self.stored is not None:
            self.stored.write(_as_numbers(kept).tobytes())
        return batch["position"]

    def _mapped(self, stored: IO[bytes]) -> Tensor:
        """Map the tokens that are stored; what is read of them stays in memory while there is."""
        stored.flush()
        shape = (int(torch.cat(self.counts).sum()), self.width)
        kind = _as_numbers(torch.zeros(0, dtype=self.kind)).dtype
        # Copied where it is written to, which nobody does: PyTorch asks for writable memory.
        mapped = np.memmap(stored, kind, mode="c", shape=shape)
        return torch.from_numpy(mapped).view(self.kind)


def _as_numbers(tensor: Tensor) -> np.ndarray:
    """Return a tensor as an array; NumPy has no bfloat16, whose bits become integers."""
    bits = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
    return bits.numpy()
