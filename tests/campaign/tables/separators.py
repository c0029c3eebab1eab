"""Separators, line ends, headers and columns."""

from __future__ import annotations

from campaign.case import Case, either, refused, right
from campaign.material import plain_rows
from campaign.results import same_as
from campaign.tables.writing import as_text, changed, table_case, unquoted, unquoted_lines


def _separators() -> list[Case]:
    """Separators, line ends and headers."""
    rows = plain_rows()
    fancy = changed(text={3: "schön awful ärger", 4: "café happy", 6: "naïve awful Straße"})
    whole, _fancied = right(same_as(rows)), right(same_as(fancy))
    lines = unquoted_lines(rows, ",")
    excel = "\r\n".join(["sep=;", *unquoted_lines(rows, ";")]) + "\r\n"
    indexed = "\n".join([f",{lines[0]}", *(f"{at},{line}" for at, line in enumerate(lines[1:]))])
    spaced = "\n".join(
        [lines[0].replace(",", ", "), *(one.replace(",", ", ") for one in lines[1:])]
    )
    return [
        table_case("semicolons", "t.csv", unquoted(rows, ";"), whole),
        table_case("pipes", "t.csv", unquoted(rows, "|"), either(whole, refused("separator"))),
        table_case(
            "tabs_called_csv", "t.csv", unquoted(rows, "\t"), either(whole, refused("separator"))
        ),
        table_case(
            "commas_called_tsv", "t.tsv", unquoted(rows, ","), either(whole, refused("separator"))
        ),
        table_case(
            "excel_sep_line",
            "t.csv",
            as_text(excel),
            either(whole, refused("sep=|column|separator")),
        ),
        table_case("windows_line_ends", "t.csv", unquoted(rows, ",", "\r\n"), whole),
        table_case(
            "old_mac_line_ends", "t.csv", unquoted(rows, ",", "\r"), either(whole, refused("t.csv"))
        ),
        table_case(
            "mixed_line_ends",
            "t.csv",
            as_text("\r\n".join(lines[:30]) + "\r\n" + "\n".join(lines[30:])),
            whole,
        ),
        table_case("pandas_index", "t.csv", as_text(indexed), whole),
        table_case(
            "header_with_spaces", "t.csv", as_text(spaced), either(whole, refused("column|image"))
        ),
        table_case(
            "header_in_capitals",
            "t.csv",
            as_text("\n".join(["ID,Text,Image,Label", *lines[1:]])),
            either(whole, refused("column")),
        ),
        table_case(
            "column_twice",
            "t.csv",
            as_text("\n".join(["id,text,image,label,label", *(f"{one},x" for one in lines[1:])])),
            refused("more than one column"),
        ),
        table_case(
            "column_missing",
            "t.csv",
            as_text("\n".join(["id,body,image,label", *lines[1:]])),
            refused("no column text", "body"),
        ),
        table_case(
            "column_named_else",
            "t.csv",
            as_text("\n".join(["id,body,image,label", *lines[1:]])),
            whole,
            "data.source.text=body",
        ),
        table_case(
            "column_unicode",
            "t.csv",
            as_text("\n".join(["id,Text über,image,label", *lines[1:]])),
            whole,
            "data.source.text='Text über'",
        ),
        table_case(
            "extra_columns",
            "t.csv",
            as_text(
                "\n".join(
                    [
                        f"{lines[0]},likes,when",
                        *(
                            f"{one},{at},2024-01-{at % 28 + 1:02}"
                            for at, one in enumerate(lines[1:])
                        ),
                    ]
                )
            ),
            whole,
        ),
    ]


CASES = [*_separators()]
