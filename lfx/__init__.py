"""lfx: late fusion experiments.

One model per modality, saved predictions, and the study of how to combine them. The public names
are imported when they are first asked for: every command line imports this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lfx.artifacts.parquet import read_predictions, write_predictions
    from lfx.artifacts.predictions import Predictions
    from lfx.data.reading import Source
    from lfx.evaluation.scores import Score
    from lfx.fusion.late_fusion import LateFusion
    from lfx.fusion.pools import Pool
    from lfx.fusion.schemes.scheme import Scheme
    from lfx.fusion.weights import Weights
    from lfx.modalities.encoder import Encoder, EncoderBuilder
    from lfx.modalities.modality import Modality
    from lfx.models.heads import Head

__version__ = "0.1.0"
__all__ = [
    "Encoder",
    "EncoderBuilder",
    "Head",
    "LateFusion",
    "Modality",
    "Pool",
    "Predictions",
    "Scheme",
    "Score",
    "Source",
    "Weights",
    "read_predictions",
    "write_predictions",
]

_MODULES = {
    "Encoder": "lfx.modalities.encoder",
    "EncoderBuilder": "lfx.modalities.encoder",
    "Head": "lfx.models.heads",
    "Modality": "lfx.modalities.modality",
    "LateFusion": "lfx.fusion.late_fusion",
    "Pool": "lfx.fusion.pools",
    "Predictions": "lfx.artifacts.predictions",
    "Scheme": "lfx.fusion.schemes.scheme",
    "Score": "lfx.evaluation.scores",
    "Source": "lfx.data.reading",
    "Weights": "lfx.fusion.weights",
    "read_predictions": "lfx.artifacts.parquet",
    "write_predictions": "lfx.artifacts.parquet",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'lfx' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
