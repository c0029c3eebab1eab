"""How a pretrained model wants its audio: plain numbers of its feature extractor's settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lfx.modalities.audio.description import (
    BANDS,
    FILTER_BANK,
    FLAG,
    NUMBER,
    RATE,
    SAMPLES,
    SPREAD,
    WAVEFORM,
    least_samples,
)
from lfx.modalities.audio.pretrained_front_ends import (
    FilterBank,
    PretrainedFrontEnd,
    RawWaveform,
    WhisperSpectrogram,
)
from lfx.runtime.errors import WeightsError, in_one_line
from lfx.runtime.fields import Field, field_problems, list_problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# As a feature extractor is saved alone, and as a part of a processor.
_ALONE, _IN_PROCESSOR = "preprocessor_config.json", "processor_config.json"
_MOST_BYTES = 2**22  # older ones of Whisper hold its filters
# Kaldi's filter banks have frames of 25 ms, which transformers counts in samples of this rate.
_KALDI_RATE = 16_000


def read_front_end(folder: Path, shape: Mapping[str, Any]) -> PretrainedFrontEnd:
    """Read how a model wants its audio.

    Args:
        folder: of the model; no class that it names is imported.
        shape: of the model.

    Raises:
        WeightsError: there are no such settings, or they are not of the model.
    """
    settings = _read_settings(folder)
    kind = shape["model_type"]
    fields = _WAVEFORM if kind in WAVEFORM else _BANK if kind in FILTER_BANK else _WHISPER
    problems = field_problems(settings, fields)
    if problems:
        raise WeightsError(
            f"the settings of its feature extractor are not allowed:{list_problems(problems)}"
        )
    rate, normalise = settings["sampling_rate"], settings.get("do_normalize", True)
    if kind in WAVEFORM:
        return RawWaveform(rate, normalise, least_samples(shape))
    if kind in FILTER_BANK:
        return FilterBank(
            rate,
            bands=settings["num_mel_bins"],
            frames=settings["max_length"],
            mean=float(settings["mean"]) if normalise else 0.0,
            spread=float(settings["std"]) if normalise else 0.5,
        )
    return WhisperSpectrogram(
        rate,
        bands=settings["feature_size"],
        size=settings["n_fft"],
        hop=settings["hop_length"],
        frames=settings["chunk_length"] * rate // settings["hop_length"],
    )


def _read_settings(folder: Path) -> dict[str, Any]:
    for name in (_ALONE, _IN_PROCESSOR):
        file = folder / name
        if not file.is_file():
            continue
        try:
            with file.open("rb") as stream:
                content = json.loads(stream.read(_MOST_BYTES))
            settings = content["feature_extractor"] if name == _IN_PROCESSOR else content
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise WeightsError(
                f"{name} holds no settings of a feature extractor: {in_one_line(error)}"
            ) from error
        if isinstance(settings, dict):
            return settings
    raise WeightsError(
        f"there is no {_ALONE}, which says how the model wants its audio, such as at which "
        "sampling rate; copy it from the model that this one was trained from"
    )


def _only(value: Any, field: Field, what: str) -> Field:
    """Return a field that may be missing or has this value; lfx computes nothing else."""
    return Field(what, lambda given: field.fits(given) and given == value, required=False)


_ZERO = _only(0.0, NUMBER, "0, by which lfx pads")
_WAVEFORM = {
    "sampling_rate": RATE,
    "do_normalize": Field(FLAG.what, FLAG.fits, required=False),
    "padding_value": _ZERO,
    "feature_size": _only(1, BANDS, "1, a waveform"),
}
_BANK = {
    "sampling_rate": Field(
        f"{_KALDI_RATE}, by which frames are counted", lambda value: value == _KALDI_RATE
    ),
    "num_mel_bins": BANDS,
    "max_length": SAMPLES,
    "mean": NUMBER,
    "std": SPREAD,
    "do_normalize": Field(FLAG.what, FLAG.fits, required=False),
}
_WHISPER = {
    "sampling_rate": Field(
        f"{_KALDI_RATE} or more, whose half the bands reach",
        lambda value: RATE.fits(value) and value >= _KALDI_RATE,
    ),
    "feature_size": BANDS,
    "n_fft": SAMPLES,
    "hop_length": SAMPLES,
    "chunk_length": Field("an integer from 1 to 300", lambda value: value in range(1, 301)),
    "padding_value": _ZERO,
    "dither": _only(0.0, NUMBER, "0: lfx adds no noise"),
}
