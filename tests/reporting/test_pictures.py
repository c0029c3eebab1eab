"""Pictures fit a column, name everything legibly, and are the same files each time."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from lfx.evaluation.reliability import reliability_bins
from lfx.reporting.cases import Case, CaseStudy
from lfx.reporting.pictures import figure as frame
from lfx.reporting.pictures.bars import draw_bars
from lfx.reporting.pictures.cases import draw_cases
from lfx.reporting.pictures.curves import Line, draw_curves
from lfx.reporting.pictures.figure import drawing
from lfx.reporting.pictures.heatmap import draw_confusion
from lfx.reporting.pictures.lettering import shortened, shortened_names, text_width, wrapped
from lfx.reporting.pictures.panels import draw_panels
from lfx.reporting.pictures.reliability import draw_reliability
from lfx.reporting.pictures.scatter import draw_embeddings
from lfx.reporting.pictures.stacked import draw_stacked
from lfx.runtime.figures import Figures, figures_as, picture_files

LONG = "a rather long name of a class, as in data sets of scenes, number "
# Formulas, letters in no font of matplotlib, from right to left, ends of lines, controls, markup.
HOSTILE = (
    "a$^^$",
    "喜び🎉",
    "$x",
    "عاطفة\u202e",
    "a\nb\tc",
    "\x00\ud800",
    "</text><b>&",
    "W" * 500,
)


def names_of(count):
    return [HOSTILE[n // 2 % 8] + str(n) if n % 2 else f"{LONG}{n}" for n in range(count)]


def bars(file, names):
    numbers = {score: np.linspace(0, 1, len(names)).tolist() for score in (*names[:2], "F1")}
    draw_bars(file, names[1], names, {"val (n = 450)": numbers, names[0]: numbers}, ".2f", top=1.0)


def stacked(file, names):
    counts = list(range(1, 1 + len(names)))
    parts = {"train": [8 * n for n in counts], names[1]: counts, "no split": counts}
    draw_stacked(file, names[1], names, parts, f"samples of {names[0]}")


def confusion(file, names):
    counts = np.arange(len(names) ** 2).reshape(len(names), -1)
    draw_confusion(file, names[1], {"val": counts, names[0]: counts.T}, names)


def curves(file, names):
    lines = [Line(name, [1, 2, 3], [0, n, 1], n, dashed=n % 2 > 0) for n, name in enumerate(names)]
    draw_curves(file, names[1], (names[0], names[1]), lines[:16], interval=(1.2, 1.5))


def panels(file, names):
    lines = [Line(name, [0, 0.5, 1], [0, n, 1], n) for n, name in enumerate(names[:10])]
    across = {column: f"share without {column}" for column in names[:3]}
    scores = ("accuracy", "weighted F1")
    draw_panels(file, names[1], across, dict.fromkeys(scores, dict.fromkeys(across, lines)))


def reliability(file, names):
    bins = reliability_bins(np.random.default_rng(0).dirichlet([1, 1, 1], 60), np.arange(60) % 3)
    draw_reliability(file, names[1], dict.fromkeys(names[:7], bins))


def scatter(file, names):
    points = np.random.default_rng(0).normal(size=(2 * len(names), 2))
    labels = [*range(len(names))] * 2
    draw_embeddings(file, names[1], dict.fromkeys(("before", *names[:2]), points), labels, names)


def cases(file, names):
    buffer = io.BytesIO()
    Image.new("RGB", (60, 90), "navy").save(buffer, "PNG")
    rng = np.random.default_rng(0)
    members = ("text", *(name for name in names[:5]))

    def case(kind, rank):
        scores = {name: rng.dirichlet([0.3] * len(names)) for name in members[rank:] + members[:1]}
        image = (buffer.getvalue(), b"broken", None)[rank - 1]
        label, text = names[rank % len(names)], " ".join(names[:6])
        return Case(kind, rank, names[-1], label, text, image, scores)

    found = tuple(case(kind, rank) for kind in ("corrected", "corrupted") for rank in (1, 2, 3))
    draw_cases(CaseStudy(found, tuple(names), members, "text", "test", 450), 3, file)


PICTURES = (bars, stacked, confusion, curves, panels, reliability, scatter, cases)


@contextmanager
def figures_kept(monkeypatch):
    """Yield a list that gets each figure as it is written as a PNG, and its renderer."""
    kept = []

    def keep(figure, part, suffix, title):
        printed(figure, part, suffix, title)
        if suffix == "png":
            check_legible(figure)
            kept.append(figure)

    printed = frame._print
    with monkeypatch.context() as patched:
        patched.setattr(frame, "_print", keep)
        yield kept


def box_of(text, renderer):
    """The place of a text in pixels, a little less than it is, so that touching is no overlap."""
    box = text.get_window_extent(renderer)
    return Bbox.from_extents(box.x0 + 0.5, box.y0 + 0.5, box.x1 - 0.5, box.y1 - 0.5)


def check_legible(figure):
    renderer = figure.canvas.get_renderer()
    canvas = Bbox.from_bounds(0, 0, *figure.canvas.get_width_height())
    shown = [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()
    ]
    for text in shown:
        assert 7 <= text.get_fontsize() <= 9
        assert not text.get_parse_math()
    plots = [axes for axes in figure.axes if axes.get_visible()]
    drawn = [box for axes in plots if (box := axes.get_tightbbox(renderer)) is not None]
    drawn += [legend.get_window_extent(renderer) for legend in figure.legends]
    for box in drawn:
        assert canvas.x0 - 1 <= box.x0 <= box.x1 <= canvas.x1 + 1, figure
        assert canvas.y0 - 1 <= box.y0 <= box.y1 <= canvas.y1 + 1, figure
    for axes in plots:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label for label in axis.get_ticklabels() if label.get_text()]
            check_apart([label for label in labels if label.get_visible()], renderer)
    # Titles, axes' titles and legends do not touch each other either.
    titles = [axes.title for axes in figure.axes if axes.get_visible()]
    titles += [
        one.label for axes in figure.axes if axes.get_visible() for one in axes._axis_map.values()
    ]
    titles += [text for legend in figure.legends for text in legend.get_texts()]
    check_apart([text for text in titles if text.get_text()], renderer)


def check_apart(texts, renderer):
    boxes = [box_of(text, renderer) for text in texts]
    for place, box in enumerate(boxes):
        for other, text in zip(boxes[:place], texts, strict=False):
            assert not box.overlaps(other), (texts[place].get_text(), text.get_text())


OF_CLASSES = (bars, stacked, confusion, scatter)
COUNTS = [(draw, count) for draw in OF_CLASSES for count in (2, 3, 7, 12, 31)]
COUNTS += [(draw, count) for draw in (curves, panels, reliability, cases) for count in (2, 31)]


@pytest.mark.parametrize(("draw", "count"), COUNTS)
def test_names_are_legible_however_many_and_long(tmp_path, monkeypatch, draw, count):
    with figures_kept(monkeypatch) as kept:
        draw(tmp_path / "one.png", names_of(count))
    assert kept[0].get_size_inches()[0] in {3.4, 7.0}
    assert kept[0].get_size_inches()[1] < 11
    assert mpl.rcParams["text.parse_math"]


@pytest.mark.parametrize("draw", [stacked, cases])
def test_formats_for_papers_are_the_same_each_time(tmp_path, monkeypatch, draw):
    names, contents = ["positive", "a & b", "negative"], []
    with figures_as(Figures(["png", "svg", "pdf"], width=5.0)), figures_kept(monkeypatch) as kept:
        for folder in (tmp_path / "one", tmp_path / "two"):
            draw(folder / "a.png", names)
            contents.append([file.read_bytes() for file in picture_files(folder / "a.png")])
    assert contents[0] == contents[1]
    png, svg, pdf = contents[0]
    assert png.startswith(b"\x89PNG")
    assert kept[0].get_size_inches()[0] == 5.0
    root = ET.fromstring(svg.decode())  # noqa: S314, drawn here
    assert root.attrib["width"] == "360pt"
    assert "a & b" in {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert b"/MediaBox [ 0 0 360 " in pdf
    assert not re.search(rb"/CreationDate|/Subtype /Type3", pdf)


@pytest.mark.parametrize("draw", [bars, curves])
def test_names_that_xml_forbids_are_escaped(tmp_path, draw):
    with figures_as(Figures(["png", "svg"])):
        draw(tmp_path / "a.png", names_of(16))
    content = ET.parse(tmp_path / "a.svg")  # noqa: S314, drawn here
    assert content.getroot().tag.endswith("svg")


def test_a_format_of_an_earlier_drawing_is_drawn_again(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"before")
    curves(tmp_path / "a.png", names_of(2))
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert [file.name for file in picture_files(tmp_path / "a.png")] == ["a.png", "a.pdf"]


def test_a_drawing_that_fails_leaves_the_picture_as_it_was(tmp_path):
    (tmp_path / "one.png").write_bytes(b"before")
    with pytest.raises(ValueError, match="no data"), drawing(tmp_path / "one.png", "", 2, 2):
        raise ValueError("no data")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]


def test_counts_have_whole_numbers_along_the_axis(tmp_path, monkeypatch):
    with figures_kept(monkeypatch) as kept:
        draw_stacked(tmp_path / "a.png", "t", ["a", "b"], {"train": [1, 2]}, "samples")
    ticks = [label.get_text() for label in kept[0].axes[0].get_xticklabels()]
    assert ticks
    assert all(re.fullmatch(r"\d+", tick) for tick in ticks)


@pytest.mark.parametrize("name", [*HOSTILE, LONG, "", " ", "a"])
def test_a_shortened_name_has_its_ends(name):
    short = shortened(name, 0.8)
    assert text_width(short) <= 0.8
    assert not set("\n\t\x00\u202e") & set(short)
    if "…" in short:
        assert short.partition("…")[0] == name[: short.index("…")]


def test_names_that_become_the_same_are_numbered():
    names = [f"{'x' * 30}{middle}{'y' * 30}" for middle in "ab"]
    assert shortened_names(names, 0.8) == [shortened(f"{n}: {names[n - 1]}", 0.8) for n in (1, 2)]
    assert shortened_names(["same", "same"], 0.8) == ["same", "same"]


def test_a_wrapped_text_keeps_to_its_lines():
    text = wrapped("word " * 60 + "x" * 300, 1.5, 8, 3)
    assert len(text.split("\n")) == 3
    assert all(text_width(line, 8) <= 1.5 for line in text.split("\n"))
    assert wrapped("word " * 60, 1.5, 8, 2).endswith("word …")
    assert wrapped("two words", 1.5, 8, 3) == "two words"
