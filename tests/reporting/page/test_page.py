"""What a page holds, without a browser."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from random_members import HOSTILE, Members

from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.data.column import FileColumn, TextColumn
from lfx.data.samples import SampleTable
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.product import Product
from lfx.reporting.page import fusion_group, previews
from lfx.reporting.page.embedded import as_json, digest
from lfx.reporting.page.fusion_group import fusion_groups
from lfx.reporting.page.previews import preview_samples
from lfx.runtime.errors import ConfigError


class Elements(HTMLParser):
    """The elements of a page, and the texts of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.in_script = True
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.in_script = self.in_script and tag != "script"

    def handle_data(self, data):
        if self.in_script:
            self.scripts[-1] += data


def read_page(file):
    elements = Elements()
    elements.feed(file.read_text(encoding="utf-8"))
    return elements


def test_only_the_page_s_own_scripts_may_run(page_of) -> None:
    elements = read_page(page_of(Members(classes=["bad", HOSTILE, "good"])))
    (policy,) = [
        attributes["content"]
        for tag, attributes in elements.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    scripts = [attributes for tag, attributes in elements.tags if tag == "script"]
    code = [
        text
        for text, attributes in zip(elements.scripts, scripts, strict=True)
        if attributes.get("type") != "application/json"
    ]
    assert len(code) == 7
    assert set(re.findall(r"'sha256-[^']+'", policy)) == {digest(text) for text in code}
    assert not any(tag == "img" for tag, _ in elements.tags)
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)
    urls = [
        value
        for _, attributes in elements.tags
        for name, value in attributes.items()
        if name in {"src", "href"}
    ]
    assert all(url.startswith("#") for url in urls)


@pytest.mark.parametrize("text", [HOSTILE, "<!--", "a\ud800b", "&amp;", "\u2028"])
def test_embedded_json_comes_back(text) -> None:
    embedded = as_json({"text": text})
    assert not set("<>&\u2028\u2029") & set(embedded)
    assert json.loads(embedded) == {"text": text.replace("\ud800", "?")}


def test_members_that_were_trained_again_are_not_explored(fused_runs, caplog, tmp_path) -> None:
    runs = fused_runs(Members())
    (group,) = fusion_groups(runs, 4)
    assert group.reported == "test"
    file = tmp_path / "0.parquet"
    member = read_predictions(file)
    newer = replace(member.metadata, created="2999-01-01T00:00:00+00:00")
    write_predictions(file, replace(member, metadata=newer))
    with caplog.at_level(logging.WARNING):
        assert fusion_groups(runs, 4) == []
    assert "its members have been trained again since; fuse again" in caplog.text


def test_only_weighted_means_are_points_of_the_explorer(fused_runs) -> None:
    (group,) = fusion_groups(fused_runs(Members(), {"mean": Mean(), "product": Product()}), 4)
    weights = {fusion.title: fusion.weights for fusion in group.fusions}
    assert weights == {"mean": pytest.approx((0.5, 0.5)), "product": None}


def test_more_samples_than_a_page_holds_are_a_random_part(
    fused_runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fusion_group, "MOST_SAMPLES", 25)
    (group,) = fusion_groups(fused_runs(Members()), 4)
    assert group.left_out == {"val": 35, "test": 35}
    for rows in group.rows.values():
        assert len(set(rows.tolist())) == 25


@pytest.fixture
def table(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 300, 300, 3), dtype=np.uint8)
    files = [tmp_path / f"{number}.png" for number in range(len(noise))]
    for file, pixels in zip(files, noise, strict=True):
        Image.fromarray(pixels).save(file)
    columns = {
        "image": FileColumn(files),
        "text": TextColumn([f"{number} {'long ' * 2_000}" for number in range(len(files))]),
    }
    ids = [str(number) for number in range(len(files))]
    return SampleTable.of(("a", "b"), ids=ids, labels=[0] * len(ids), columns=columns)


@pytest.mark.parametrize("most", [4_000_000, 120_000, 8_000])
def test_pictures_stay_within_their_room(table, monkeypatch, most) -> None:
    monkeypatch.setattr(previews, "IMAGE_BYTES", most)
    found = preview_samples(table, [*table.ids[::-1], "unknown"])
    urls = {
        name: one["image"]["image"] for name, one in found.by_id.items() if "image" in one["image"]
    }
    assert 0 < sum(map(len, urls.values())) <= most
    if most < 100_000:
        assert found.notes == [
            f"image: {len(urls)} of 40 are shown, those first that some model is wrong about"
        ]
        assert list(urls) == table.ids[::-1].tolist()[: len(urls)]
    else:
        assert len(urls) == 40
        assert found.notes == []
    content = base64.b64decode(next(iter(urls.values())).partition(",")[2])
    assert content[:4] == b"RIFF"
    assert content[8:12] == b"WEBP"


def test_long_texts_are_cut_off(table, monkeypatch) -> None:
    monkeypatch.setattr(previews, "TEXT_BYTES", 8_000)
    found = preview_samples(table, table.ids)
    assert found.by_id["3"]["text"]["text"] == ("3 " + "long " * 2_000)[:200] + "…"
    assert "text: texts are cut off after 200 characters" in found.notes


def test_a_missing_package_is_named(page_of, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(
        ConfigError, match=r"altair, which is not installed; pip install .*\[html\]"
    ):
        page_of(Members())
