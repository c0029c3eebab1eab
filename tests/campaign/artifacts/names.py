"""Members' names, and files that are no members."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from campaign.artifacts.changing import FINE, NO, case
from campaign.case import Case, Kind, either, refused, right, silent_about


def _names() -> list[Case]:
    """Names of members, which the user chooses."""
    names = {
        "spaces": "'my text'",
        "unicode": "텍스트",
        "dots": "a.b",
        "formula": "'=1+1'",
        "markup": "'<script>'",
        "on": "on_missing",
        "same": "image",
        "slash": "a/b",
    }
    cases = []
    for what, name in names.items():
        more = f"members.{name}=outputs/artifacts/plain/text.parquet"
        expect = either(refused("member|name|grammar|override|on_missing"), FINE)
        cases.append(
            case(f"member_named_{what}", lambda _file, _work: None, expect, Kind.bad_input, more)
        )
    return [
        *cases,
        case(
            "member_twice_the_same_file",
            lambda _file, _work: None,
            either(refused("member|same"), FINE),
            Kind.bad_input,
            "members.third=outputs/artifacts/plain/text.parquet",
        ),
        case(
            "member_is_a_table",
            lambda _file, work: (
                (work / "t.parquet").write_bytes(b"")
                or pq.write_table(pa.table({"id": ["a"]}), work / "t.parquet")
            ),
            NO,
            Kind.bad_input,
            "members.text=t.parquet",
        ),
        case(
            "member_of_folds",
            lambda _file, _work: None,
            either(refused("fold|oof|val"), right(silent_about("nothing"))),
            Kind.bad_input,
            "members.text=outputs/artifacts/plain/folds.parquet",
        ),
    ]


CASES = [*_names()]
