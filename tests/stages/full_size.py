"""The paper's experiments at full size, cut down to two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import restore

if TYPE_CHECKING:
    from pathlib import Path

# Batches of 4 in the place of 16, for the sake of the tests' memory and time.
SHORT = [
    "data=demo",
    "data.source.pairs=100",
    "trainer.max_epochs=1",
    "trainer.limit_train_batches=2",
    "trainer.batch_size=4",
    "trainer.progress=false",
    "hydra.run.dir=run",
]


def size(run: Path) -> int:
    """Count the parameters of a run's encoder."""
    classifier = restore(read_checkpoint(run / "checkpoints/best.ckpt"))
    return sum(parameter.numel() for parameter in classifier.encoder.parameters())
