"""The prediction artifact as a Parquet file, which a reader with nothing but pyarrow understands.

One row per (sample, fold), six columns, and JSON under the file metadata key `lfx`.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lfx.artifacts.checks import check, refuse
from lfx.artifacts.predictions import NONE, TEXTS, Metadata, Predictions
from lfx.runtime.errors import ArtifactError, in_one_line, name_some
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

METADATA_KEY = b"lfx"
# SHA-256 of what stands under `lfx`; Parquet has checksums of its rows alone.
DIGEST_KEY = b"lfx.sha256"
SCHEMA = pa.schema(
    [
        pa.field("sample_id", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("fold", pa.int16(), nullable=True),
        pa.field("label", pa.int16(), nullable=True),
        pa.field("logits", pa.list_(pa.field("element", pa.float32(), nullable=False)), False),
    ]
)
_REMEDY = "make it with `python -m lfx.train`, or point to another artifact"


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Check predictions and write them to a file that is whole or absent.

    Args:
        path: where the file shall be; missing parents are made.
        predictions: what to write.

    Raises:
        ArtifactError: anything is wrong with the predictions; nothing is written then.
    """
    check(predictions, f"{path}: what was to be written")
    rows, classes = predictions.logits.shape
    logits = pa.ListArray.from_arrays(
        pa.array(np.arange(0, (rows + 1) * classes, classes, dtype=np.int32)),
        pa.array(predictions.logits.ravel(), pa.float32()),
    )
    columns = [
        *(predictions.texts(name).cast(pa.string()) for name in TEXTS),
        pa.array(predictions.fold, pa.int16(), mask=predictions.fold == NONE),
        pa.array(predictions.label, pa.int16(), mask=predictions.label == NONE),
        logits.cast(SCHEMA.field("logits").type),
    ]
    text = predictions.metadata.to_json().encode()
    metadata = {METADATA_KEY: text, DIGEST_KEY: hashlib.sha256(text).hexdigest().encode()}
    table = pa.Table.from_arrays(columns, schema=SCHEMA.with_metadata(metadata))
    with atomic_path(path) as part:
        # Checksums let a reader tell flipped bits from logits.
        pq.write_table(table, part, write_page_checksum=True)


def read_metadata(path: Path) -> Metadata:
    """Read what an artifact says of itself, and none of its rows.

    Raises:
        ArtifactError: the file is missing, damaged, or says nothing of itself.
    """
    try:
        schema = pq.read_schema(path)
    except Exception as error:  # each way of being damaged has its own
        reason = in_one_line(error)
        raise ArtifactError(f"{path} cannot be read as an artifact: {reason}") from error
    return _metadata(schema, path)


