"""The metadata of a prediction artifact: where its predictions came from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from lfx.runtime.errors import ArtifactError
from lfx.runtime.fields import Field, field_problems, is_integer, is_list_of, shown

SCHEMA_VERSION = 2
READABLE = (1, SCHEMA_VERSION)


@dataclass(frozen=True)
class Metadata:
    """Where predictions came from; the JSON under the Parquet metadata key `lfx`.

    Attributes:
        classes: names of the classes, in the order of the columns of the logits.
        modality: the modality that the model read: `image`, `text`, `fusion`, …
        name: the run's name.
        data_fingerprint: identifies ids, labels and classes of the data set (in schema 1 texts and
            images as well); members fuse only if it is equal.
        split_fingerprint: identifies the split of that data set.
        seed: the run's seed.
        config_hash: identifies the run's configuration.
        created: time of creation, ISO 8601 in UTC.
        versions: package name → version that the run used.
        schema_version: the layout of the file that was read; the latest is written.
        leaky: whether weights, of this fusion or of a fused member, were fitted on the reported
            split. A file has the key only if it is true.
        columns: name of each column that the model read → its fingerprint; of a fusion, those of
            all members, joined by `+` if they differ. Empty if unknown, as in schema 1.
        regime: how the model was trained, such as `supervised`, `contrastive` or `fusion`; None if
            unknown. A file has the key only if it is known.
        fingerprint_schema: the schema that defines `data_fingerprint`. A file has the key only if
            it is not the file's own: it was made of artifacts of that schema.
    """

    classes: tuple[str, ...]
    modality: str
    name: str
    data_fingerprint: str
    split_fingerprint: str
    seed: int
    config_hash: str
    created: str
    versions: dict[str, str]
    schema_version: int = SCHEMA_VERSION
    leaky: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    regime: str | None = None
    fingerprint_schema: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        """Let a fingerprint be of no later schema than its file."""
        oldest = min(self.schema_version, self.fingerprint_schema)
        object.__setattr__(self, "fingerprint_schema", oldest)

    def to_json(self) -> str:
        """Return the metadata as one line of JSON, in the latest schema."""
        content = asdict(self) | {"schema_version": SCHEMA_VERSION}
        defaults = {"leaky": False, "regime": None, "fingerprint_schema": SCHEMA_VERSION}
        for key, value in defaults.items():
            if content[key] == value:
                del content[key]
        return json.dumps(content, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Metadata:
        """Read what `to_json` wrote, or an earlier lfx; unknown keys are ignored.

        Raises:
            ArtifactError: not a JSON object, another schema version, or missing or mistyped keys,
                all of them in one message.
        """
        try:
            content = json.loads(text, object_pairs_hook=_unique_keys)
        except RecursionError:
            raise ArtifactError("its metadata is nested too deep to be read") from None
        except ValueError as error:
            raise ArtifactError(f"its metadata is not JSON: {str(error)[:200]}") from error
        if not isinstance(content, dict):
            raise ArtifactError("its metadata is not a JSON object")
        version = content.get("schema_version")
        if type(version) is not int or version not in READABLE:
            # Another version may have other keys, so they are not checked.
            raise ArtifactError(
                f"its schema_version is {shown(version)}, but this lfx reads "
                f"{' and '.join(map(str, READABLE))}; use the lfx that wrote it, or create the "
                "artifact again"
            )
        fields = _FIELDS if version == 1 else _FIELDS | _FIELDS_SINCE_2
        problems = field_problems(content, fields)
        if problems:
            raise ArtifactError("its metadata is wrong: " + "; ".join(problems))
        known: dict[str, Any] = {key: content[key] for key in fields if key in content}
        leaky = content.get("leaky", False) is not False  # any other value counts as leaky
        known |= {"classes": tuple(known["classes"]), "leaky": leaky, "schema_version": version}
        return cls(**known)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; refuse repeated keys, which readers resolve differently."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key occurs more than once")
    return content


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_object_of_strings(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_string, value.values()))


_STRING = Field("a string", _is_string)
_FIELDS = {
    "classes": Field("a list of strings", lambda value: is_list_of(value, _is_string)),
    "modality": _STRING,
    "name": _STRING,
    "data_fingerprint": _STRING,
    "split_fingerprint": _STRING,
    "seed": Field("an integer", is_integer),
    "config_hash": _STRING,
    "created": _STRING,
    "versions": Field("an object of strings", _is_object_of_strings),
}
_FIELDS_SINCE_2 = {
    "columns": Field("an object of strings", _is_object_of_strings),
    "regime": Field("a string", lambda value: value is None or _is_string(value), required=False),
    "fingerprint_schema": Field(
        f"an integer, {' or '.join(map(str, READABLE))}",
        lambda value: is_integer(value) and value in READABLE,
        required=False,
    ),
}
