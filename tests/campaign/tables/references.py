"""Names of image files."""

from __future__ import annotations

from functools import partial

from campaign.case import Case, refused, right
from campaign.material import IMAGE, plain_rows
from campaign.results import holds
from campaign.tables.writing import IDS, as_csv, as_jsonl, as_parquet, changed, table_case


def _references() -> list[Case]:
    """Names of image files, for an image model; a text model does not look at them."""
    nan = float("nan")
    rows = plain_rows()
    image_case = partial(table_case, model=IMAGE)
    return [
        table_case(
            "image_missing_for_text",
            "t.csv",
            as_csv(changed(image={3: "images/none.png", 4: "", 5: "/etc/hostname"})),
            right(holds(IDS)),
        ),
        image_case(
            "image_missing",
            "t.csv",
            as_csv(changed(image={3: "images/none.png"})),
            refused("s003", "none.png"),
        ),
        image_case(
            "image_empty",
            "t.csv",
            as_csv(changed(image={3: ""})),
            right(holds([one for one in IDS if one != "s003"])),
        ),
        image_case(
            "image_nan",
            "t.parquet",
            as_parquet([row | {"image": nan} for row in rows]),
            refused("image"),
        ),
        image_case(
            "image_folder", "t.csv", as_csv(changed(image={3: "images"})), refused("s003", "image")
        ),
        image_case(
            "image_absolute", "t.csv", as_csv(changed(image={3: "/etc/hostname"})), refused("s003")
        ),
        image_case(
            "image_name_too_long",
            "t.csv",
            as_csv(changed(image={3: "x" * 300 + ".png"})),
            refused("s003"),
        ),
        image_case(
            "image_name_nul", "t.jsonl", as_jsonl(changed(image={3: "a\0b.png"})), refused("s003")
        ),
        image_case(
            "image_url",
            "t.csv",
            as_csv(changed(image={3: "https://example.org/a.png"})),
            refused("s003"),
        ),
        image_case(
            "image_lists",
            "t.jsonl",
            as_jsonl([row | {"image": [row["image"]]} for row in rows]),
            refused("image"),
        ),
    ]


CASES = [*_references()]
