"""Quotation marks inside of fields."""

from __future__ import annotations

from campaign.case import Case, either, refused, right
from campaign.results import same_as
from campaign.tables.writing import as_csv, as_text, changed, table_case, unquoted, unquoted_lines


def _quotes() -> list[Case]:
    """A quotation mark inside a field is a character, or its line is named; nothing vanishes."""
    cases = []
    marks = {
        "opens": {3: '"the train is late today'},
        "closes": {3: 'the train is late today"'},
        "opens_twice_far_apart": {3: '"awful morning', 40: '"happy morning'},
        "inside": {3: 'a 5" screen awful'},
        "doubled": {3: 'he said ""no"" awful'},
        "whole_field": {3: '"awful"'},
        "whole_and_more": {3: '"awful" he said'},
        "only_one": {3: '"'},
        "odd_three": {3: 'a " b " c " awful'},
        "last_row": {59: '"the end is happy'},
    }
    for name, change in marks.items():
        rows = changed(text=change)
        good = right(same_as(rows))
        if (
            name == "whole_field"
        ):  # that is how a field is quoted, so the marks are none of the text
            good = either(good, right(same_as(changed(text={3: "awful"}))))
        if name == "doubled":
            good = either(good, right(same_as(changed(text={3: 'he said "no" awful'}))))
        for file, separator in (("t.tsv", "\t"), ("t.csv", ",")):
            cases.append(
                table_case(
                    f"quote_{name}_{file[-3:]}",
                    file,
                    unquoted(rows, separator),
                    either(good, refused(r"quot|line \d+|row \d+|s003|s059")),
                )
            )
    rows = changed(text={3: 'said "no",\nand left, awful', 5: "tab\there", 8: "semi;colon"})
    cases += [
        table_case("quoted_newline_csv", "t.csv", as_csv(rows), right(same_as(rows))),
        table_case(
            "quoted_newline_tsv", "t.tsv", as_csv(rows, delimiter="\t"), right(same_as(rows))
        ),
        table_case("all_quoted", "t.csv", as_csv(rows, quoting=1), right(same_as(rows))),
    ]
    single = changed(text={3: "it's awful", 4: "'quoted' awful"})
    cases.append(table_case("single_quotes", "t.csv", as_csv(single), right(same_as(single))))
    cases.append(
        table_case(
            "escaped_by_backslash",
            "t.csv",
            as_text(
                "\n".join(unquoted_lines(changed(text={3: '"a \\"quoted\\" awful, word"'}), ","))
            ),
            either(
                right(same_as(changed(text={3: 'a "quoted" awful, word'}))),
                refused(r"quot|line|column|s003"),
            ),
        )
    )
    return cases


CASES = [*_quotes()]
