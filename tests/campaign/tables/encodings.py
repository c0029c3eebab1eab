"""Encodings, right and wrong."""

from __future__ import annotations

import json

from campaign.case import Case, either, refused, right
from campaign.material import plain_rows
from campaign.results import holds, same_as
from campaign.tables.writing import (
    IDS,
    as_csv,
    as_text,
    changed,
    table_case,
    unquoted,
    unquoted_lines,
)


def _encodings() -> list[Case]:
    """Encodings."""
    rows = plain_rows()
    fancy = changed(text={3: "schön awful ärger", 4: "café happy", 6: "naïve awful Straße"})
    whole, fancied = right(same_as(rows)), right(same_as(fancy))
    lines = unquoted_lines(rows, ",")
    japanese = changed(text={3: "今日は最悪 awful", 4: "ありがとう happy"})
    return [
        table_case("byte_order_mark", "t.csv", unquoted(rows, ",", encoding="utf-8-sig"), whole),
        table_case(
            "byte_order_mark_tsv", "t.tsv", unquoted(rows, "\t", encoding="utf-8-sig"), whole
        ),
        table_case(
            "utf16",
            "t.csv",
            unquoted(fancy, ",", encoding="utf-16"),
            either(fancied, refused("encoding|UTF-16|UTF-8")),
        ),
        table_case(
            "utf16_tsv",
            "t.tsv",
            unquoted(fancy, "\t", encoding="utf-16-le"),
            either(fancied, refused("encoding|UTF-16|UTF-8|column")),
        ),
        table_case(
            "latin1",
            "t.csv",
            unquoted(fancy, ",", encoding="latin-1"),
            either(fancied, refused("encoding|UTF-8")),
        ),
        table_case(
            "cp1252",
            "t.csv",
            unquoted(changed(text={3: "it’s awful – “so”"}), ",", encoding="cp1252"),
            either(
                right(same_as(changed(text={3: "it’s awful – “so”"}))), refused("encoding|UTF-8")
            ),
        ),
        table_case(
            "gb18030",
            "t.csv",
            unquoted(changed(text={3: "糟糕 awful"}), ",", encoding="gb18030"),
            either(right(same_as(changed(text={3: "糟糕 awful"}))), refused("encoding|UTF-8")),
        ),
        table_case(
            "shift_jis",
            "t.csv",
            unquoted(japanese, ",", encoding="shift_jis"),
            either(right(same_as(japanese)), refused("encoding|UTF-8")),
        ),
        table_case(
            "utf8_and_latin1",
            "t.csv",
            lambda file: file.write_bytes(
                b"\n".join(
                    [
                        *(one.encode() for one in lines[:10]),
                        lines[10].replace("s009,", "s009,\xe4").encode("latin-1"),
                        *(one.encode() for one in lines[11:]),
                    ]
                )
            ),
            either(refused("encoding|UTF-8|s009|line|row")),
        ),
        table_case(
            "unicode_separators",
            "t.csv",
            as_csv(changed(text={3: "one\u2028two awful\u0085three\x0b"})),
            right(same_as(changed(text={3: "one\u2028two awful\u0085three\x0b"}))),
        ),
        table_case(
            "nul_bytes",
            "t.csv",
            as_text(
                "\n".join([*lines[:10], lines[10].replace("s009,", "s009,a\0b "), *lines[11:]])
            ),
            either(right(holds(IDS)), refused("NUL|t.csv")),
        ),
        table_case(
            "jsonl_byte_order_mark",
            "t.jsonl",
            as_text("\ufeff" + "\n".join(json.dumps(row) for row in rows)),
            either(whole, refused("t.jsonl")),
        ),
        table_case(
            "jsonl_surrogate",
            "t.jsonl",
            as_text(
                "\n".join(
                    json.dumps(row | ({"text": "awful X"} if at == 9 else {}))
                    for at, row in enumerate(rows)
                ).replace("awful X", "awful \\ud83d")
            ),
            either(right(holds(IDS)), refused("t.jsonl|s009|line")),
        ),
    ]


CASES = [*_encodings()]
