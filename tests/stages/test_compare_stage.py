from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import pytest
from running import Trained, fail, succeed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def published(trained: Trained, tmp_path: Path) -> str:
    """Publish both members in a folder of their own: other tests add further ones."""
    folder = tmp_path / "published"
    folder.mkdir()
    for run in (trained.image, trained.text):
        shutil.copy(run / "predictions.parquet", folder / f"{run.name}.parquet")
    return f"artifacts.dir={folder}"


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_all_published_models_are_compared(
    trained: Trained, published: str, tmp_path: Path
) -> None:
    schemes = ["~fusion@schemes.stacking_mlp", "~fusion@schemes.stacking", "folds=3"]
    output = succeed(
        trained.folder,
        "compare",
        "nested=true",
        published,
        *schemes,
        f"hydra.run.dir={tmp_path}/compared",
    )
    for name in ("scores", "differences", "agreement", "classes", "calibration", "worth", "nested"):
        assert f"\n{name}: {'val' if name == 'nested' else 'test'}\n" in output
        for end in ("csv", "md", "tex"):
            assert (tmp_path / f"compared/{name}.{end}").is_file()
    scores = rows_of(tmp_path / "compared/scores.csv")
    assert [row["member"] for row in scores] == ["image", "text"]
    for row in scores:
        low, value, high = (float(row[f"test accuracy{end}"]) for end in (" low", "", " high"))
        assert low < value < high
    (difference,) = rows_of(tmp_path / "compared/differences.csv")
    accuracies = [float(row["test accuracy"]) for row in scores]
    assert float(difference["accuracy"]) == pytest.approx(accuracies[1] - accuracies[0])
    worth = rows_of(tmp_path / "compared/worth.csv")
    assert all(float(row["Shapley value low"]) <= float(row["Shapley value"]) for row in worth)
    chosen, _, *others = rows_of(tmp_path / "compared/nested.csv")
    assert chosen[""] == "scheme chosen inside"
    assert sum(int(row["chosen in folds"] or 0) for row in others) == 3


def test_members_before_and_after_their_calibration(
    trained: Trained, published: str, tmp_path: Path
) -> None:
    own = ["calibration=temperature", "worth=false", f"hydra.run.dir={tmp_path}/compared"]
    succeed(trained.folder, "compare", published, *own)
    rows = rows_of(tmp_path / "compared/calibration.csv")
    names = ["image", "text", "image, temperature", "text, temperature"]
    assert [row["member"] for row in rows] == names
    for row in rows:
        parts = [float(row[part]) for part in ("reliability", "resolution", "uncertainty")]
        assert float(row["Brier score"]) == pytest.approx(parts[0] - parts[1] + parts[2], abs=0.05)
    assert (tmp_path / "compared/reliability.png").read_bytes().startswith(b"\x89PNG")


def test_a_scheme_values_members_too(trained: Trained, published: str, tmp_path: Path) -> None:
    arguments = [
        "fusion=minimizing_loss",
        "against=text",
        published,
        f"hydra.run.dir={tmp_path}/compared",
    ]
    output = succeed(trained.folder, "compare", *arguments)
    assert "of the accuracy of fusion=minimizing_loss" in output
    (difference,) = rows_of(tmp_path / "compared/differences.csv")
    assert difference["difference"] == "image - text"


def test_mistakes_are_told(trained: Trained, published: str, tmp_path: Path) -> None:
    def message(*arguments: str) -> str:
        return fail(trained.folder, "compare", *arguments, f"hydra.run.dir={tmp_path}/wrong")

    assert "no prediction artifacts in outputs/artifacts/other" in message("data.name=other")
    assert "against=sound: there is no such member; there are image, text" in message(
        "against=sound", published
    )
    text = "members.text=outputs/artifacts/demo/text.parquet"
    assert "comparing takes two members or more; there is text alone" in message(text)
    assert "there is no prediction artifact at nowhere.parquet" in message(
        text, "members.image=nowhere.parquet"
    )
    assert "split: allowed are null" in message("split=all")
    assert "metric: allowed are" in message("metric=nll")
    assert "no labelled sample of oof is in all members" in message("split=oof", published)
    leaky = message("split=val", "fusion=learned", published)
    assert "fit_split=val" in leaky
