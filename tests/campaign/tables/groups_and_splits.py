"""Groups and splits that the table itself names."""

from __future__ import annotations

from campaign.case import Case, refused, right, said
from campaign.material import plain_rows
from campaign.results import holds
from campaign.tables.writing import IDS, as_csv, as_jsonl, table_case


def _groups() -> list[Case]:
    """Groups and splits that the table names."""
    rows = plain_rows()
    return [
        table_case(
            "groups_given",
            "t.csv",
            as_csv([row | {"group": f"g{at // 4}"} for at, row in enumerate(rows)]),
            right(holds(IDS)),
            "data.source.group=group",
        ),
        table_case(
            "groups_column_missing",
            "t.csv",
            as_csv(rows),
            refused("group|patient"),
            "data.source.group=patient",
        ),
        table_case(
            "groups_one_for_all",
            "t.csv",
            as_csv([row | {"group": "g"} for row in rows]),
            refused("split|group"),
            "data.source.group=group",
        ),
        table_case(
            "groups_lists",
            "t.jsonl",
            as_jsonl([row | {"group": [at // 4]} for at, row in enumerate(rows)]),
            refused("group"),
            "data.source.group=group",
        ),
        table_case(
            "split_column",
            "t.csv",
            as_csv(
                [
                    row | {"split": "test" if at > 53 else "val" if at > 47 else "train"}
                    for at, row in enumerate(rows)
                ]
            ),
            right(holds(IDS)),
            "data.source.split=split",
            "data.split=file",
        ),
        table_case(
            "split_column_unknown",
            "t.csv",
            as_csv([row | {"split": "dev" if at > 47 else "train"} for at, row in enumerate(rows)]),
            refused("dev"),
            "data.source.split=split",
            "data.split=file",
        ),
        table_case(
            "split_column_no_val",
            "t.csv",
            as_csv(
                [row | {"split": "test" if at > 47 else "train"} for at, row in enumerate(rows)]
            ),
            refused("val"),
            "data.source.split=split",
            "data.split=file",
        ),
        table_case(
            "split_column_test_lacks_a_class",
            "t.csv",
            as_csv(
                [
                    row
                    | {
                        "split": ("test" if at % 2 else "train")
                        if at > 53
                        else "val"
                        if at > 47
                        else "train"
                    }
                    for at, row in enumerate(rows)
                ]
            ),
            right(said("test", "bad"), holds(IDS)),
            "data.source.split=split",
            "data.split=file",
        ),
        table_case(
            "split_column_train_lacks_a_class",
            "t.csv",
            as_csv([row | {"split": "train" if at % 2 else "val"} for at, row in enumerate(rows)]),
            refused("train", "bad"),
            "data.source.split=split",
            "data.split=file",
        ),
    ]


CASES = [*_groups()]
