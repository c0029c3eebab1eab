"""What a checkpoint may say of a pretrained encoder of audio: shapes, and numbers in bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.modalities.audio.pretrained_front_ends import (
    FilterBank,
    PretrainedFrontEnd,
    RawWaveform,
    WhisperSpectrogram,
)
from lfx.modalities.description import LARGEST_ARGUMENT, choice, require_fields
from lfx.modalities.transformers_shape import model_shape
from lfx.runtime.errors import WeightsError
from lfx.runtime.fields import Field, is_integer, is_list_of, is_number, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

# transformers' model types, by what they read.
WAVEFORM = (
    *("wav2vec2", "hubert", "wavlm", "data2vec-audio", "unispeech", "unispeech-sat"),
    "wav2vec2-conformer",
)
FILTER_BANK = ("audio-spectrogram-transformer",)
WHISPER = ("whisper",)
# What a configuration does not decide: masks that NumPy's generator would draw in training, which a
# resumed run would draw otherwise, and layers behind those whose vectors are read.
_DECIDED = {
    "apply_spec_augment": False,
    "mask_time_prob": 0.0,
    "mask_feature_prob": 0.0,
    "add_adapter": False,
}
_LONGEST = 300  # seconds
_MOST_BANDS = 1_024


def audio_shape(config: Mapping[str, Any]) -> dict[str, Any]:
    """Take from a transformers configuration what shapes the model, and leave out all else.

    Args:
        config: as transformers writes it, of an encoder of audio.

    Returns:
        `model_type`, and the fields that the type's own configuration declares.

    Raises:
        WeightsError: the type is unknown or reads no audio, or a value is no shape.
    """
    shape = model_shape(config, _require_reads_audio, "wav2vec2", "audio")
    return shape | {key: value for key, value in _DECIDED.items() if key in shape}


def check_audio_description(description: Mapping[str, Any]) -> PretrainedFrontEnd:
    """Check a description of a pretrained encoder, and return its front end.

    Raises:
        WeightsError: lists all fields of the wrong type or range.
    """
    require_fields(description, _DESCRIPTION)
    numbers = dict(description["front_end"])
    kind = numbers.pop("kind", None)
    require_fields({"kind": kind}, {"kind": choice(*_FRONT_ENDS)}, "front_end")
    build, fields = _FRONT_ENDS[kind]
    require_fields(numbers, fields, "front_end")
    front_end: PretrainedFrontEnd = build(**numbers)
    require_fit(front_end, audio_shape(description["config"]))
    return front_end


def require_fit(front_end: PretrainedFrontEnd, shape: Mapping[str, Any]) -> None:
    """Refuse a front end that computes something else than a model reads.

    Raises:
        WeightsError: says what each of them says.
    """
    kind = shape["model_type"]
    pairs: list[tuple[str, Any, Any]] = [("kind of input", input_of(kind), front_end.kind)]
    if kind in WAVEFORM:
        pairs.append(("shortest waveform", least_samples(shape), getattr(front_end, "least", None)))
    else:
        frames = getattr(front_end, "frames", None)
        pairs.append(
            ("number of bands", shape.get("num_mel_bins"), getattr(front_end, "bands", None))
        )
        if kind in FILTER_BANK:
            pairs.append(("length in frames", shape.get("max_length"), frames))
        else:
            positions = shape.get("max_source_positions")
            pairs.append(("length in frames", 2 * positions if positions else None, frames))
    wrong = [
        f"{what} of the model is {model}, of its feature extractor {extractor}"
        for what, model, extractor in pairs
        if model != extractor
    ]
    if wrong:
        raise WeightsError(f"they do not belong together: {'; '.join(wrong)}")


def input_of(model_type: str) -> str:
    """Return what a model type reads, as front ends are named."""
    if model_type in WAVEFORM:
        return "waveform"
    return "filter_bank" if model_type in FILTER_BANK else "whisper"


def least_samples(shape: Mapping[str, Any]) -> int:
    """Return how long a waveform has to be for a model's convolutions to give one frame.

    Args:
        shape: of a model that reads waveforms, with `conv_kernel` and `conv_stride`.

    Raises:
        WeightsError: these are no lists of one length, of integers above 0.

    Example:
        >>> least_samples({"conv_kernel": [10, 3, 3, 3, 3, 2, 2], "conv_stride": [5, *[2] * 6]})
        400
    """
    kernels: Any = shape.get("conv_kernel")
    strides: Any = shape.get("conv_stride")
    if not (_are_counts(kernels) and _are_counts(strides) and len(kernels) == len(strides)):
        raise WeightsError(
            f"config.conv_kernel and config.conv_stride are {shown(kernels)} and "
            f"{shown(strides)}, allowed: two lists of one length, of integers above 0"
        )
    samples = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        samples = (samples - 1) * stride + kernel
    return samples


def _require_reads_audio(name: str, kind: type) -> None:
    del kind
    known = (*WAVEFORM, *FILTER_BANK, *WHISPER)
    if name not in known:
        raise WeightsError(
            f"the model type {name} is no encoder of audio that lfx reads; allowed are "
            f"{', '.join(known)}"
        )


def _are_counts(value: Any) -> bool:
    return is_list_of(value, lambda one: is_integer(one, 1, LARGEST_ARGUMENT)) and len(value) > 0


def _integer(least: int, most: int) -> Field:
    return Field(f"an integer from {least} to {most}", lambda value: is_integer(value, least, most))


_NAMED = Field("named values", lambda value: isinstance(value, dict))
_DESCRIPTION = {
    "config": _NAMED,
    "front_end": _NAMED,
    "max_seconds": Field(
        f"a number above 0 up to {_LONGEST}", lambda value: is_number(value, 1e-3, _LONGEST)
    ),
}
RATE = _integer(1_000, 192_000)
BANDS, SAMPLES = _integer(1, _MOST_BANDS), _integer(1, LARGEST_ARGUMENT)
NUMBER = Field("a number", is_number)
SPREAD = Field("a number above 0", lambda value: is_number(value, 1e-9))
FLAG = Field("true or false", lambda value: isinstance(value, bool))
_FRONT_ENDS: dict[str, tuple[Any, dict[str, Field]]] = {
    "waveform": (
        RawWaveform,
        {"sampling_rate": RATE, "normalise": FLAG, "least": SAMPLES},
    ),
    "filter_bank": (
        FilterBank,
        {
            "sampling_rate": RATE,
            "bands": BANDS,
            "frames": SAMPLES,
            "mean": NUMBER,
            "spread": SPREAD,
        },
    ),
    "whisper": (
        WhisperSpectrogram,
        {"sampling_rate": RATE, "bands": BANDS, "size": SAMPLES, "hop": SAMPLES, "frames": SAMPLES},
    ),
}
