"""Texts, absent ones too."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from campaign.case import Case, either, refused, right
from campaign.material import plain_rows
from campaign.results import holds, same_as
from campaign.tables.writing import IDS, as_csv, as_jsonl, as_parquet, changed, table_case


def _texts() -> list[Case]:
    """Texts."""
    nan = float("nan")
    rows = plain_rows()
    whole = right(same_as(rows))
    no_text = right(holds([one for one in IDS if one != "s003"]))
    dropped = no_text
    drop = "data.on_bad_sample=drop"
    return [
        table_case("text_empty_csv", "t.csv", as_csv(changed(text={3: ""})), no_text),
        table_case("text_empty_jsonl", "t.jsonl", as_jsonl(changed(text={3: ""})), no_text),
        table_case("text_empty_parquet", "t.parquet", as_parquet(changed(text={3: ""})), no_text),
        table_case("text_blank_csv", "t.csv", as_csv(changed(text={3: " \t "})), no_text),
        table_case(
            "text_blank_jsonl", "t.jsonl", as_jsonl(changed(text={3: "\n \u00a0"})), no_text
        ),
        table_case("text_null", "t.jsonl", as_jsonl(changed(text={3: None})), no_text),
        table_case("text_quoted_empty", "t.csv", as_csv(changed(text={3: ""}), quoting=1), no_text),
        table_case("text_empty_dropped_csv", "t.csv", as_csv(changed(text={3: ""})), dropped, drop),
        table_case(
            "text_empty_dropped_jsonl", "t.jsonl", as_jsonl(changed(text={3: ""})), dropped, drop
        ),
        table_case(
            "text_says_null",
            "t.csv",
            as_csv(changed(text={3: "null"})),
            right(same_as(changed(text={3: "null"}))),
        ),
        table_case(
            "text_says_nan",
            "t.csv",
            as_csv(changed(text={3: "NaN"})),
            right(same_as(changed(text={3: "NaN"}))),
        ),
        table_case(
            "text_numbers",
            "t.jsonl",
            as_jsonl(changed(text={at: at for at in range(60)})),
            either(refused("text"), right(holds(IDS))),
        ),
        table_case(
            "text_numbers_csv",
            "t.csv",
            as_csv(changed(text={at: f"{at}.50" for at in range(60)})),
            right(same_as(changed(text={at: f"{at}.50" for at in range(60)}))),
        ),
        table_case(
            "text_nan_parquet",
            "t.parquet",
            as_parquet(
                [row | {"text": nan if at == 3 else float(at)} for at, row in enumerate(rows)]
            ),
            refused("text"),
        ),
        table_case(
            "text_lists",
            "t.jsonl",
            as_jsonl([row | {"text": row["text"].split()} for row in rows]),
            refused("text"),
        ),
        table_case(
            "text_objects",
            "t.jsonl",
            as_jsonl([row | {"text": {"body": row["text"]}} for row in rows]),
            refused("text"),
        ),
        table_case(
            "text_bytes",
            "t.parquet",
            as_parquet(
                [row | {"text": b"\xff\xfe" + row["text"].encode()} for row in rows],
                text=pa.binary(),
            ),
            refused("text"),
        ),
        table_case(
            "text_dictionary_encoded",
            "t.parquet",
            lambda file: pq.write_table(
                pa.table(
                    {
                        name: pa.array([row[name] for row in rows]).dictionary_encode()
                        for name in rows[0]
                    }
                ),
                file,
            ),
            whole,
        ),
        table_case(
            "text_large_string",
            "t.parquet",
            as_parquet(rows, text=pa.large_string(), id=pa.large_string()),
            whole,
        ),
        table_case(
            "text_dates",
            "t.jsonl",
            as_jsonl(changed(text={at: f"2024-03-{at % 28 + 1:02}" for at in range(60)})),
            right(same_as(changed(text={at: f"2024-03-{at % 28 + 1:02}" for at in range(60)}))),
        ),
        table_case(
            "text_megabyte",
            "t.jsonl",
            as_jsonl(changed(text={3: "awful " * 170_000})),
            right(same_as(changed(text={3: "awful " * 170_000}))),
        ),
    ]


CASES = [*_texts()]
