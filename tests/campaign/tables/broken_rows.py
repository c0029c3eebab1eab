"""Rows that are broken, where the others are whole."""

from __future__ import annotations

import json

from campaign.case import Case, either, refused, right
from campaign.material import plain_rows
from campaign.results import holds, same_as
from campaign.tables.writing import IDS, as_text, changed, table_case, unquoted_lines


def _broken() -> list[Case]:
    """Rows that are broken."""
    rows = plain_rows()
    fancy = changed(text={3: "schön awful ärger", 4: "café happy", 6: "naïve awful Straße"})
    whole, _fancied = right(same_as(rows)), right(same_as(fancy))
    lines = unquoted_lines(rows, ",")
    broken_short, broken_long = [*lines], [*lines]
    broken_short[10], broken_long[10] = "s009,only two", broken_long[10] + ",more,columns"
    without = right(holds([one for one in IDS if one != "s009"]))
    named = refused(r"line 11|row 10|s009|columns")
    return [
        table_case("row_too_short", "t.csv", as_text("\n".join(broken_short)), named),
        table_case(
            "row_too_short_dropped",
            "t.csv",
            as_text("\n".join(broken_short)),
            without,
            "data.on_bad_sample=drop",
        ),
        table_case("row_too_long", "t.csv", as_text("\n".join(broken_long)), named),
        table_case(
            "row_too_long_dropped",
            "t.csv",
            as_text("\n".join(broken_long)),
            without,
            "data.on_bad_sample=drop",
        ),
        table_case(
            "row_too_short_tsv", "t.tsv", as_text("\n".join(broken_short).replace(",", "\t")), named
        ),
        table_case(
            "empty_line_inside", "t.csv", as_text("\n".join([*lines[:20], "", *lines[20:]])), whole
        ),
        table_case("empty_lines_at_end", "t.csv", as_text("\n".join(lines) + "\n\n\n"), whole),
        table_case(
            "blank_line_of_spaces",
            "t.csv",
            as_text("\n".join([*lines[:20], "   ", *lines[20:]])),
            either(whole, refused(r"line 21|row 20|no text|columns")),
        ),
        table_case(
            "jsonl_cut",
            "t.jsonl",
            as_text("".join(json.dumps(row) + "\n" for row in rows)[:-30]),
            refused("t.jsonl|line 60|row 60"),
        ),
        table_case(
            "jsonl_one_broken_line",
            "t.jsonl",
            as_text(
                "\n".join("{broken" if at == 9 else json.dumps(row) for at, row in enumerate(rows))
            ),
            refused("line 10|row 10|t.jsonl"),
        ),
        table_case(
            "jsonl_one_broken_line_dropped",
            "t.jsonl",
            as_text(
                "\n".join("{broken" if at == 9 else json.dumps(row) for at, row in enumerate(rows))
            ),
            right(holds([one for one in IDS if one != "s009"])),
            "data.on_bad_sample=drop",
        ),
        table_case(
            "jsonl_blank_lines",
            "t.jsonl",
            as_text("\n\n".join(json.dumps(row) for row in rows)),
            whole,
        ),
        table_case(
            "jsonl_key_twice",
            "t.jsonl",
            as_text(
                "\n".join(
                    json.dumps(row)[:-1] + ', "text": "awful"}' if at == 9 else json.dumps(row)
                    for at, row in enumerate(rows)
                )
            ),
            refused("text|line|t.jsonl"),
        ),
        table_case(
            "jsonl_key_missing",
            "t.jsonl",
            as_text(
                "\n".join(
                    json.dumps(
                        {key: value for key, value in row.items() if at != 9 or key != "text"}
                    )
                    for at, row in enumerate(rows)
                )
            ),
            right(holds([one for one in IDS if one != "s009"])),
        ),
        table_case("jsonl_numbers_alone", "t.jsonl", as_text("1\n2\n3\n"), refused("t.jsonl")),
        table_case(
            "jsonl_deep",
            "t.jsonl",
            as_text(
                "\n".join(json.dumps(row) for row in rows)
                + '\n{"id": '
                + "[" * 50_000
                + "]" * 50_000
                + "}\n"
            ),
            refused("t.jsonl|line|row"),
        ),
    ]


CASES = [*_broken()]
