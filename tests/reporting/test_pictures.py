from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from lfx.reporting.pictures.bars import draw_bars
from lfx.reporting.pictures.figure import drawing
from lfx.reporting.pictures.heatmap import draw_confusion
from lfx.reporting.pictures.scatter import draw_embeddings

# Neither formulas nor in any font that comes with matplotlib.
NAMES = ("a$^^$", "喜び", "$x")


def test_names_of_classes_are_drawn_as_they_are(tmp_path):
    bars = {NAMES[0]: {NAMES[1]: [1.0, 2.0, 3.0], NAMES[2]: [1.0, 2.0, 3.0]}}
    draw_bars(tmp_path / "bars.png", NAMES[0], NAMES, bars, ".2f")
    draw_confusion(tmp_path / "heat.png", NAMES[0], {NAMES[0]: np.eye(3, dtype=int)}, NAMES)
    points = {NAMES[0]: np.eye(3)[:, :2]}
    draw_embeddings(tmp_path / "scatter.png", NAMES[0], points, [0, 1, 2], NAMES)
    for file in tmp_path.iterdir():
        assert file.read_bytes().startswith(b"\x89PNG")
    assert len(list(tmp_path.iterdir())) == 3
    assert mpl.rcParams["text.parse_math"]


def test_a_drawing_that_fails_leaves_the_picture_as_it_was(tmp_path):
    (tmp_path / "one.png").write_bytes(b"before")
    with pytest.raises(ValueError, match="no data"), drawing(tmp_path / "one.png", 2, 2):
        raise ValueError("no data")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]
