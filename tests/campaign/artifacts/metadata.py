"""What an artifact says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from campaign.case import Case, either, right, said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from campaign.artifacts.changing import NO, case, of, same_mean


def _metadata(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, Path], object]:
    def edit(file: Path, _work: Path) -> None:
        table = pq.read_table(file)
        content = json.loads(table.schema.metadata[b"lfx"])
        changed = change(content)
        text = changed if isinstance(changed, str) else json.dumps(content)
        pq.write_table(table.replace_schema_metadata({"lfx": text}), file)

    return edit


def _put(key: str, value: Any) -> Callable[[Path, Path], object]:
    return _metadata(lambda content: content.update({key: value}))


def _drop(key: str) -> Callable[[Path, Path], object]:
    return _metadata(lambda content: content.pop(key) and None)


def _of_metadata() -> list[Case]:
    junk: list[tuple[str, str, Any]] = [
        ("classes_numbers", "classes", [1, 2]),
        ("classes_text", "classes", "badgood"),
        ("classes_one", "classes", ["bad"]),
        ("classes_empty", "classes", []),
        ("classes_twice", "classes", ["bad", "bad"]),
        ("classes_blank", "classes", ["bad", " "]),
        ("classes_other", "classes", ["cat", "dog"]),
        ("classes_turned", "classes", ["good", "bad"]),
        ("classes_three", "classes", ["bad", "good", "ugly"]),
        ("classes_nested", "classes", [["bad"], ["good"]]),
        ("modality_list", "modality", ["text"]),
        ("modality_empty", "modality", ""),
        ("name_number", "name", 5),
        ("name_empty", "name", ""),
        ("data_other", "data_fingerprint", "f" * 32),
        ("data_none", "data_fingerprint", None),
        ("split_list", "split_fingerprint", []),
        ("seed_text", "seed", "zero"),
        ("seed_huge", "seed", 10**30),
        ("seed_nan", "seed", float("nan")),
        ("config_hash_none", "config_hash", None),
        ("created_never", "created", "yesterday"),
        ("created_escape", "created", "2024-01-01T00:00:00+00:00\x1b[2J"),
        ("versions_list", "versions", ["torch"]),
        ("versions_deep", "versions", {"a": {"b": {}}}),
        ("schema_99", "schema_version", 99),
        ("schema_text", "schema_version", "1"),
        ("schema_true", "schema_version", True),
        ("schema_3", "schema_version", 3),
        ("schema_1_with_columns_of_2", "schema_version", 1),
        ("columns_list", "columns", ["text"]),
        ("columns_deep", "columns", {"text": {"of": "a"}}),
        ("columns_empty_name", "columns", {"": "a"}),
        ("columns_none", "columns", None),
        ("regime_list", "regime", ["fusion"]),
        ("regime_empty", "regime", ""),
        ("fingerprint_of_99", "fingerprint_schema", 99),
        ("fingerprint_of_true", "fingerprint_schema", True),
    ]
    harmless = {"seed_huge", "name_number"}
    return [
        *(
            case(
                f"metadata_{name}",
                _put(key, value),
                either(NO, right(same_mean)) if name in harmless else NO,
            )
            for name, key, value in junk
        ),
        *(
            case(f"metadata_no_{key}", _drop(key))
            for key in (
                "classes",
                "modality",
                "name",
                "data_fingerprint",
                "schema_version",
                "created",
                "columns",
            )
        ),
        case(
            "metadata_none",
            lambda file, _work: pq.write_table(
                pq.read_table(file).replace_schema_metadata({}), file
            ),
        ),
        case("metadata_no_json", _metadata(lambda _content: "{not json")),
        case("metadata_list", _metadata(lambda _content: "[]")),
        case("metadata_deep", _metadata(lambda _content: "[" * 100_000)),
        case("metadata_deep_object", _metadata(lambda _content: '{"a":' * 100_000)),
        case(
            "metadata_number_of_a_million_digits",
            _metadata(lambda content: json.dumps(content)[:-1] + ', "x": ' + "9" * 1_000_000 + "}"),
            either(NO, right(same_mean)),
        ),
        # Two states of a column are warned of, not refused.
        case(
            "metadata_columns_escape",
            _put("columns", {"\x1b[2Jtext": "\x1b[31m"}),
            either(NO, right(same_mean)),
        ),
        # Folds have other splits than single runs; whether samples' splits agree is what counts.
        case("metadata_split_other", _put("split_fingerprint", "f" * 32), right(same_mean)),
        case(
            "metadata_escape_in_classes",
            _rename_classes(["\x1b[2Jbad", "<script>good"]),
            either(NO, right(said("bad"))),
        ),
        case(
            "metadata_name_is_a_path",
            _put("name", "../../precious/notes"),
            either(NO, right(same_mean)),
        ),
        case("metadata_leaky_text", _put("leaky", "very"), right(same_mean)),
        case("metadata_more_keys", _put("_target_", "os.system"), right(same_mean)),
        case(
            "metadata_interpolation",
            _put("name", "${oc.env:SECRET}"),
            either(NO, right(same_mean)),
        ),
    ]


def _rename_classes(names: list[str]) -> Callable[[Path, Path], object]:
    def edit(_file: Path, work: Path) -> None:
        for member in ("text", "image"):
            _put("classes", names)(of(work, member), work)

    return edit


CASES = [*_of_metadata()]
