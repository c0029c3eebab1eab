"""Links, pipes and devices in the place of files."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from campaign.case import Case, either, refused, right
from campaign.material import TEXT, plain_rows, table, write_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from campaign.paths.placing import SAME, case


def _loop(work: Path) -> None:
    (work / "data/loop").symlink_to("loop")


def _linked(work: Path) -> None:
    (work / "data").rename(work / "real")
    (work / "data").symlink_to("real")


def _fifo(name: str) -> Callable[[Path], object]:
    def make(work: Path) -> None:
        (work / name).unlink(missing_ok=True)
        os.mkfifo(work / name)

    return make


def _rows(**values: str) -> Callable[[Path], object]:
    """Write the plain table with some values in its fourth row."""

    def write(work: Path) -> None:
        rows = plain_rows()
        rows[3] |= values
        write_jsonl(work / "data/plain.jsonl", rows)

    return write


def _files() -> list[Case]:
    on = table("plain.jsonl")
    file = "data.source.file"

    def fifo_image(work: Path) -> None:
        _fifo("data/images/pipe.png")(work)
        _rows(image="images/pipe.png")(work)

    def loop_image(work: Path) -> None:
        (work / "data/images/loop.png").symlink_to("loop.png")
        _rows(image="images/loop.png")(work)

    return [
        case("table_dev_zero", (*TEXT, *table("/dev/zero")), refused("/dev/zero")),
        case(
            "table_dev_zero_linked",
            (*TEXT, *table("t.csv")),
            refused("t.csv"),
            lambda work: (work / "data/t.csv").symlink_to("/dev/zero"),
        ),
        case("table_dev_null", (*TEXT, *table("/dev/null")), refused("/dev/null")),
        case("table_stdin", (*TEXT, *table("/dev/stdin")), refused("/dev/stdin")),
        case(
            "table_pipe", (*TEXT, *table("pipe.csv")), refused("pipe.csv"), _fifo("data/pipe.csv")
        ),
        case(
            "table_pipe_parquet",
            (*TEXT, *table("pipe.parquet")),
            refused("pipe.parquet"),
            _fifo("data/pipe.parquet"),
        ),
        case(
            "table_pipe_jsonl",
            (*TEXT, *table("pipe.jsonl")),
            refused("pipe.jsonl"),
            _fifo("data/pipe.jsonl"),
        ),
        case("table_folder", (*TEXT, *table("images")), refused("images")),
        case("table_loop", (*TEXT, *table("loop")), refused("loop"), _loop),
        case("table_missing", (*TEXT, *table("none.csv")), refused("none.csv")),
        case("table_name_too_long", (*TEXT, *table("x" * 300 + ".csv")), refused("255 bytes")),
        case("table_proc_mem", (*TEXT, *table("/proc/self/mem")), refused("mem")),
        case(
            "table_linked",
            (*TEXT, *table("link.jsonl")),
            SAME,
            lambda work: (work / "data/link.jsonl").symlink_to("plain.jsonl"),
        ),
        case("root_linked", (*TEXT, *on), SAME, _linked),
        case("root_missing", (*TEXT, *on, "data.root=none"), refused("data.root=none")),
        case("root_file", (*TEXT, *on, "data.root=data/plain.jsonl"), refused("data.root")),
        case("root_loop", (*TEXT, *on, "data.root=data/loop"), refused("data.root"), _loop),
        case("root_empty", (*TEXT, *on, "data.root=''"), refused("data.root|no table")),
        case("root_tilde", (*TEXT, *on, "data.root='~/none'"), refused("none")),
        case("image_pipe", (*TEXT, *on), refused("s003"), fifo_image),
        case("image_loop", (*TEXT, *on), refused("s003"), loop_image),
        case("image_dev_zero", (*TEXT, *on), refused("s003"), _rows(image="/dev/zero")),
        case("image_stdin", (*TEXT, *on), refused("s003"), _rows(image="/dev/stdin")),
        case(
            "split_file_pipe",
            (*TEXT, *on, "data.split=file", "data.split_file=pipe.csv"),
            refused("pipe.csv"),
            _fifo("pipe.csv"),
        ),
        case(
            "split_file_dev_zero",
            (*TEXT, *on, "data.split=file", "data.split_file=/dev/zero"),
            refused("/dev/zero"),
        ),
        case(
            "paraphrases_pipe",
            (*TEXT, *on, "paraphrases.file=pipe.jsonl"),
            refused("pipe.jsonl"),
            _fifo("pipe.jsonl"),
        ),
        case(
            "paraphrases_dev_zero", (*TEXT, *on, "paraphrases.file=/dev/zero"), refused("/dev/zero")
        ),
        case(
            "paraphrases_folder", (*TEXT, *on, "paraphrases.file=data"), refused("paraphrases.file")
        ),
        case(
            "ckpt_pipe",
            (*on, "ckpt=pipe.ckpt", "hydra.run.dir=run"),
            refused("pipe.ckpt"),
            _fifo("pipe.ckpt"),
            "predict",
        ),
        case(
            "ckpt_dev_zero",
            (*on, "ckpt=/dev/zero", "hydra.run.dir=run"),
            refused("/dev/zero"),
            stage="predict",
        ),
        case(
            "ckpt_loop",
            (*on, "ckpt=data/loop", "hydra.run.dir=run"),
            refused("loop"),
            _loop,
            "predict",
        ),
        case(
            "ckpt_train_pipe",
            (*TEXT, *on, "ckpt=pipe.ckpt"),
            refused("pipe.ckpt"),
            _fifo("pipe.ckpt"),
        ),
        case(
            "member_pipe",
            ("data=table", "data.name=plain", "members.text=pipe.parquet", "hydra.run.dir=run"),
            refused("pipe.parquet"),
            _fifo("pipe.parquet"),
            "fuse",
            "text",
        ),
        case(
            "member_dev_zero",
            ("data=table", "data.name=plain", "members.text=/dev/zero", "hydra.run.dir=run"),
            refused("/dev/zero"),
            stage="fuse",
        ),
        case(
            "member_loop",
            ("data=table", "data.name=plain", "members.text=data/loop", "hydra.run.dir=run"),
            refused("loop"),
            _loop,
            "fuse",
            "text",
        ),
        case(
            "report_pipe_inside",
            ("runs=old", "hydra.run.dir=run"),
            either(right(), refused("run")),
            lambda work: (_fifo("old/pipe")(work), _fifo("old/text/metrics.json")(work)),
            "report",
            "text",
            "image",
        ),
        case(
            "report_loop_of_links",
            ("runs=old", "hydra.run.dir=run"),
            right(),
            lambda work: (work / "old/text/again").symlink_to(work / "old"),
            "report",
            "text",
        ),
        case(
            "augment_to_pipe",
            ("augmenter=keyboard", *on, "file=pipe.jsonl", "hydra.run.dir=run"),
            refused("pipe.jsonl"),
            _fifo("pipe.jsonl"),
            "augment",
        ),
        case(
            "augment_to_dev_full",
            ("augmenter=keyboard", *on, "file=/dev/full", "hydra.run.dir=run"),
            refused("file|/dev/full"),
            stage="augment",
        ),
        case(
            "run_dir_dev_null", (*TEXT[:-1], *on, "hydra.run.dir=/dev/null"), refused("/dev/null")
        ),
        case(
            "artifact_dir_in_proc",
            (*TEXT, *on, "artifacts.dir=/proc/artifacts"),
            refused("artifacts.dir"),
        ),
        case(
            "empty_image_folder",
            (*TEXT, *on),
            refused("image"),
            lambda work: (shutil.rmtree(work / "data/images"), (work / "data/images").mkdir()),
        ),
        case(
            "file_twice_named",
            (*TEXT, *on, f"{file}=plain.jsonl", f"{file}=none.jsonl"),
            refused("none.jsonl|more than once|multiple"),
        ),
        case(
            "cache_is_a_file",
            (*TEXT, *on, "data.cache_dir=cache"),
            refused("cache_dir"),
            lambda work: (work / "cache").write_text("x"),
        ),
        case(
            "outputs_is_a_file",
            (*TEXT, *on),
            refused("outputs|cache_dir"),
            lambda work: (work / "outputs").write_text("x"),
        ),
    ]


CASES = [*_files()]
