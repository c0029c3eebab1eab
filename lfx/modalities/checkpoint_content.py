"""What a checkpoint of lfx holds, in one place: what is written, and what is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from lfx.data.split_names import DIVISION, OOF
from lfx.modalities.optimization import DECAYS, Optimization
from lfx.modalities.tensors import tensor_problems
from lfx.runtime.colour import is_colour
from lfx.runtime.fields import (
    Field,
    are_class_names,
    field_problems,
    is_integer,
    is_list_of,
    is_number,
    is_plain,
    is_text,
)

SPLITS = (*DIVISION, OOF)
_TEXT = Field("a string", is_text)
_SEED = Field("an integer", is_integer)


@dataclass(frozen=True)
class Provenance:
    """What a training run notes of itself.

    Attributes:
        name: what the run called itself.
        seed: of everything random.
        settings: those that shape the result.
        config_hash: of the same.
        data_fingerprint: of the data.
        split_fingerprint: of their split.
        splits: id of a sample → its split, or None.
        paraphrases: their fingerprint; None where there are none.
        background: what transparent pixels lay on; None in checkpoints of older versions.
    """

    name: str
    seed: int
    settings: Mapping[str, Any]
    config_hash: str
    data_fingerprint: str
    split_fingerprint: str
    splits: Mapping[str, str | None]
    paraphrases: str | None = None
    background: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return the same as plain values, for a checkpoint."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class ClassifierSettings:
    """The constructor's plain arguments of a classifier.

    Attributes:
        classes: class names in order.
        dropout: before the head, 0..1.
        optimization: how it was optimised.
        options: further arguments of the class, such as `l2`.
    """

    classes: tuple[str, ...]
    dropout: float
    optimization: Optimization
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of lfx whose fields have the right types.

    Attributes:
        file: where it was read.
        module: dotted path of the classifier's class.
        encoder: the encoder's description, which its modality checks.
        classifier: the classifier's arguments.
        provenance: what its run noted of itself.
        weights: name → tensor.
        phase: of a modality with two phases, which of them it is of; None where there is one.
        progress: what Lightning stored to resume from; None where the file holds weights only.
    """

    file: Path
    module: str
    encoder: Mapping[str, Any]
    classifier: ClassifierSettings
    provenance: Provenance
    weights: Mapping[str, Tensor]
    phase: int | None = None
    progress: Mapping[str, Any] | None = None


def describe(
    module: str,
    encoder: Mapping[str, Any],
    classifier: ClassifierSettings,
    provenance: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what a checkpoint holds under the key `lfx`, in plain values."""
    return {
        "module": module,
        "encoder": encoder,
        "classifier": {
            "classes": list(classifier.classes),
            "dropout": classifier.dropout,
            "optimization": asdict(classifier.optimization),
            **classifier.options,
        },
        "provenance": provenance,
    }


def parse(file: Path, content: Mapping[str, Any]) -> tuple[Checkpoint | None, list[str]]:
    """Check a checkpoint's fields.

    Args:
        file: where it was read.
        content: as `torch.load` gives it; it has the key `lfx`.

    Returns:
        The checkpoint, and no problems; or None, and all problems.
    """
    record = content["lfx"]
    if not is_plain(record):
        return None, ["lfx is no record of plain values, 32 levels deep at the most"]
    problems = field_problems(record, _RECORD, "lfx") + _weights_problems(content)
    if not isinstance(record, Mapping):
        return None, problems
    for key, own in (("classifier", _CLASSIFIER), ("provenance", _PROVENANCE)):
        if isinstance(record.get(key), Mapping):
            problems += field_problems(record[key], own, f"lfx.{key}")
    classifier = record.get("classifier")
    if isinstance(classifier, Mapping) and isinstance(classifier.get("optimization"), Mapping):
        problems += field_problems(
            classifier["optimization"], _OPTIMIZATION, "lfx.classifier.optimization"
        )
    if problems:
        return None, problems
    problems = _weight_count_problems(record["classifier"])
    if problems:
        return None, problems
    provenance = {field.name for field in fields(Provenance)} & set(record["provenance"])
    return Checkpoint(
        file=file,
        module=record["module"],
        encoder=record["encoder"],
        classifier=_classifier_of(record["classifier"]),
        provenance=Provenance(**{key: record["provenance"][key] for key in provenance}),
        weights=content["state_dict"],
        phase=record.get("phase"),
        progress=content if "optimizer_states" in content else None,
    ), []


def _classifier_of(record: Mapping[str, Any]) -> ClassifierSettings:
    rates = {field.name: record["optimization"][field.name] for field in fields(Optimization)}
    options = {key: record[key] for key in _OPTIONS if key in record}
    return ClassifierSettings(
        tuple(record["classes"]), record["dropout"], Optimization(**rates), options
    )


def _weights_problems(content: Mapping[str, Any]) -> list[str]:
    weights = content.get("state_dict")
    if not isinstance(weights, Mapping) or not weights:
        return ["it holds no weights under state_dict"]
    return tensor_problems(weights)


def _weight_count_problems(classifier: Mapping[str, Any]) -> list[str]:
    weights, classes = classifier.get("class_weights"), len(classifier["classes"])
    if weights is None or len(weights) == classes:
        return []
    return [f"lfx.classifier.class_weights are {len(weights)}, allowed: {classes}, one a class"]


def _are_settings(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _are_splits(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and (split is None or split in SPLITS) for key, split in value.items()
    )


_RATE = Field("a number of 0 or more", lambda value: is_number(value, 0))
_SHARE = Field("a number in 0..1", lambda value: is_number(value, 0, 1))
_RECORD = {
    "module": _TEXT,
    "encoder": Field("named values", _are_settings),
    "classifier": Field("named values", _are_settings),
    "provenance": Field("named values", _are_settings),
    "phase": Field("1 or 2", lambda value: is_integer(value, 1, 2), required=False),
}
_OPTIONS = {
    "l2": Field("a number of 0 or more", lambda value: is_number(value, 0), required=False),
    "label_smoothing": Field(
        "a number in 0..1", lambda value: is_number(value, 0, 1), required=False
    ),
    "class_weights": Field(
        "a list of numbers of 0 or more, or none",
        lambda value: value is None or is_list_of(value, lambda one: is_number(one, 0)),
        required=False,
    ),
    "seed": Field("an integer", is_integer, required=False),
    "hidden": Field(
        "an integer from 1, or none",
        lambda value: value is None or is_integer(value, 1),
        required=False,
    ),
}
_CLASSIFIER = {
    "classes": Field("a list of two or more different names", are_class_names),
    "dropout": _SHARE,
    "optimization": Field("named values", _are_settings),
    **_OPTIONS,
}
_OPTIMIZATION = {
    "learning_rate": _RATE,
    "head_learning_rate": _RATE,
    "weight_decay": _RATE,
    "warmup": _SHARE,
    "decay": Field(", ".join(DECAYS), lambda value: value in DECAYS),
}
_PROVENANCE = {
    "name": Field("a string", lambda value: is_text(value) and bool(value)),
    "seed": _SEED,
    "settings": Field("named values", _are_settings),
    "config_hash": _TEXT,
    "data_fingerprint": _TEXT,
    "split_fingerprint": _TEXT,
    "splits": Field(f"id → one of {', '.join(SPLITS)} or none", _are_splits),
    "paraphrases": Field(
        "a string or none", lambda value: value is None or is_text(value), required=False
    ),
    "background": Field("a colour", is_colour, required=False),
}
