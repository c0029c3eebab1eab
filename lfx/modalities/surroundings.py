"""Where training happens, and what it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pytorch_lightning.loggers import Logger

from lfx.data.samples import SampleTable
from lfx.modalities.compute import Compute


@dataclass(frozen=True)
class Surroundings:
    """Where a run happens.

    Attributes:
        table: the samples, with the splits train and val.
        compute: on what it runs.
        run: the run's folder.
        cache_dir: where decoded data are kept.
        augmentation: random changes of training samples; None: none.
        logger: where metrics go; None: nowhere.
    """

    table: SampleTable
    compute: Compute
    run: Path
    cache_dir: Path
    augmentation: Mapping[str, Any] | None = None
    logger: Logger | None = None


@dataclass(frozen=True)
class Vectors:
    """What the model made of the samples at some moment.

    Attributes:
        train: (training samples, width) float32.
        val: (validation samples, width) float32.
    """

    train: npt.NDArray[np.float32]
    val: npt.NDArray[np.float32]


@dataclass
class Outcome:
    """What training led to.

    Attributes:
        best: the checkpoint with the least validation loss; None where there is no classifier yet.
        moments: of a modality with two phases, what the model made of the samples:
            `phase_1/before` and `phase_1/after` are the encoder's features, `phase_2/before` is
            what the classifier reads and `phase_2/after` its logits.
    """

    best: Path | None = None
    moments: dict[str, Vectors] = field(default_factory=dict)
