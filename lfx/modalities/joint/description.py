"""What a checkpoint says of a joint encoder, and what may be built from it.

The classes of its parts stand in sections with a `_target_`, as those of any settings do: whoever
restores a checkpoint then sees which classes it names, and refuses strangers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lfx.modalities.description import require_fields
from lfx.modalities.encoder import EncoderBuilder
from lfx.modalities.joint.fusion import JointFusion
from lfx.modalities.joint.parts import part_name_problems
from lfx.runtime.construct import construct
from lfx.runtime.convert import TARGET
from lfx.runtime.errors import WeightsError
from lfx.runtime.fields import Field, is_number, is_text, list_problems
from lfx.runtime.imports import dotted_path
from lfx.runtime.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from lfx.modalities.encoder import Encoder

    Find = Callable[[str], Any]

_DESCRIPTION = "description"


def describe_part(target: str, description: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values that restore the encoder of a part.

    Args:
        target: dotted path of the class that restores it.
        description: of the encoder.
    """
    return {TARGET: target, _DESCRIPTION: dict(description)}


def describe_fusion(fusion: JointFusion) -> dict[str, Any]:
    """Return plain values that build the settings of what joins the features."""
    settings = {
        field.name: _described(getattr(fusion, field.name)) for field in dataclasses.fields(fusion)
    }
    return {TARGET: dotted_path(type(fusion)), **settings}


def _described(value: Any) -> Any:
    return describe_fusion(value) if isinstance(value, JointFusion) else plain(value)


def check_description(description: Mapping[str, Any]) -> None:
    """Refuse a description of a joint encoder with a field of the wrong type or range.

    Raises:
        WeightsError: lists all such fields, or the names that no part can have.
    """
    require_fields(description, _JOINT)
    problems = part_name_problems(description["parts"])
    for name, part in description["parts"].items():
        require_fields(part, _PART, f"parts.{name}")
    if problems:
        raise WeightsError(f"the encoder's description is wrong:{list_problems(problems)}")


def restore_part(section: Mapping[str, Any], find: Find) -> Encoder:
    """Build the encoder of a part, with random weights.

    Args:
        section: as `describe` gives it, checked.
        find: from the dotted path of a class to the class; refuses those that may not be named.

    Raises:
        WeightsError: the class builds no encoder, or the description is of another one.
    """
    kind: type[EncoderBuilder] = _found(section[TARGET], EncoderBuilder, find)
    return kind.restore_parts(section[_DESCRIPTION], find)


def restore_fusion(section: Mapping[str, Any], find: Find) -> JointFusion:
    """Build the settings of what joins the features; see `restore_part`."""
    kind: type[JointFusion] = _found(section[TARGET], JointFusion, find)
    arguments = {key: value for key, value in section.items() if key != TARGET}
    fusion = construct(kind, arguments, find, "fusion")
    if not isinstance(fusion, JointFusion):
        raise WeightsError(f"{section[TARGET]} builds no {dotted_path(JointFusion)}")
    return fusion


def _found(target: str, kind: type, find: Find) -> Any:
    found = find(target)
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise WeightsError(f"{target} is not a {dotted_path(kind)}")
    return found


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping) and is_text(value.get(TARGET))


_JOINT = {
    "parts": Field(
        "one named section or more, each with a class",
        lambda value: (
            isinstance(value, Mapping) and bool(value) and all(map(_is_section, value.values()))
        ),
    ),
    "fusion": Field("a section with a class", _is_section),
    "modality_dropout": Field(
        "a number from 0, below 1", lambda value: is_number(value, 0) and value < 1
    ),
}
_PART = {
    TARGET: Field("a string", is_text),
    _DESCRIPTION: Field("named values", lambda value: isinstance(value, Mapping)),
}
