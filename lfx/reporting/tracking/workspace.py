"""A W&B workspace over the runs of a project: training, sweeps, members, calibration, cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import ConfigError
from lfx.runtime.versions import how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "late fusion"
_STEP = "trainer/global_step"
_SPLITS = ("val", "test")


def require_workspaces() -> None:
    """Refuse dashboards without the package that builds them.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import wandb_workspaces.workspaces  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"wandb=ENTITY/PROJECT needs {error.name}, which is not installed; "
            f"{how_to_install('dashboards')}"
        ) from error


def build_workspace(entity: str, project: str, members: Sequence[str]) -> Any:
    """Build the workspace; nothing is sent.

    Args:
        entity: W&B user or team.
        project: W&B project.
        members: names of the fusions' members, whose weights are axes of the sweep's plot.

    Returns:
        A `wandb_workspaces.workspaces.Workspace`.
    """
    import wandb_workspaces.workspaces as ws

    return ws.Workspace(
        entity=entity,
        project=project,
        name=NAME,
        sections=[
            ws.Section(name=name, panels=panels, is_open=number < len(_SPLITS))
            for number, (name, panels) in enumerate(sections(members).items())
        ],
    )


def sections(members: Sequence[str]) -> dict[str, list[Any]]:
    """Return name → panels, for a workspace or a report.

    Args:
        members: names of the fusions' members.
    """
    return {
        "training": _training(),
        "fusion sweep": _sweep(members),
        "comparison of members": _members(),
        "calibration": _calibration(),
        "cases": _cases(),
    }


def _training() -> list[Any]:
    import wandb_workspaces.reports.v2 as wr

    plots = {
        "loss": ["train/loss", "val/loss"],
        "validation accuracy": ["val/accuracy"],
        "learning rate": ["train/learning_rate", "train/head_learning_rate"],
        "samples a second": ["train/samples_per_second"],
        "contrast: loss of phase 1": ["phase_1/train/loss", "phase_1/val/loss"],
    }
    return [wr.LinePlot(title=title, x=_STEP, y=keys) for title, keys in plots.items()]


def _sweep(members: Sequence[str]) -> list[Any]:
    import wandb_workspaces.reports.v2 as wr

    axes: list[tuple[Any, str]] = [
        (wr.Config("fusion.name"), "scheme"),
        (wr.Config("calibration.name"), "calibration"),
    ]
    axes += [(wr.SummaryMetric(f"weight/{name}"), f"weight of {name}") for name in members]
    axes += [
        (wr.SummaryMetric(f"{split}/{score}"), f"{split} {score}")
        for split in _SPLITS
        for score in ("accuracy", "f1_weighted")
    ]
    columns = [
        wr.ParallelCoordinatesPlotColumn(metric=metric, display_name=title)
        for metric, title in axes
    ]
    return [
        wr.ParallelCoordinatesPlot(title="schemes, weights and scores", columns=columns),
        wr.BarPlot(title="gain over the best member, in accuracy", metrics=["verdict/difference"]),
        wr.ScatterPlot(
            title="corrected against corrupted",
            x=wr.SummaryMetric("verdict/corrupted"),
            y=wr.SummaryMetric("verdict/corrected"),
        ),
        *(wr.WeavePanelSummaryTable(table_name=name) for name in ("sweep", "weights")),
        wr.MediaBrowser(title="curve", media_keys=["curve"]),
    ]


def _members() -> list[Any]:
    import wandb_workspaces.reports.v2 as wr

    bars = [
        wr.BarPlot(title=f"{split} {score}", metrics=[f"{split}/{score}"])
        for split in _SPLITS
        for score in ("accuracy", "f1_weighted", "f1_macro")
    ]
    tables = ("baselines", "scores", "differences", "agreement", "worth", "report", "seeds")
    return [*bars, *(wr.WeavePanelSummaryTable(table_name=name) for name in tables)]


def _calibration() -> list[Any]:
    import wandb_workspaces.reports.v2 as wr

    bars = [
        wr.BarPlot(title=f"test {score}", metrics=[f"test/{score}"])
        for score in ("nll", "brier", "ece", "ece_adaptive", "ece_classwise")
    ]
    return [
        *bars,
        wr.WeavePanelSummaryTable(table_name="calibration"),
        wr.MediaBrowser(title="reliability", media_keys=["reliability"]),
    ]


def _cases() -> list[Any]:
    import wandb_workspaces.reports.v2 as wr

    return [
        wr.WeavePanelSummaryTable(table_name="cases", layout=wr.Layout(w=24, h=16)),
        wr.MediaBrowser(title="confusion", media_keys=["confusion", "per_class"]),
    ]
