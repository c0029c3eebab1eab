"""Dashboards of a W&B project: saved there with an API key, else written as JSON to look at."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from lfx.reporting.tracking.workspace import NAME, build_workspace, sections
from lfx.runtime.errors import ConfigError
from lfx.runtime.files import write_json
from lfx.training.loggers import has_api_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger("lfx.report")

_INTRODUCTION = {
    "training": "Losses, validated accuracy, learning rate and pace of each training run.",
    "fusion sweep": "Each line is a job: its scheme, the weights that it found, and its scores.",
    "comparison of members": "Scores of members, baselines and fusions on the same samples.",
    "calibration": "How far probabilities can be believed; less is better.",
    "cases": "Samples that a fusion corrected or corrupted, compared with its best member.",
}


def make_dashboards(
    place: str, members: Sequence[str], verdicts: Sequence[str], folder: Path
) -> list[Path]:
    """Save a workspace and a report in a W&B project; without an API key, write them as JSON.

    Args:
        place: `ENTITY/PROJECT`.
        members: names of the fusions' members.
        verdicts: sentences that the report begins with.
        folder: folder of the files.

    Returns:
        The paths of the files; empty where all was saved.

    Raises:
        ConfigError: W&B refuses it.
    """
    entity, _, project = place.partition("/")
    workspace = build_workspace(entity, project, members)
    report = build_report(entity, project, members, verdicts)
    if not has_api_key():
        files = [folder / "workspace.json", folder / "report.json"]
        write_json(files[0], _plain(workspace._to_model()))  # noqa: SLF001, it has no other way
        write_json(files[1], _plain(report._to_model()))  # noqa: SLF001
        log.info(
            "W&B has no API key here, so nothing was sent; to make these dashboards in %s: "
            "wandb login, then the same command",
            place,
        )
        return files
    import wandb

    try:
        workspace.save()
        report.save()
    except (wandb.Error, ValueError, OSError) as error:
        raise ConfigError(
            f"wandb={place}: W&B has not taken the dashboards: {error}; does the project exist, "
            "and may this API key write to it?"
        ) from error
    log.info("workspace: %s\nreport: %s", workspace.url, report.url)
    return []


def build_report(entity: str, project: str, members: Sequence[str], verdicts: Sequence[str]) -> Any:
    """Build the report; nothing is sent.

    Args:
        entity: W&B user or team.
        project: W&B project.
        members: names of the fusions' members.
        verdicts: sentences that it begins with.

    Returns:
        A `wandb_workspaces.reports.v2.Report`.
    """
    import wandb_workspaces.reports.v2 as wr

    blocks: list[Any] = [wr.TableOfContents()]
    if verdicts:
        blocks += [wr.H1("Verdict"), *(wr.P(sentence) for sentence in verdicts)]
    for name, panels in sections(members).items():
        blocks += [wr.H1(name.capitalize()), wr.P(_INTRODUCTION[name])]
        # Without a project the runs are those of the report's own.
        blocks.append(wr.PanelGrid(runsets=[wr.Runset(name="runs")], panels=panels))
    return wr.Report(
        entity=entity,
        project=project,
        title=NAME,
        description="Members, fusions and what tells them apart, written by lfx.report.",
        blocks=blocks,
        width="fluid",
    )


def _plain(model: Any) -> Any:
    """Return a model of the library's as W&B's server would be sent it."""
    return json.loads(model.model_dump_json(by_alias=True, exclude_none=True))
