"""Checks of an artifact's table as it is stored in a file."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfx.runtime.errors import name_some


def _is_text(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))


def _is_logits(dtype: pa.DataType) -> bool:
    is_list = (
        pa.types.is_list(dtype)
        or pa.types.is_large_list(dtype)
        or pa.types.is_fixed_size_list(dtype)
    )
    return bool(is_list and pa.types.is_float32(dtype.value_type))


# Other writers may use large_string, large_list or fixed_size_list.
_ALLOWED = {
    "sample_id": ("string", _is_text),
    "group": ("string", _is_text),
    "split": ("string", _is_text),
    "fold": ("int16", pa.types.is_int16),
    "label": ("int16", pa.types.is_int16),
    "logits": ("list of float32", _is_logits),
}
_ALLOWED_SINCE_2 = {"seen": ("bool", pa.types.is_boolean)}


def schema_problems(schema: pa.Schema, version: int) -> list[str]:
    """Find columns that are missing, unknown, repeated or of another type.

    Args:
        schema: the table's.
        version: the schema version that the file's metadata names.
    """
    allowed = _ALLOWED if version == 1 else _ALLOWED | _ALLOWED_SINCE_2
    missing = [name for name in allowed if name not in schema.names]
    extra = [name for name in schema.names if name not in allowed]
    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    problems = []
    if missing:
        problems.append(f"columns are missing: {', '.join(missing)}")
    if extra:
        problems.append(f"unknown columns: {name_some(extra)}; allowed: {', '.join(allowed)}")
    if repeated:
        return [*problems, f"columns occur more than once: {', '.join(repeated)}"]
    return problems + [
        f"column {name} is of type {schema.field(name).type}, allowed: {what}"
        for name, (what, fits) in allowed.items()
        if name not in missing and not fits(schema.field(name).type)
    ]


def null_problems(table: pa.Table) -> list[str]:
    """Find values that are missing, or negative where null stands for none."""
    problems = []
    for name in ("sample_id", "group", "split", "logits"):
        count = table[name].null_count
        if count:
            problems.append(f"{count} rows have no {name}")
    elements = table["logits"].combine_chunks().flatten()
    if elements.null_count:
        problems.append(f"{elements.null_count} of the logits are null")
    for name in ("fold", "label"):
        values = table[name].drop_null().to_numpy()
        if (values < 0).any():
            problems.append(
                f"{int((values < 0).sum())} values of {name} are negative; allowed: 0 or more, "
                "and null for none"
            )
    return problems


def width_problems(table: pa.Table, classes: int) -> list[str]:
    """Find rows that do not have one logit per class."""
    widths = pc.list_value_length(table["logits"]).fill_null(classes).to_numpy()
    wrong = [
        f"{table['sample_id'][row]} has {widths[row]}" for row in np.flatnonzero(widths != classes)
    ]
    if wrong:
        return [
            f"{len(wrong)} rows do not have {classes} logits, one per class: {name_some(wrong)}"
        ]
    return []
