"""What surrounds a run: full disks, closed streams, missing homes, odd environments."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from campaign.case import Case, Expectation, Kind, Outcome, either, left, refused, right
from campaign.material import IMAGE, TEXT, plain_rows, table
from campaign.results import same_as

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.material import Material

_ON = table("plain.jsonl")
_SAME = right(same_as(plain_rows()))
_NO_ROOM = refused("room|space|large|disk")


def _case(
    name: str,
    expect: Expectation,
    arguments: tuple[str, ...] = (*TEXT, *_ON),
    stage: str = "train",
    **surroundings: object,
) -> Case:
    def prepare(work: Path, material: Material) -> None:
        material.put_plain(work)
        if stage in {"fuse", "report", "predict"}:
            material.put_trained(work, "text", "image")

    return Case(
        f"surroundings/{name}",
        Kind.bad_input,
        stage,
        arguments,
        expect,
        prepare,
        **surroundings,  # type: ignore[arg-type]
    )


def _of_two(*statuses: int) -> Expectation:
    """Expect one of some exit statuses: who reads the output has left."""

    def check(outcome: Outcome, _material: Material) -> str | None:
        fits = outcome.status in statuses
        return None if fits else f"status {outcome.status}, not one of {statuses}"

    return check


def _full(size: int) -> dict[int, int]:
    return {resource.RLIMIT_FSIZE: size}


_FUSE = ("data=table", "data.name=plain", "fusion=mean", "hydra.run.dir=run")
CASES = [
    *(
        _case(f"full_disk_text_{size}", either(_NO_ROOM, _SAME), limits=_full(size))
        for size in (100, 2000, 20_000, 300_000)
    ),
    *(
        _case(
            f"full_disk_image_{size}",
            either(_NO_ROOM, right(same_as(plain_rows(), IMAGE))),
            (*IMAGE, *_ON),
            limits=_full(size),
        )
        for size in (500, 10_000, 100_000, 400_000)
    ),
    *(
        _case(
            f"full_disk_fuse_{size}",
            either(_NO_ROOM, right(left("run/predictions.parquet"))),
            _FUSE,
            "fuse",
            limits=_full(size),
        )
        for size in (1000, 6000)
    ),
    *(
        _case(
            f"full_disk_report_{size}",
            either(_NO_ROOM, right(left("run/report.csv"))),
            ("runs=old", "hydra.run.dir=run"),
            "report",
            limits=_full(size),
        )
        for size in (300, 900)
    ),
    *(
        _case(
            f"full_disk_augment_{size}",
            _NO_ROOM,
            ("augmenter=keyboard", *_ON, "hydra.run.dir=run"),
            "augment",
            limits=_full(size),
        )
        for size in (400, 3000)
    ),
    _case("few_open_files", either(_SAME, refused("files")), limits={resource.RLIMIT_NOFILE: 24}),
    _case(
        "no_more_processes",
        either(_SAME, refused("workers|process|thread")),
        (*TEXT, *_ON, "trainer.workers=2"),
        limits={resource.RLIMIT_NPROC: 1},
    ),
    _case("stdout_left", _of_two(0, 1), broken=(1,)),
    _case("stderr_left", _of_two(0, 1), broken=(2,)),
    _case("both_left", _of_two(0, 1), broken=(1, 2)),
    _case("stderr_left_of_a_mistake", _of_two(1, 2), (*TEXT, *_ON, "seed=-1"), broken=(2,)),
    _case(
        "stdout_left_report",
        _of_two(0, 1),
        ("runs=old", "hydra.run.dir=run"),
        "report",
        broken=(1,),
    ),
    _case("stdout_left_fuse", _of_two(0, 1), _FUSE, "fuse", broken=(1,)),
    _case("no_home", _SAME, environment={"HOME": None}),
    _case("home_is_nowhere", _SAME, environment={"HOME": "/nowhere/at/all"}),
    _case("home_is_a_file", _SAME, environment={"HOME": "/etc/hostname"}),
    _case("no_user", _SAME, environment={"USER": None, "LOGNAME": None}),
    _case("no_language", _SAME, environment={"LANG": "C", "LC_ALL": "C"}),
    _case("language_that_is_none", _SAME, environment={"LANG": "xx_XX.nothing", "LC_ALL": "xx"}),
    _case(
        "temporary_folder_is_nowhere",
        either(_SAME, refused("TMPDIR|temporary|folder|directory")),
        environment={"TMPDIR": "/nowhere"},
    ),
    _case("threads_that_are_no_number", _SAME, environment={"OMP_NUM_THREADS": "many"}),
    _case("terminal_of_one_column", _SAME, environment={"COLUMNS": "1", "LINES": "1"}),
    _case("terminal_wide", _SAME, environment={"COLUMNS": "100000"}),
    _case("terminal_that_is_none", _SAME, environment={"TERM": "dumb", "NO_COLOR": "1"}),
    _case("colours_forced", _SAME, environment={"CLICOLOR_FORCE": "1", "PY_COLORS": "1"}),
    _case("python_warns_of_all", _SAME, environment={"PYTHONWARNINGS": "error"}),
    _case("matplotlib_in_a_window", _SAME, environment={"MPLBACKEND": "nonsense"}),
    _case("pl_global_seed", _SAME, environment={"PL_GLOBAL_SEED": "nonsense"}),
    _case("slurm_around", _SAME, environment={"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "bash"}),
    _case(
        "distributed_variables",
        either(_SAME, refused("LOCAL_RANK|WORLD_SIZE|rank")),
        environment={"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"},
    ),
    _case("hydra_full_error", _SAME, environment={"HYDRA_FULL_ERROR": "0"}),
]
