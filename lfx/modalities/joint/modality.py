"""Several kinds of content of one sample, any of which may be missing."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003, `checked` evaluates it
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.modalities.encoder import EncoderBuilder  # noqa: TC001, `checked` evaluates it
from lfx.modalities.joint.batch import JointCollate, PartInputs, joint_lengths
from lfx.modalities.joint.parts import part_name_problems
from lfx.modalities.modality import Inputs, Modality
from lfx.runtime.annotations import arguments_of
from lfx.runtime.checked import checked
from lfx.runtime.construct import construct
from lfx.runtime.errors import ConfigError, in_one_line, name_some
from lfx.runtime.imports import dotted_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from lfx.data.column import Column
    from lfx.data.samples import SampleTable
    from lfx.modalities.joint.encoder import JointEncoder


@checked
class JointModality(Modality):
    """Several kinds of content; a sample needs one of them at the least.

    Args:
        encoders: The encoder of each part of a sample; a part is called as the column that it is
            read from, unless `inputs` names another.
        inputs: What reads a part, where that is not as its encoder has it by default: settings such
            as `column` and `augmentation`, or a class of your own by its `_target_`.

    Raises:
        ConfigError: there is no part, or it cannot be read so.

    Attributes:
        parts: name → what reads it.
    """

    reads = "joint"

    def __init__(
        self,
        encoders: Mapping[str, EncoderBuilder],
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        given = inputs or {}
        problems = part_name_problems(encoders)
        problems += [
            f"modality.inputs.{name} is of no part; the parts are {', '.join(sorted(encoders))}"
            for name in given
            if name not in encoders
        ]
        if not encoders:
            problems.append("a joint model needs an encoder: encoder@modality.encoders.text=minilm")
        if problems:
            raise ConfigError("\n".join(problems))
        self.parts: dict[str, Modality] = {
            name: _reading(name, encoders[name], given.get(name)) for name in sorted(encoders)
        }

    @property
    def augments(self) -> bool:
        """Whether any part is changed at random."""
        return any(part.augments for part in self.parts.values())

    def columns(self) -> tuple[str, ...]:
        """Return the columns of all parts."""
        names = (column for part in self.parts.values() for column in part.columns())
        return tuple(dict.fromkeys(names))

    def read(self, table: SampleTable) -> Column:
        """Refuse: there are several columns.

        Raises:
            TypeError: always.
        """
        del table
        raise TypeError(f"a joint modality reads several columns: {', '.join(self.columns())}")

    def present(self, table: SampleTable) -> npt.NDArray[np.bool_]:
        """Return whether each sample has a part at least, (samples,)."""
        present: npt.NDArray[np.bool_] = np.any(
            [part.present(table) for part in self.parts.values()], axis=0
        )
        return present

    def problems(self, table: SampleTable, cache_dir: Path) -> dict[str, dict[int, str]]:
        """Return what is wrong with each part."""
        problems: dict[str, dict[int, str]] = {}
        for part in self.parts.values():
            for name, of_rows in part.problems(table, cache_dir).items():
                problems.setdefault(name, {}).update(of_rows)
        return problems

    def content(self, table: SampleTable, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Return the content of each row by part; a part that a row lacks is left out."""
        contents: dict[int, dict[str, Any]] = {row: {} for row in rows}
        for name, part in self.parts.items():
            having = self._having(name, table, rows)
            for row, content in zip(having, part.content(table, having), strict=True):
                contents[row][name] = content
        return [contents[row] for row in rows]

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: JointEncoder,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Prepare each part of the rows that have it."""
        parts = {}
        for name, part in self.parts.items():
            having = self._having(name, table, rows)
            has = part.present(table)[np.asarray(rows, dtype=np.int64)]
            places = np.where(has, np.cumsum(has) - 1, -1)
            inputs = part.inputs(table, having, encoder.part(name), cache_dir, seed)
            parts[name] = PartInputs(inputs, places)
        return Inputs(JointCollate(parts), joint_lengths(parts))

    def _having(self, name: str, table: SampleTable, rows: Sequence[int]) -> list[int]:
        """Return those of some rows that have a part, in their order."""
        present = self.parts[name].present(table)
        return [row for row in rows if present[row]]


def _reading(name: str, builder: EncoderBuilder, given: Any) -> Modality:
    """Build what reads a part, from its settings or by default.

    Raises:
        ConfigError: it takes no such settings, or does not read what the encoder needs.
    """
    key = f"modality.inputs.{name}"
    reading: Modality = given
    if not isinstance(given, Modality):
        kind = getattr(type(builder), "modality", None)
        if kind is None:
            raise ConfigError(
                f"{dotted_path(type(builder))} does not say what reads for it; name the class: "
                f"{key}._target_=MODULE.CLASS"
            )
        settings, allowed = {"column": name, **(given or {})}, arguments_of(kind)
        unknown = [setting for setting in settings if setting not in allowed]
        if unknown:
            raise ConfigError(
                f"{key}: {dotted_path(kind)} has no setting {name_some(unknown)}; it has "
                f"{', '.join(allowed)}"
            )
        try:
            reading = construct(kind, settings, _no_class, key)
        except TypeError as error:  # a setting of a section within them that there is not
            raise ConfigError(f"{key}: {in_one_line(error)}") from error
    if reading.reads != builder.reads:
        raise ConfigError(
            f"{key} reads {reading.reads}, and modality.encoders.{name} needs {builder.reads}"
        )
    reading = copy(reading)  # one that was given may be another model's too
    vars(reading).update(section=key, encoder_section=f"modality.encoders.{name}")
    return reading


def _no_class(target: str) -> Any:
    """Refuse: the settings' own classes are built already."""
    raise ConfigError(f"_target_={target} stands where no class is needed")
