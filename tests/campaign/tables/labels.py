"""Labels and class names."""

from __future__ import annotations

import json

from campaign.case import Case, either, refused, right, said
from campaign.material import plain_rows
from campaign.results import holds, same_as
from campaign.tables.writing import IDS, as_csv, as_jsonl, as_parquet, as_text, changed, table_case


def _labels() -> list[Case]:
    """Labels and classes."""
    nan = float("nan")
    rows = plain_rows()
    labels = [row | {"label": at % 2} for at, row in enumerate(rows)]
    label_text = [row | {"label": str(at % 2)} for at, row in enumerate(rows)]
    label_floats = [row | {"label": float(at % 2)} for at, row in enumerate(rows)]
    booleans = [row | {"label": bool(at % 2)} for at, row in enumerate(rows)]
    no_label = refused("label", "s003")
    dropped = right(holds([one for one in IDS if one != "s003"]))
    drop = "data.on_bad_sample=drop"
    return [
        table_case(
            "labels_nan_parquet",
            "t.parquet",
            as_parquet(
                [row | {"label": nan if at == 3 else float(at % 2)} for at, row in enumerate(rows)]
            ),
            no_label,
        ),
        table_case(
            "labels_nan_text_mixed",
            "t.jsonl",
            as_text("\n".join(json.dumps(row) for row in changed(label={3: nan}))),
            either(no_label, refused("t.jsonl")),
        ),
        table_case("labels_null", "t.jsonl", as_jsonl(changed(label={3: None})), no_label),
        table_case(
            "labels_null_dropped",
            "t.jsonl",
            as_jsonl(changed(label={3: None})),
            either(dropped, no_label),
            drop,
        ),
        table_case("labels_empty", "t.csv", as_csv(changed(label={3: ""})), no_label),
        table_case("labels_blank", "t.csv", as_csv(changed(label={3: "  "})), no_label),
        table_case(
            "labels_word_nan",
            "t.csv",
            as_csv(changed(label={3: "nan"})),
            right(said("a class is called 'nan'; if that means no label")),
        ),
        table_case("labels_numbers", "t.jsonl", as_jsonl(labels), right(same_as(label_text))),
        table_case("labels_numbers_csv", "t.csv", as_csv(labels), right(same_as(label_text))),
        table_case(
            "labels_floats", "t.parquet", as_parquet(label_floats), right(same_as(label_text))
        ),
        table_case(
            "labels_booleans",
            "t.jsonl",
            as_jsonl(booleans),
            either(
                right(holds(IDS, ("False", "True"))),
                right(holds(IDS, ("false", "true"))),
                refused("label"),
            ),
        ),
        table_case(
            "labels_spaces",
            "t.csv",
            as_csv(
                [
                    row | {"label": f" {row['label']}" if at % 4 < 2 else row["label"]}
                    for at, row in enumerate(rows)
                ]
            ),
            either(right(said("bad|good", "class|label"), holds(IDS)), refused("class|label")),
        ),
        table_case(
            "labels_capitals",
            "t.csv",
            as_csv(
                [
                    row | {"label": row["label"].title() if at % 4 < 2 else row["label"]}
                    for at, row in enumerate(rows)
                ]
            ),
            either(
                right(said("Bad|Good", "alike|near|similar|differ|same|case"), holds(IDS)),
                refused("class|label"),
            ),
        ),
        table_case(
            "labels_one_rare",
            "t.csv",
            as_csv(changed(label={3: "rare"})),
            right(said("split val has no sample of class rare", "split test has no sample")),
        ),
        table_case(
            "labels_one_rare_dropped",
            "t.csv",
            as_csv(changed(label={3: "rare"})),
            right(holds([one for one in IDS if one != "s003"], ("bad", "good"))),
            "data.rare_classes=drop",
            "data.min_class_size=2",
        ),
        table_case(
            "labels_none_rare",
            "t.csv",
            as_csv(rows),
            right(holds(IDS, ("bad", "good")), said("data.rare_classes=drop changes nothing")),
            "data.rare_classes=drop",
        ),
        table_case(
            "labels_one_class_only",
            "t.csv",
            as_csv([row | {"label": "good"} for row in rows]),
            refused("class"),
        ),
        table_case(
            "labels_all_different",
            "t.csv",
            as_csv([row | {"label": f"c{at}"} for at, row in enumerate(rows)]),
            refused("class"),
        ),
        table_case(
            "labels_lists",
            "t.jsonl",
            as_jsonl([row | {"label": [row["label"]]} for row in rows]),
            refused("label"),
        ),
        table_case(
            "labels_lists_parquet",
            "t.parquet",
            as_parquet([row | {"label": [row["label"]]} for row in rows]),
            refused("label"),
        ),
        table_case(
            "labels_objects",
            "t.jsonl",
            as_jsonl([row | {"label": {"is": row["label"]}} for row in rows]),
            refused("label"),
        ),
        table_case(
            "labels_lists_as_text",
            "t.csv",
            as_csv([row | {"label": f"[{at % 2}]"} for at, row in enumerate(rows)]),
            either(refused("label|list"), right(said("list|\\["))),
        ),
        table_case(
            "labels_slashes",
            "t.csv",
            as_csv([row | {"label": f"../../{row['label']}/x"} for row in rows]),
            either(right(holds(IDS)), refused("class|label")),
        ),
        table_case(
            "labels_formulas",
            "t.csv",
            as_csv([row | {"label": f"=cmd|'{row['label']}'!A1"} for row in rows]),
            either(right(holds(IDS)), refused("class|label")),
        ),
        table_case(
            "labels_escape_sequences",
            "t.jsonl",
            as_jsonl([row | {"label": f"\x1b]0;owned\x07{row['label']}"} for row in rows]),
            either(right(holds(IDS)), refused("class|label")),
        ),
        table_case(
            "labels_markup",
            "t.jsonl",
            as_jsonl([row | {"label": f"[red]<script>{row['label']}[/]"} for row in rows]),
            either(right(holds(IDS)), refused("class|label")),
        ),
        table_case(
            "labels_unknown_to_classes",
            "t.csv",
            as_csv(changed(label={3: "ugly"})),
            refused("s003", "ugly"),
            "data.source.classes=[bad,good]",
        ),
        table_case(
            "classes_twice",
            "t.csv",
            as_csv(rows),
            refused("classes|repeat"),
            "data.source.classes=[bad,good,good]",
        ),
        table_case(
            "classes_one_unused",
            "t.csv",
            as_csv(rows),
            refused("ugly"),
            "data.source.classes=[bad,good,ugly]",
        ),
        table_case(
            "classes_empty", "t.csv", as_csv(rows), refused("class"), "data.source.classes=[]"
        ),
    ]


CASES = [*_labels()]
