"""Rows and columns that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from campaign.case import Case, Kind, either, right, said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from campaign.artifacts.changing import FINE, NO, case, of, same_mean

Rows = list[dict[str, Any]]


def _rows(change: Callable[[Rows], object]) -> Callable[[Path, Path], object]:
    """Change rows, and keep schema and metadata."""

    def edit(file: Path, _work: Path) -> None:
        table = pq.read_table(file)
        rows = table.to_pylist()
        change(rows)
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)

    return edit


def _table(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path, Path], object]:
    def edit(file: Path, _work: Path) -> None:
        table = pq.read_table(file)
        metadata = table.schema.metadata
        pq.write_table(change(table).replace_schema_metadata(metadata), file)

    return edit


def _column(name: str, make: Callable[[pa.Table], pa.Array]) -> Callable[[Path, Path], object]:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.get_field_index(name), name, make(table))

    return _table(change)


def _of_rows() -> list[Case]:
    nan = float("nan")

    def at(row: int, **values: Any) -> Callable[[Path, Path], object]:
        return _rows(lambda rows: rows[row].update(values))

    return [
        case("rows_none", _table(lambda table: table.slice(0, 0))),
        case("rows_nan", at(3, logits=[nan, 0.0])),
        case("rows_inf", at(3, logits=[float("inf"), 0.0])),
        case("rows_largest", at(3, logits=[3.4e38, -3.4e38]), either(NO, FINE)),
        case("rows_narrow", at(3, logits=[0.5])),
        case("rows_wide", at(3, logits=[0.5, 0.5, 0.5])),
        case("rows_no_logits", at(3, logits=[])),
        case(
            "rows_null_id",
            _column(
                "sample_id", lambda table: pa.array([None, *table["sample_id"].to_pylist()[1:]])
            ),
        ),
        case("rows_empty_id", at(3, sample_id="")),
        case("rows_twice", _table(lambda table: pa.concat_tables([table, table.slice(0, 1)]))),
        case("rows_label_beyond", at(3, label=7)),
        case("rows_label_negative", at(3, label=-1)),
        case(
            "rows_label_turned",
            _rows(lambda rows: [row.update(label=1 - row["label"]) for row in rows]),
        ),
        case(
            "rows_one_label_turned", _rows(lambda rows: rows[3].update(label=1 - rows[3]["label"]))
        ),
        case("rows_split_unknown", at(3, split="dev")),
        case(
            "rows_split_swapped",
            _rows(
                lambda rows: [
                    row.update(split={"val": "test", "test": "val"}.get(row["split"], row["split"]))
                    for row in rows
                ]
            ),
        ),
        case(
            "rows_only_train",
            _table(lambda table: table.filter(pa.compute.equal(table["split"], "train"))),
            right(said("left out of the join: no rows in text", "no labelled rows to report")),
            Kind.bad_input,
        ),
        case(
            "rows_no_val",
            _table(lambda table: table.filter(pa.compute.not_equal(table["split"], "val"))),
            right(said("split val is left out of the join: no rows in text")),
            Kind.bad_input,
        ),
        case("rows_few_lacking", _table(lambda table: table.slice(0, table.num_rows - 2))),
        case(
            "rows_few_lacking_renormalised",
            _table(lambda table: table.slice(0, table.num_rows - 2)),
            FINE,
            Kind.bad_input,
            "members.on_missing=renormalise",
        ),
        case(
            "rows_few_lacking_dropped",
            _table(lambda table: table.slice(0, table.num_rows - 2)),
            FINE,
            Kind.bad_input,
            "members.on_missing=drop",
        ),
        case(
            "rows_other_ids",
            _rows(
                lambda rows: [
                    row.update(sample_id=f"x{row['sample_id']}", group="g") for row in rows
                ]
            ),
        ),
        case(
            "rows_other_order",
            _table(lambda table: table.take(pa.array(range(table.num_rows - 1, -1, -1)))),
            right(same_mean),
            Kind.bad_input,
        ),
        case("rows_folds", at(3, fold=2), either(NO, right(same_mean))),
        case("rows_fold_negative", at(3, fold=-3)),
        case("rows_seen", at(3, seen=True), right(same_mean), Kind.bad_input),
        case(
            "rows_seen_unknown",
            _column("seen", lambda table: pa.nulls(table.num_rows, pa.bool_())),
            right(same_mean),
            Kind.bad_input,
        ),
        case(
            "rows_seen_as_numbers",
            _column("seen", lambda table: pa.array([1] * table.num_rows, pa.int8())),
        ),
        case("rows_seen_gone", _table(lambda table: table.drop_columns(["seen"]))),
        case("rows_group_escape", at(3, group="\x1b[2J"), either(NO, right(same_mean))),
        case(
            "rows_are_probabilities",
            _softmaxed,
            right(said("probabilit|softmax|logits")),
            Kind.bad_input,
        ),
        case(
            "rows_all_alike",
            _rows(lambda rows: [row.update(logits=[0.0, 0.0]) for row in rows]),
            FINE,
            Kind.bad_input,
        ),
        case(
            "columns_permuted",
            _table(lambda table: table.select(table.column_names[::-1])),
            right(same_mean),
            Kind.bad_input,
        ),
        case(
            "columns_one_more",
            _table(lambda table: table.append_column("evil", table["split"])),
            either(NO, right(same_mean)),
        ),
        case("columns_one_less", _table(lambda table: table.drop_columns(["logits"]))),
        case("columns_twice", _table(lambda table: table.append_column("split", table["split"]))),
        case(
            "columns_double",
            _column("logits", lambda table: table["logits"].cast(pa.list_(pa.float64()))),
            either(NO, right(same_mean)),
            Kind.bad_input,
        ),
        case(
            "columns_large",
            _table(
                lambda table: table.set_column(
                    0, "sample_id", table["sample_id"].cast(pa.large_string())
                )
            ),
            right(same_mean),
            Kind.bad_input,
        ),
        case(
            "columns_labels_as_text",
            _column(
                "label", lambda table: pa.array([str(one) for one in table["label"].to_pylist()])
            ),
        ),
        case(
            "columns_ids_as_numbers",
            _column("sample_id", lambda table: pa.array(range(table.num_rows))),
        ),
        case(
            "columns_logits_as_text",
            _column(
                "logits", lambda table: pa.array([str(one) for one in table["logits"].to_pylist()])
            ),
        ),
        case(
            "columns_logits_null",
            _column(
                "logits", lambda table: pa.array([None] * table.num_rows, pa.list_(pa.float32()))
            ),
        ),
        case("ids_are_formulas", _formulas, either(NO, FINE)),
    ]


def _softmaxed(file: Path, work: Path) -> None:
    def change(rows: Rows) -> None:
        for row in rows:
            shares = np.exp(np.asarray(row["logits"], float))
            row["logits"] = (shares / shares.sum()).tolist()

    _rows(change)(file, work)


def _formulas(_file: Path, work: Path) -> None:
    """Give a sample of both members an id that a table program would run."""
    for member in ("text", "image"):
        _rows(lambda rows: rows[3].update(sample_id='=HYPERLINK("http://evil")'))(
            of(work, member), work
        )


CASES = [*_of_rows()]