def read_predictions(path: Path) -> Predictions:
    """Read an artifact and check everything about it.

    Raises:
        ArtifactError: the file is missing, damaged, of another schema, or holds what an artifact
            must not hold; the message names the path, all that is wrong, and what to do next.
    """
    table = _read_table(path)
    metadata = _metadata(table.schema, path)
    refuse(_schema_problems(table.schema), str(path))
    refuse(_null_problems(table) + _width_problems(table, len(metadata.classes)), str(path))
    logits = table["logits"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    texts = {name: table[name].cast(pa.large_string()).combine_chunks() for name in TEXTS}
    predictions = Predictions.of_texts(
        texts,
        fold=_integers(table["fold"]),
        label=_integers(table["label"]),
        logits=logits.astype(np.float32).reshape(table.num_rows, len(metadata.classes)),
        metadata=metadata,
    )
    check(predictions, str(path))
    return predictions


def publish(path: Path, target: Path) -> None:
    """Copy an artifact to where others look for it; `target` is at all times whole or absent.

    The log tells where it replaces one of other settings.

    Raises:
        ArtifactError: there is no file to copy.
    """
    if not path.is_file():
        raise ArtifactError(f"there is no prediction artifact at {path} to publish to {target}")
    if target.is_file():
        with suppress(ArtifactError):  # a damaged one is no loss
            before = read_metadata(target)
            if before.config_hash != read_metadata(path).config_hash:
                told = "%s: replaces one made with other settings, %s; name=ANOTHER keeps both"
                log.info(told, target, before.created[:19])
    with atomic_path(target) as part:
        shutil.copyfile(path, part)


def _metadata(schema: pa.Schema, path: Path) -> Metadata:
    text = (schema.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise ArtifactError(
            f"{path} is a Parquet file without the metadata key `lfx`, so it does not say which "
            f"classes and which data it is about; {_REMEDY}"
        )
    digest = schema.metadata.get(DIGEST_KEY)  # older artifacts have none
    if digest is not None and digest != hashlib.sha256(text).hexdigest().encode():
        raise ArtifactError(
            f"{path} is damaged: what it says of its classes and data has another checksum than "
            f"when it was written; {_REMEDY}"
        )
    try:
        return Metadata.from_json(text.decode(errors="replace"))
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from error


def _read_table(path: Path) -> pa.Table:
    if not path.exists():
        raise ArtifactError(f"there is no prediction artifact at {path}; {_REMEDY}")
    if not path.is_file():
        raise ArtifactError(f"{path} is a folder, not a prediction artifact; {_REMEDY}")
    try:
        # `pq.read_table` would take a folder named `key=value` on the way for one more column.
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
        table.validate(full=True)
    except Exception as error:  # each way of being damaged has its own
        raise ArtifactError(
            f"{path} is not a whole Parquet file ({in_one_line(error)}); {_REMEDY}"
        ) from error
    return table


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_logits(kind: pa.DataType) -> bool:
    listed = (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
    return bool(listed and pa.types.is_float32(kind.value_type))


# Other writers call the same things large_string, large_list or fixed_size_list.
_ALLOWED = {
    "sample_id": ("string", _is_text),
    "group": ("string", _is_text),
    "split": ("string", _is_text),
    "fold": ("int16", pa.types.is_int16),
    "label": ("int16", pa.types.is_int16),
    "logits": ("list of float32", _is_logits),
}


def _schema_problems(schema: pa.Schema) -> list[str]:
    missing = [name for name in _ALLOWED if name not in schema.names]
    extra = [name for name in schema.names if name not in _ALLOWED]
    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    found = []
    if missing:
        found.append(f"columns are missing: {', '.join(missing)}")
    if extra:
        found.append(f"unknown columns: {name_some(extra)}; allowed: {', '.join(_ALLOWED)}")
    if repeated:
        return [*found, f"columns occur more than once: {', '.join(repeated)}"]
    return found + [
        f"column {name} is of type {schema.field(name).type}, allowed: {what}"
        for name, (what, fits) in _ALLOWED.items()
        if name not in missing and not fits(schema.field(name).type)
    ]


def _null_problems(table: pa.Table) -> list[str]:
    found = []
    for name in ("sample_id", "group", "split", "logits"):
        count = table[name].null_count
        if count:
            found.append(f"{count} rows have no {name}")
    elements = table["logits"].combine_chunks().flatten()
    if elements.null_count:
        found.append(f"{elements.null_count} of the logits are null")
    for name in ("fold", "label"):
        values = table[name].drop_null().to_numpy()
        if (values < 0).any():
            found.append(
                f"{int((values < 0).sum())} values of {name} are negative; allowed: 0 or more, "
                "and null for none"
            )
    return found


def _width_problems(table: pa.Table, classes: int) -> list[str]:
    widths = pc.list_value_length(table["logits"]).fill_null(classes).to_numpy()
    odd = [
        f"{table['sample_id'][row]} has {widths[row]}" for row in np.flatnonzero(widths != classes)
    ]
    if odd:
        return [f"{len(odd)} rows do not have {classes} logits, one per class: {name_some(odd)}"]
    return []


def _integers(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    return np.asarray(column.fill_null(NONE).to_numpy(), dtype=np.int16)
