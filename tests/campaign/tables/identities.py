"""Samples' ids."""

from __future__ import annotations

import pyarrow as pa

from campaign.case import Case, either, refused, right
from campaign.material import plain_rows
from campaign.results import holds, same_as
from campaign.tables.writing import IDS, as_csv, as_jsonl, as_parquet, changed, table_case


def _ids_with(changes: dict[int, str]) -> list[str]:
    return [changes.get(at, name) for at, name in enumerate(IDS)]


def _ids() -> list[Case]:
    """Ids."""
    nan = float("nan")
    rows = plain_rows()
    whole = right(same_as(rows))
    numbers = [row | {"id": at} for at, row in enumerate(rows)]
    as_text = [row | {"id": str(at)} for at, row in enumerate(rows)]
    floats = [row | {"id": float(at)} for at, row in enumerate(rows)]
    halves = [row | {"id": at + 0.5} for at, row in enumerate(rows)]
    big = [row | {"id": 2**63 + at} for at, row in enumerate(rows)]
    big_text = [row | {"id": str(2**63 + at)} for at, row in enumerate(rows)]
    huge_floats = [row | {"id": float(2**60 + at)} for at, row in enumerate(rows)]
    return [
        table_case("ids_numbers_jsonl", "t.jsonl", as_jsonl(numbers), right(same_as(as_text))),
        table_case(
            "ids_numbers_parquet", "t.parquet", as_parquet(numbers), right(same_as(as_text))
        ),
        table_case(
            "ids_whole_floats_parquet", "t.parquet", as_parquet(floats), right(same_as(as_text))
        ),
        table_case("ids_whole_floats_jsonl", "t.jsonl", as_jsonl(floats), right(same_as(as_text))),
        table_case(
            "ids_halves",
            "t.parquet",
            as_parquet(halves),
            either(refused("id"), right(holds([str(row["id"]) for row in halves]))),
        ),
        table_case(
            "ids_beyond_int64_jsonl",
            "t.jsonl",
            as_jsonl(big),
            either(right(same_as(big_text)), refused("id|digits|number")),
        ),
        table_case("ids_beyond_int64_csv", "t.csv", as_csv(big), right(same_as(big_text))),
        table_case(
            "ids_floats_that_lost_digits",
            "t.parquet",
            as_parquet(huge_floats),
            refused("id|digits"),
        ),
        table_case(
            "ids_leading_zeros",
            "t.csv",
            as_csv([row | {"id": f"00{at}"} for at, row in enumerate(rows)]),
            right(same_as([row | {"id": f"00{at}"} for at, row in enumerate(rows)])),
        ),
        table_case(
            "ids_numbers_and_text",
            "t.jsonl",
            as_jsonl([row | {"id": at if at % 2 else f"x{at}"} for at, row in enumerate(rows)]),
            either(
                right(
                    same_as(
                        [
                            row | {"id": str(at) if at % 2 else f"x{at}"}
                            for at, row in enumerate(rows)
                        ]
                    )
                ),
                refused("id"),
            ),
        ),
        table_case("ids_1_and_1_0", "t.jsonl", as_jsonl(changed(id={3: "1", 4: 1})), refused("1")),
        table_case("ids_twice", "t.csv", as_csv(changed(id={3: "s004"})), refused("s004")),
        table_case(
            "ids_empty", "t.csv", as_csv(changed(id={3: ""})), refused("row 4|line 5", "id")
        ),
        table_case("ids_blank", "t.csv", as_csv(changed(id={3: "   "})), refused("id")),
        table_case(
            "ids_nan",
            "t.parquet",
            as_parquet(
                [row | {"id": nan if at == 3 else float(at)} for at, row in enumerate(rows)]
            ),
            refused("row 4", "id"),
        ),
        table_case(
            "ids_null_jsonl",
            "t.jsonl",
            as_jsonl(changed(id={3: None})),
            refused("row 4|line 4", "id"),
        ),
        table_case(
            "ids_lists",
            "t.jsonl",
            as_jsonl([row | {"id": [at]} for at, row in enumerate(rows)]),
            refused("id"),
        ),
        table_case(
            "ids_escape_sequences",
            "t.jsonl",
            as_jsonl(changed(id={3: "a\x1b[2Jb", 4: "c\rd"})),
            either(right(holds(_ids_with({3: "a\x1b[2Jb", 4: "c\rd"}))), refused("id")),
        ),
        table_case(
            "ids_very_long",
            "t.jsonl",
            as_jsonl(changed(id={3: "x" * 5000})),
            either(right(holds(_ids_with({3: "x" * 5000}))), refused("id")),
        ),
        table_case(
            "ids_binary",
            "t.parquet",
            as_parquet(
                [row | {"id": bytes([200, at])} for at, row in enumerate(rows)], id=pa.binary()
            ),
            refused("id"),
        ),
        table_case(
            "ids_binary_utf8",
            "t.parquet",
            as_parquet([row | {"id": row["id"].encode()} for row in rows], id=pa.binary()),
            either(whole, refused("id")),
        ),
        table_case(
            "ids_dates",
            "t.jsonl",
            as_jsonl([row | {"id": f"2024-01-01T00:00:{at:02}"} for at, row in enumerate(rows)]),
            right(holds([f"2024-01-01T00:00:{at:02}" for at in range(60)])),
        ),
    ]


CASES = [*_ids()]
