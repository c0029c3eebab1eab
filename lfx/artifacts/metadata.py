"""The metadata of a prediction artifact: where its predictions came from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from lfx.runtime.errors import ArtifactError
from lfx.runtime.fields import Field, field_problems, is_integer, is_list_of, shown

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Metadata:
    """Where predictions came from; the JSON under the Parquet metadata key `lfx`.

    Attributes:
        classes: names of the classes, in the order of the columns of the logits.
        modality: the modality that the model read: `image`, `text`, `fusion`, …
        name: the run's name.
        data_fingerprint: identifies the data set; members fuse only if it is equal.
        split_fingerprint: identifies the split of that data set.
        seed: the run's seed.
        config_hash: identifies the run's configuration.
        created: time of creation, ISO 8601 in UTC.
        versions: package name → version that the run used.
        schema_version: the layout of the file.
        leaky: whether weights, of this fusion or of a fused member, were fitted on the reported
            split. A file has the key only if it is true.
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

    def to_json(self) -> str:
        """Return the metadata as one line of JSON."""
        content = asdict(self)
        if not self.leaky:
            del content["leaky"]
        return json.dumps(content, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Metadata:
        """Read what `to_json` wrote; unknown keys are ignored.

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
        if type(version) is not int or version != SCHEMA_VERSION:
            # Another version may have other keys, so they are not checked.
            raise ArtifactError(
                f"its schema_version is {shown(version)}, but this lfx reads {SCHEMA_VERSION}; "
                "use the lfx that wrote it, or create the artifact again"
            )
        problems = field_problems(content, _FIELDS)
        if problems:
            raise ArtifactError("its metadata is wrong: " + "; ".join(problems))
        known: dict[str, Any] = {key: content[key] for key in _FIELDS}
        leaky = content.get("leaky", False) is not False  # any other value counts as leaky
        return cls(**(known | {"classes": tuple(known["classes"]), "leaky": leaky}))


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
