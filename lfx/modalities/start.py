"""What the training of a model starts from."""

from __future__ import annotations

from dataclasses import dataclass

from lfx.data.paraphrases import Paraphrases
from lfx.modalities.checkpoints import Resumption
from lfx.modalities.phase_1 import Phase1


@dataclass(frozen=True)
class Start:
    """What a model starts from, and which of a cross-validation's models it is.

    Attributes:
        resume: the checkpoint that training carries on from; None: it begins.
        phase_1: the checkpoint of phase 1 that phase 2 starts from.
        fold: whose samples the model does not see; None outside of cross-validation.
        split_fingerprint: names all folds.
        paraphrases: of training texts; None: none.
    """

    resume: Resumption | None = None
    phase_1: Phase1 | None = None
    fold: int | None = None
    split_fingerprint: str = ""
    paraphrases: Paraphrases | None = None
