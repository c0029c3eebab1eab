"""What a checkpoint of lfx holds, in one place: what is written, and what is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from lfx.data.split_names import DIVISION, OOF
from lfx.runs.cost import LONGEST
from lfx.runs.tensors import tensor_problems
from lfx.runtime.colour import is_colour
from lfx.runtime.construct import stored_classes
from lfx.runtime.fields import (
    Field,
    are_class_names,
    field_problems,
    is_integer,
    is_number,
    is_plain,
    is_text,
)

SPLITS = (*DIVISION, OOF)
# The parts of a model, as the settings call them.
PARTS = ("modality", "encoder", "head")
# What a checkpoint that training resumes from has, and one of weights alone has not: Lightning's
# progress, or the losses of candidates of a search without Lightning.
OPTIMIZERS, CANDIDATES = "optimizer_states", "candidate_losses"
SECONDS = "seconds"  # how long the model had been trained
_MOST_EPOCHS = 10**9
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
        columns: column that the model reads → its fingerprint.
        background: what transparent pixels lay on; None in checkpoints of older versions.
        starts: part of a joint model, or phase_1 → name, config_hash and epochs of the run that it
            started from.
    """

    name: str
    seed: int
    settings: Mapping[str, Any]
    config_hash: str
    data_fingerprint: str
    split_fingerprint: str
    splits: Mapping[str, str | None]
    paraphrases: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    background: str | None = None
    starts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def regime(self) -> str | None:
        """What the settings call the way of training; None where they do not say."""
        training = self.settings.get("training")
        name = training.get("name") if isinstance(training, Mapping) else None
        return name if is_text(name) else None

    def plain(self) -> dict[str, Any]:
        """Return the same as plain values, for a checkpoint."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True)
class Part:
    """A part of a model: its class, and what builds it again.

    Attributes:
        target: dotted path of the class.
        settings: of the encoder its description; of others the constructor's plain arguments.
    """

    target: str
    settings: Mapping[str, Any]

    def plain(self) -> dict[str, Any]:
        """Return the same as plain values, for a checkpoint."""
        return {"class": self.target, "settings": dict(self.settings)}

    def classes(self) -> list[str]:
        """Return the class, and those that sections within its settings name."""
        return [self.target, *stored_classes(self.settings)]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of lfx whose fields have the right types.

    Attributes:
        file: where it was read.
        modality: what the model reads.
        encoder: what builds its encoder, and the encoder's description.
        head: what builds the classifier on it.
        classes: class names in order.
        provenance: what its run noted of itself.
        weights: name → tensor.
        phase: of training in two phases, which of them it is of; None where there is one.
        progress: what is stored to resume from; None where the file holds weights only.
        epochs: how many its training had ended when it was written; None where it does not say.
        seconds: how long the model had been trained; 0 where it does not say.
    """

    file: Path
    modality: Part
    encoder: Part
    head: Part
    classes: tuple[str, ...]
    provenance: Provenance
    weights: Mapping[str, Tensor]
    phase: int | None = None
    progress: Mapping[str, Any] | None = None
    epochs: int | None = None
    seconds: float = 0.0

    @property
    def parts(self) -> dict[str, Part]:
        """The parts of the model, as the settings call them."""
        return {"modality": self.modality, "encoder": self.encoder, "head": self.head}


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
    inner = {"provenance": _PROVENANCE, **dict.fromkeys(PARTS, _PART)}
    for key, fields_of in inner.items():
        if isinstance(record.get(key), Mapping):
            problems += field_problems(record[key], fields_of, f"lfx.{key}")
    if problems:
        return None, problems
    epoch = content.get("epoch") if is_integer(content.get("epoch"), 0, _MOST_EPOCHS) else None
    provenance = {one.name for one in fields(Provenance)} & set(record["provenance"])
    parts = {key: Part(record[key]["class"], record[key]["settings"]) for key in PARTS}
    return Checkpoint(
        file=file,
        **parts,
        classes=tuple(record["classes"]),
        provenance=Provenance(**{key: record["provenance"][key] for key in provenance}),
        weights=content["state_dict"],
        phase=record.get("phase"),
        progress=content if {OPTIMIZERS, CANDIDATES} & content.keys() else None,
        # The number of the epoch at whose end it was written, from 0.
        epochs=None if epoch is None else epoch + 1,
        seconds=float(content[SECONDS]) if is_number(content.get(SECONDS), 0, LONGEST) else 0.0,
    ), []


def _weights_problems(content: Mapping[str, Any]) -> list[str]:
    weights = content.get("state_dict")
    if not isinstance(weights, Mapping) or not weights:
        return ["it holds no weights under state_dict"]
    return tensor_problems(weights)


def _are_settings(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _are_fingerprints(value: Any) -> bool:
    return _are_settings(value) and all(is_text(one) for one in value.values())


def _are_starts(value: Any) -> bool:
    return _are_settings(value) and all(
        isinstance(start, Mapping) and not field_problems(start, _START) for start in value.values()
    )


def _are_splits(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and (split is None or split in SPLITS) for key, split in value.items()
    )


_RECORD = {
    **dict.fromkeys((*PARTS, "provenance"), Field("named values", _are_settings)),
    "classes": Field("a list of two or more different names", are_class_names),
    "phase": Field("1 or 2", lambda value: is_integer(value, 1, 2), required=False),
}
_PART = {"class": _TEXT, "settings": Field("named values", _are_settings)}
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
    "columns": Field("column → fingerprint", _are_fingerprints, required=False),
    "background": Field("a colour", is_colour, required=False),
    "starts": Field("part → its start's name, config_hash and epochs", _are_starts, required=False),
}
_START = {
    "name": _TEXT,
    "config_hash": _TEXT,
    "epochs": Field("an integer", lambda value: is_integer(value, 0, _MOST_EPOCHS)),
}
