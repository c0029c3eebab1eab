"""The page in a real browser: its numbers are those of lfx.fuse, and hostile texts do nothing."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from random_members import HOSTILE, Members

from lfx.data.column import FileColumn, TextColumn
from lfx.data.dataset import Dataset
from lfx.data.reading import Reading, Samples
from lfx.data.samples import SampleTable
from lfx.fusion.late_fusion import LateFusion
from lfx.fusion.schemes.grid import Grid
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.product import Product
from lfx.fusion.schemes.weighted import Weighted
from lfx.reporting.data_card.card import make_card
from lfx.reporting.data_card.files import report_card

SCORES = ("accuracy", "f1_weighted", "f1_macro")
NAMES = ["audio", "image", "text", "vector"]


def shown_scores(page, split):
    row = f"#explorer-0 tr[data-split={split}] td"
    return {
        score: float(page.locator(f"{row}[data-score={score}]").get_attribute("data-value"))
        for score in SCORES
    }


def assert_as_fused(page, artifacts, weights):
    """Compare what the page shows with what lfx says about these weights."""
    scheme = Weighted(dict(zip(sorted(artifacts), weights, strict=True)))
    fusion = LateFusion(scheme, on_missing="renormalise").fit(artifacts)
    for split in ("val", "test"):
        expected = {score: fusion.score(artifacts, split, score) for score in SCORES}
        assert shown_scores(page, split) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("count", "lacking", "classes"), [(2, 0.0, 3), (2, 0.4, 2), (3, 0.2, 3), (4, 0.3, 31)]
)
def test_sliders_show_what_fusing_gives(page_of, open_page, count, lacking, classes) -> None:
    members = Members(NAMES[:count], [f"class {number}" for number in range(classes)], 60, lacking)
    artifacts = members.build()
    page = open_page(page_of(members))
    place = page.locator("#explorer-0")
    assert_as_fused(page, artifacts, [1 / count] * count)
    for member, share in enumerate((0.3, 0.85, 1, 0)[:count]):
        exact = place.locator("input[type=number]").nth(member)
        exact.fill(str(share))
        exact.press("Enter")
        exact.blur()
        weights = json.loads(place.get_attribute("data-weights"))
        assert weights[member] == pytest.approx(share)
        assert sum(weights) == pytest.approx(1)
        assert_as_fused(page, artifacts, weights)


def test_keys_move_a_slider(page_of, open_page) -> None:
    page = open_page(page_of(Members()))
    slider = page.get_by_label("image", exact=True)
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    weights = json.loads(page.locator("#explorer-0").get_attribute("data-weights"))
    assert weights == pytest.approx([0.53, 0.47])
    assert slider.get_attribute("aria-valuetext") == "53.0 %"


def test_a_scheme_s_choice_can_be_set(page_of, open_page) -> None:
    page = open_page(page_of(Members(), {"grid": Grid(), "mean": Mean(), "product": Product()}))
    options = page.locator("#explorer-0 .preset option").all_text_contents()
    assert {"grid", "mean", "image alone"} <= set(options)
    assert "product" not in options  # no weighted mean
    page.locator("#explorer-0 .preset").select_option(label="grid")
    (grid,) = [run for run in page_of.runs if run.name == "grid"]
    shown = shown_scores(page, "test")
    assert shown == pytest.approx({score: grid.metrics["test"][score] for score in SCORES})


def test_three_members_are_a_triangle(page_of, open_page) -> None:
    page = open_page(page_of(Members(NAMES[:3])))
    plot = page.locator("#explorer-0 svg.plot")
    assert plot.locator("circle").count() > 100
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 540 / 600, box["y"] + box["height"] * 280 / 330)
    weights = json.loads(page.locator("#explorer-0").get_attribute("data-weights"))
    assert weights == pytest.approx([0, 1, 0], abs=0.02)


@pytest.fixture
def table(tmp_path):
    """The samples of `Members`, with a picture that cannot be read and a text that is a script."""
    members = Members()
    ids = members.ids()
    Image.new("RGB", (40, 30), "navy").save(tmp_path / "one.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    files = [tmp_path / ("broken.png" if row % 7 == 0 else "one.png") for row in range(len(ids))]
    columns = {
        "text": TextColumn([f"{HOSTILE} tweet number {row}" for row in range(len(ids))]),
        "image": FileColumn(files),
    }
    labels = members.build()["image"].label.tolist()
    return SampleTable.of(tuple(members.classes), ids=ids, labels=labels, columns=columns)


def test_cases_are_those_of_the_verdict(page_of, open_page, table) -> None:
    file = page_of(Members(), {"mean": Mean()}, table)
    page = open_page(file)
    verdict = json.loads((page_of.runs[0].folder / "verdict.json").read_text())
    place = page.locator("#cases-0")
    assert place.locator(".against option:checked").text_content() == verdict["against"]
    for kind in ("corrected", "corrupted"):
        place.get_by_role("button", name=kind).click()
        assert place.get_by_role("button", name=kind).text_content() == (
            f"{kind} ({verdict['all'][kind]})"
        )
        assert place.locator("li").count() == min(24, verdict["all"][kind])
    place.get_by_role("button", name="all").click()
    assert place.locator("li").count() == 24
    place.get_by_role("button", name="show more").click()
    assert place.locator("li").count() == 48
    place.locator("input[type=search]").fill("tweet number 77")
    assert [one.get_attribute("data-id") for one in place.locator("li").all()] == ["id 77"]
    assert place.locator("li .text").text_content() == f"{shown(HOSTILE)} tweet number 77"
    place.locator("input[type=search]").fill("ID 10")
    assert place.locator("li").count() == 10
    place.locator("select.label").select_option(label="so")
    labels = {one.text_content() for one in place.locator("li strong").all()}
    assert labels == {"so"}
    assert place.locator("img").count() + place.get_by_text("it cannot be read").count() == (
        place.locator("li").count()
    )


def shown(text):
    return text.replace("\u2028", "\\u2028")


def test_cases_follow_the_explorer(page_of, open_page) -> None:
    page = open_page(page_of(Members()))
    place = page.locator("#cases-0")
    place.locator("select.fusion").select_option(label="the weights of the explorer")
    before = place.get_by_role("button", name="corrected").text_content()
    assert before != "corrected (0)"
    page.locator("#explorer-0 .preset").select_option(label="text alone")
    against = place.locator("select.against")
    against.select_option(label="text")
    assert place.get_by_role("button", name="corrected").text_content() == "corrected (0)"
    assert place.get_by_role("button", name="corrupted").text_content() == "corrupted (0)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_fits_its_window(page_of, open_page, scheme, width) -> None:
    members = Members(NAMES[:3], [f"{HOSTILE} class {number}" for number in range(31)])
    page = open_page(
        page_of(members), viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") != scheme
    assert page.locator(".chart svg.marks").count() == page.locator(".chart").count() > 3


@pytest.mark.parametrize(
    "members",
    [
        Members(["text"], samples=1),
        Members([HOSTILE, "a.b/c 'x'", "日本🙂" * 20], ["__proto__", "A", "a"], 20),
        Members(["__proto__", "constructor"], ["toString", "length"], 20, 0.9),
    ],
    ids=["one member and sample", "hostile members", "names of JavaScript"],
)
def test_odd_members_are_shown(page_of, open_page, members) -> None:
    page = open_page(page_of(members))
    labels = page.locator("#explorer-0 .weight label").all_text_contents()
    assert labels == sorted(members.names)
    page.locator("#cases-0").get_by_role("button", name="all").click()
    assert page.locator("#cases-0 li").count() == min(24, members.samples)


def test_tables_are_sorted_by_their_numbers(page_of, open_page) -> None:
    page = open_page(page_of(Members(), {"mean": Mean(), "grid": Grid(), "product": Product()}))
    head = page.locator("table.sortable th", has_text="val accuracy")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    column = head.evaluate("cell => cell.cellIndex")
    cells = page.locator(f"table.sortable tbody tr td:nth-child({column + 1})").all()
    values = [float(cell.get_attribute("data-key")) for cell in cells]
    assert values == sorted(values, reverse=True)
    assert len(values) == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_data_card_needs_no_script_and_fits_a_phone(open_page, tmp_path, capsys, scheme) -> None:
    texts = TextColumn([f"{HOSTILE} {number // 3} {number % 7}" for number in range(60)])
    labels = [number % 2 for number in range(60)]
    columns = {f"text {HOSTILE}": texts}
    samples = Samples([f"{HOSTILE} {number}" for number in range(60)], columns, labels)

    class Hostile:
        def read(self) -> Reading:
            return Reading(samples, (f"class {HOSTILE}", "b"), notes=(HOSTILE,))

    dataset = Dataset("demo", ".", Hostile(), "random", cache_dir=str(tmp_path))
    report_card(make_card(dataset, {}, whole_files=False), tmp_path, whole_files=False)
    capsys.readouterr()
    settings = {"color_scheme": scheme, "java_script_enabled": False}
    page = open_page(
        *(tmp_path / "data_card.html", "#distributions svg"),
        viewport={"width": 390, "height": 800},
        **settings,
    )
    assert page.locator("script, img").count() == 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}[scheme]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#findings li").first.inner_text().startswith("60 samples of 2 classes")
    assert page.locator(".histogram rect").count() >= 2
