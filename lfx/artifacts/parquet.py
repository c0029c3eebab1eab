"""Read and write prediction artifacts as Parquet files, which need nothing but pyarrow to read.

One row per (sample, fold), seven columns, and JSON under the file metadata key `lfx`.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lfx.artifacts.checks import check, refuse
from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import NONE, TEXTS, Predictions
from lfx.artifacts.seen import UNKNOWN
from lfx.artifacts.stored_table import null_problems, schema_problems, width_problems
from lfx.runtime.errors import ArtifactError, in_one_line, name_some
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

METADATA_KEY = b"lfx"
# SHA-256 of the value of `lfx`: Parquet's checksums cover the rows only.
DIGEST_KEY = b"lfx.sha256"
SCHEMA = pa.schema(
    [
        pa.field("sample_id", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("fold", pa.int16(), nullable=True),
        pa.field("label", pa.int16(), nullable=True),
        pa.field("logits", pa.list_(pa.field("element", pa.float32(), nullable=False)), False),
        pa.field("seen", pa.bool_(), nullable=True),
    ]
)
_REMEDY = "create it with `python -m lfx.train`, or give the path of another artifact"


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Check predictions and write them to a file, atomically.

    Args:
        path: path of the file; missing parent folders are created.
        predictions: the predictions.

    Raises:
        ArtifactError: the predictions have problems; nothing is written.
    """
    check(predictions, f"{path}: the predictions to be written")
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
        pa.array(predictions.seen == 1, pa.bool_(), mask=predictions.seen == UNKNOWN),
    ]
    text = predictions.metadata.to_json().encode()
    metadata = {METADATA_KEY: text, DIGEST_KEY: hashlib.sha256(text).hexdigest().encode()}
    table = pa.Table.from_arrays(columns, schema=SCHEMA.with_metadata(metadata))
    with atomic_path(path) as part:
        # Readers detect flipped bits by the checksums.
        pq.write_table(table, part, write_page_checksum=True)


def read_metadata(path: Path) -> Metadata:
    """Read an artifact's metadata without its rows.

    Raises:
        ArtifactError: the file is missing or damaged, or has no metadata.
    """
    try:
        schema = pq.read_schema(path)
    except Exception as error:  # damaged files raise many kinds of exceptions
        reason = in_one_line(error)
        raise ArtifactError(f"{path} cannot be read as an artifact: {reason}") from error
    return _metadata(schema, path)


def read_predictions(path: Path) -> Predictions:
    """Read an artifact and check it.

    Raises:
        ArtifactError: the file is missing, damaged, of another schema, or has invalid content; the
            message names the path, all problems, and what to do next.
    """
    table = _read_table(path)
    metadata = _metadata(table.schema, path)
    refuse(schema_problems(table.schema, metadata.schema_version), str(path))
    refuse(null_problems(table) + width_problems(table, len(metadata.classes)), str(path))
    logits = table["logits"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    texts = {name: table[name].cast(pa.large_string()).combine_chunks() for name in TEXTS}
    predictions = Predictions.of_texts(
        texts,
        fold=_integers(table["fold"]),
        label=_integers(table["label"]),
        logits=logits.astype(np.float32).reshape(table.num_rows, len(metadata.classes)),
        metadata=metadata,
        seen=_seen(table["seen"]) if "seen" in table.column_names else None,
    )
    check(predictions, str(path))
    return predictions


def publish(path: Path, target: Path) -> None:
    """Copy an artifact to `target`, atomically.

    The log has a line if it replaces an artifact with other settings.

    Raises:
        ArtifactError: there is no file to copy.
    """
    if not path.is_file():
        raise ArtifactError(f"there is no prediction artifact at {path} to publish to {target}")
    if target.is_file():
        with suppress(ArtifactError):  # a damaged artifact may be replaced without notice
            replaced = read_metadata(target)
            if replaced.config_hash != read_metadata(path).config_hash:
                message = "%s: replaces one made with other settings, %s; name=ANOTHER keeps both"
                log.info(message, target, replaced.created[:19])
    with atomic_path(target) as part:
        shutil.copyfile(path, part)


def _metadata(schema: pa.Schema, path: Path) -> Metadata:
    text = (schema.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise ArtifactError(
            f"{path} is a Parquet file without the metadata key `lfx`, so its classes and its data "
            f"set are unknown; {_REMEDY}"
        )
    digest = schema.metadata.get(DIGEST_KEY)  # older artifacts have none
    if digest is not None and digest != hashlib.sha256(text).hexdigest().encode():
        raise ArtifactError(f"{path} is damaged: the checksum of its metadata is wrong; {_REMEDY}")
    try:
        return Metadata.from_json(text.decode(errors="replace"))
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from error


def _read_table(path: Path) -> pa.Table:
    if not path.exists():
        beside = sorted(file.stem for file in path.parent.glob("*.parquet"))
        held = f" (its folder holds {name_some(beside)})" if beside else ""
        raise ArtifactError(f"there is no prediction artifact at {path}{held}; {_REMEDY}")
    if not path.is_file():
        raise ArtifactError(f"{path} is a folder, not a prediction artifact; {_REMEDY}")
    try:
        # `pq.read_table` would add a column for a folder named `key=value` in the path.
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
        table.validate(full=True)
    except Exception as error:  # damaged files raise many kinds of exceptions
        raise ArtifactError(
            f"{path} is not a whole Parquet file ({in_one_line(error)}); {_REMEDY}"
        ) from error
    return table


def _integers(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    return np.asarray(column.fill_null(NONE).to_numpy(), dtype=np.int16)


def _seen(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    return np.asarray(column.cast(pa.int8()).fill_null(UNKNOWN).to_numpy(), dtype=np.int8)
