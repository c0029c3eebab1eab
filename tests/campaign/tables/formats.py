"""Files of other kinds, and empty ones."""

from __future__ import annotations

import json

from campaign.case import Case, either, refused, right
from campaign.material import plain_rows
from campaign.results import same_as
from campaign.tables.writing import (
    as_jsonl,
    as_parquet,
    as_text,
    changed,
    table_case,
    unquoted,
    unquoted_lines,
)


def _formats() -> list[Case]:
    """Kinds of files."""
    rows = plain_rows()
    fancy = changed(text={3: "schön awful ärger", 4: "café happy", 6: "naïve awful Straße"})
    whole, _fancied = right(same_as(rows)), right(same_as(fancy))
    lines = unquoted_lines(rows, ",")
    return [
        table_case("no_last_line_end", "t.csv", as_text("\n".join(lines)), whole),
        table_case(
            "comment_line",
            "t.csv",
            as_text("# exported by hand\n" + "\n".join(lines)),
            refused("column"),
        ),
        table_case("no_header", "t.csv", as_text("\n".join(lines[1:])), refused("column")),
        table_case("header_only", "t.csv", as_text(lines[0] + "\n"), refused("no rows|empty")),
        table_case("empty", "t.csv", as_text(""), refused("t.csv")),
        table_case("empty_jsonl", "t.jsonl", as_text(""), refused("t.jsonl")),
        table_case("empty_parquet", "t.parquet", as_text(""), refused("t.parquet")),
        table_case("only_line_ends", "t.csv", as_text("\n\n\n"), refused("t.csv")),
        table_case(
            "one_row", "t.csv", as_text("\n".join(lines[:2])), refused("class|split|sample")
        ),
        table_case(
            "json_array",
            "t.jsonl",
            lambda file: file.write_text(json.dumps(rows, indent=1)),
            either(whole, refused("t.jsonl")),
        ),
        table_case("json_called_csv", "t.csv", as_jsonl(rows), refused("t.csv|column")),
        table_case("csv_called_jsonl", "t.jsonl", unquoted(rows, ","), refused("t.jsonl")),
        table_case("csv_called_parquet", "t.parquet", unquoted(rows, ","), refused("t.parquet")),
        table_case(
            "html_called_csv",
            "t.csv",
            as_text("<html><body>404 not found</body></html>\n"),
            refused("t.csv|column"),
        ),
        table_case(
            "zip_called_csv",
            "t.csv",
            lambda file: file.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 20),
            refused("t.csv|column|encoding"),
        ),
        table_case(
            "excel_file",
            "t.xlsx",
            lambda file: file.write_bytes(b"PK\x03\x04" + bytes(500)),
            refused("csv"),
        ),
        table_case("no_ending", "table", unquoted(rows, ","), refused("csv")),
        table_case(
            "gzip",
            "t.csv.gz",
            lambda file: file.write_bytes(b"\x1f\x8b" + bytes(50)),
            refused("csv|gz"),
        ),
        table_case("capital_ending", "T.CSV", unquoted(rows, ","), whole),
        table_case(
            "parquet_cut",
            "t.parquet",
            lambda file: (as_parquet(rows)(file), file.write_bytes(file.read_bytes()[:-40])),
            refused("t.parquet"),
        ),
        table_case(
            "parquet_flipped",
            "t.parquet",
            lambda file: (
                as_parquet(rows)(file),
                file.write_bytes(
                    file.read_bytes()[:-40] + bytes(byte ^ 0x55 for byte in file.read_bytes()[-40:])
                ),
            ),
            refused("t.parquet"),
        ),
    ]


CASES = [*_formats()]
