"""Artifacts, single runs and multiruns."""

from __future__ import annotations

import shutil
from pathlib import Path

from campaign.case import Case, either, refused, right
from campaign.run_folders.changing import bomb, case, config, config_replaced, edited_json


def _others() -> list[Case]:
    sweep = ("sweep=old/sweep", "hydra.run.dir=run")
    one = ("run=old/text", "hydra.run.dir=run")
    fused = ("run=old/fuse", "hydra.run.dir=run")
    told = either(right(), refused("old|run|sweep|jobs"))
    of_sweep, of_fuse = ("sweep",), ("fuse", "text", "image")
    return [
        case("artifact_gone", lambda run: (run / "predictions.parquet").unlink()),
        case(
            "artifact_cut",
            lambda run: (run / "predictions.parquet").write_bytes(
                (run / "predictions.parquet").read_bytes()[:500]
            ),
        ),
        case("artifact_text", lambda run: (run / "predictions.parquet").write_text("no")),
        case("all_gone", lambda run: [file.unlink() for file in run.iterdir() if file.is_file()]),
        case("folder_name_escape", lambda run: shutil.copytree(run, run.parent / "a\x1b[2J\rb")),
        case(
            "folder_name_not_utf8",
            lambda run: shutil.copytree(run, Path(str(run.parent) + "/a\udcffb")),
        ),
        case("folder_deep", lambda run: (run / "/".join(["d"] * 400)).mkdir(parents=True)),
        case("link_to_root", lambda run: (run / "root").symlink_to("/")),
        case(
            "one_run_damaged_artifact",
            lambda run: (run / "predictions.parquet").write_text("no"),
            refused("old/text"),
            *one,
        ),
        case("one_run_no_config", lambda run: (run / ".hydra/config.yaml").unlink(), told, *one),
        case(
            "one_run_reads_environment",
            config_replaced("name: plain", "name: ${oc.env:SECRET}"),
            told,
            *one,
        ),
        case("one_run_alias_bomb", config(bomb(9)), told, *one),
        case("one_run_deep", config("a: " + "[" * 20_000), told, *one),
        case(
            "one_run_metrics_list", lambda run: (run / "metrics.json").write_text("[1]"), told, *one
        ),
        case("one_run_of_a_stranger", lambda run: shutil.rmtree(run / ".hydra"), told, *one),
        case(
            "fused_members_elsewhere",
            config_replaced("${artifacts.dir}/text.parquet", "/etc/passwd"),
            told,
            *fused,
            of=of_fuse,
        ),
        case(
            "fused_members_of_environment",
            config_replaced("${artifacts.dir}/text.parquet", "${oc.env:SECRET}"),
            told,
            *fused,
            of=of_fuse,
        ),
        case(
            "fused_members_list",
            config_replaced("${artifacts.dir}/text.parquet", "[1, 2]"),
            told,
            *fused,
            of=of_fuse,
        ),
        case(
            "fused_weights_junk",
            lambda run: (run / "weights.json").write_text("[[["),
            told,
            *fused,
            of=of_fuse,
        ),
        case(
            "sweep_job_status_list",
            lambda run: (run / "0/status.json").write_text("[]"),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_metrics_list",
            lambda run: (run / "0/metrics.json").write_text("[1]"),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_metrics_split_list",
            lambda run: (run / "0/metrics.json").write_text('{"val": [1]}'),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_metrics_text",
            lambda run: (run / "0/metrics.json").write_text('{"val": {"f1_weighted": "x"}}'),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_metrics_deep",
            lambda run: (run / "0/metrics.json").write_text("[" * 100_000),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_weights_text",
            lambda run: (run / "0/weights.json").write_text('{"members": 5, "weights": "x"}'),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_baselines_list",
            lambda run: (run / "0/baselines.json").write_text("[1]"),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_baselines_text",
            lambda run: (run / "0/baselines.json").write_text('{"val": 5}'),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_job_overrides_formula",
            edited_json(
                "0/status.json",
                lambda content: content.update(overrides=["fusion==1+1", "name=\x1b[2J"]),
            ),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_multirun_environment",
            lambda run: (run / "multirun.yaml").write_text("objective: ${oc.env:SECRET}\n"),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_multirun_bomb",
            lambda run: (run / "multirun.yaml").write_text(bomb(9)),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_multirun_deep",
            lambda run: (run / "multirun.yaml").write_text("a: " + "[" * 20_000),
            told,
            *sweep,
            of=of_sweep,
        ),
        case(
            "sweep_multirun_objective_list",
            lambda run: (run / "multirun.yaml").write_text("objective: [1]\n"),
            told,
            *sweep,
            of=of_sweep,
        ),
        case("sweep_list_of_jobs_junk", _every_list, told, *sweep, of=of_sweep),
        case("sweep_list_of_jobs_climbs", _climbing_list, told, *sweep, of=of_sweep),
    ]


def _every_list(sweep: Path) -> None:
    for file in sweep.glob("*.json*"):
        file.write_text("[[[ junk")


def _climbing_list(sweep: Path) -> None:
    """Let the multirun's own list of jobs name folders outside of it."""
    for file in sweep.glob("*.json*"):
        file.write_text(
            file.read_text()
            .replace('"0"', '"../../../precious"')
            .replace("/0", "/../../../precious")
        )


CASES = [*_others()]
