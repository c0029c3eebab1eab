"""Scores that are none."""

from __future__ import annotations

import json
from typing import Any

from campaign.case import Case, right, said
from campaign.run_folders.changing import ON, Change, case, edited_json


def _metrics() -> list[Case]:
    def at(*path: str, value: Any) -> Change:
        def change(content: dict[str, Any]) -> None:
            node: Any = content
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value

        return edited_json("metrics.json", change)

    return [
        case("metrics_empty", lambda run: (run / "metrics.json").write_text("")),
        case("metrics_list", lambda run: (run / "metrics.json").write_text("[1]")),
        case("metrics_number", lambda run: (run / "metrics.json").write_text("5")),
        case("metrics_null", lambda run: (run / "metrics.json").write_text("null")),
        case("metrics_deep", lambda run: (run / "metrics.json").write_text('{"val":' * 100_000)),
        case("metrics_binary", lambda run: (run / "metrics.json").write_bytes(b"\xff" * 500)),
        case("metrics_nothing", lambda run: (run / "metrics.json").write_text("{}")),
        case("metrics_split_list", at("val", value=[1])),
        case("metrics_split_text", at("val", value="good")),
        case("metrics_score_text", at("val", "accuracy", value="best")),
        case("metrics_score_list", at("val", "accuracy", value=[1])),
        case("metrics_score_null", at("val", "accuracy", value=None)),
        case("metrics_score_escape", at("test", "accuracy", value="\x1b[2J<script>")),
        case("metrics_score_huge", at("val", "accuracy", value=1e308)),
        case(
            "metrics_score_nan",
            edited_json(
                "metrics.json",
                lambda content: json.dumps(content).replace(
                    '"accuracy": 0', '"accuracy": NaN, "was": 0', 1
                ),
            ),
        ),
        case(
            "metrics_no_score",
            edited_json("metrics.json", lambda content: content["val"].pop("accuracy") and None),
        ),
        case(
            "metrics_no_support",
            edited_json("metrics.json", lambda content: content["val"].pop("support") and None),
        ),
        case("metrics_support_text", at("val", "support", value="many")),
        case("metrics_per_class_list", at("val", "per_class", value=[1])),
        case("metrics_per_class_text", at("val", "per_class", value={"bad": "x"})),
        case(
            "metrics_per_class_list_over_seeds",
            at("val", "per_class", value=[1]),
            _REPORTED_OVER_SEEDS,
            *ON,
            "over_seeds=true",
        ),
        case(
            "metrics_score_text_over_seeds",
            at("val", "accuracy", value="best"),
            _REPORTED_OVER_SEEDS,
            *ON,
            "over_seeds=true",
        ),
        case("metrics_split_named_oddly", at("\x1b[2J=evil", value={"accuracy": 1})),
        case("metrics_leaky_text", at("leaky", value="no")),
        case(
            "metrics_is_a_folder",
            lambda run: ((run / "metrics.json").unlink(), (run / "metrics.json").mkdir()),
        ),
    ]


_REPORTED_OVER_SEEDS = right(said("image"))


CASES = [*_metrics()]
