from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from lfx.reporting.diagnostics import DiagnosticOptions, report_embeddings
from lfx.reporting.pictures.scatter import draw_embeddings
from lfx.training.loggers import CsvLogging, LoggedRun, NoLogging, TensorBoardLogging

if TYPE_CHECKING:
    from pathlib import Path

CHANCE = np.random.default_rng(0)
TRAIN, VAL = np.arange(60) % 3, np.arange(30) % 3


def vectors(width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    return CHANCE.normal(size=(60, width)), CHANCE.normal(size=(30, width))


def report(folder: Path, moments, picture: str = "pca", logger=None) -> None:
    look = DiagnosticOptions(5, picture, 0)
    report_embeddings(
        moments, TRAIN, VAL, look, classes=("a", "b", "c"), folder=folder, logger=logger
    )


def both() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    after = vectors()
    return {
        "phase_1/before": vectors(),
        "phase_1/after": after,
        "phase_2/before": after,
        "phase_2/after": vectors(3),
    }


def test_numbers_table_and_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(tmp_path, both())
    content = json.loads((tmp_path / "diagnostics.json").read_text())
    assert {phase: list(when) for phase, when in content.items()} == {
        "phase_1": ["before", "after"],
        "phase_2": ["before", "after"],
    }
    names = ["alignment", "uniformity", "knn_accuracy", "silhouette"]
    assert list(content["phase_1"]["after"]) == names
    assert content["phase_1"]["after"] == content["phase_2"]["before"]
    shown = capsys.readouterr().out
    assert "encoder before phase 1" in shown
    assert "frozen encoder" not in shown  # it is what phase 1 ended with
    with Image.open(tmp_path / "embeddings.png") as image:
        assert image.width > 2 * image.height  # three panels
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 3


def test_phase_2_alone_shows_what_it_starts_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(tmp_path, {"phase_2/before": vectors(), "phase_2/after": vectors(3)}, "tsne")
    assert "frozen encoder" in capsys.readouterr().out
    assert (tmp_path / "embeddings.png").is_file()


def test_nothing_to_look_at_leaves_nothing(tmp_path: Path) -> None:
    report(tmp_path, {})
    assert list(tmp_path.iterdir()) == []
    report(tmp_path, both(), "none")
    assert [path.name for path in tmp_path.iterdir()] == ["diagnostics.json"]


def test_of_very_many_samples_some_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lfx.reporting.diagnostics._MOST", 12)
    caplog.set_level("INFO")
    report(tmp_path, both())
    assert "12 of 30 validation samples" in caplog.text
    assert (tmp_path / "embeddings.png").is_file()


LOGGINGS = {"csv": CsvLogging, "tensorboard": TensorBoardLogging, "none": NoLogging}


@pytest.mark.parametrize("kind", LOGGINGS)
def test_loggers_get_numbers_and_those_with_pictures_the_picture(tmp_path: Path, kind: str) -> None:
    logger = LOGGINGS[kind]().build(LoggedRun("train", "a", tmp_path))
    report(tmp_path, both(), logger=logger)
    if logger is not None:
        logger.finalize("success")
    if kind == "csv":
        assert (
            "diagnostics/phase_1/after/knn_accuracy" in (tmp_path / "csv/metrics.csv").read_text()
        )
    if kind == "tensorboard":
        (events,) = tmp_path.rglob("events.out.tfevents*")
        assert b"embeddings" in events.read_bytes()
        assert events.stat().st_size > (tmp_path / "embeddings.png").stat().st_size / 2


def test_more_classes_than_colours(tmp_path: Path) -> None:
    labels = list(range(12))
    points = CHANCE.normal(size=(12, 2))
    draw_embeddings(tmp_path / "a.png", "t", {"x": points}, labels, [f"c{n}" for n in labels])
    assert (tmp_path / "a.png").stat().st_size > 1000
