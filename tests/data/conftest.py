from __future__ import annotations

import pytest

from lfx.data.reading import Reading, Sample


@pytest.fixture
def make_mvsa(tmp_path, draw):
    """Make an MVSA folder: rows are (id, text, text label, image label)."""

    def build(rows, *, header=True, labels=True):
        root = tmp_path / "mvsa"
        (root / "data").mkdir(parents=True)
        lines = ["ID\ttext,image"] if header else []
        for place, (name, text, one, other) in enumerate(rows):
            raw = text if isinstance(text, bytes) else text.encode()
            (root / "data" / f"{name}.txt").write_bytes(raw)
            draw(place).save(root / "data" / f"{name}.jpg")
            lines.append(f"{name}\t{one},{other}")
        if labels:
            (root / "labelResultAll.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return root

    return build


class Given:
    """A source that gives what it was made with."""

    def __init__(self, reading):
        self.reading = reading

    def read(self):
        return self.reading


@pytest.fixture
def make_source(tmp_path, draw):
    """Make a source: texts, labels and splits by row; each sample has its own picture."""

    def build(texts, labels, *, splits=None, classes=("bad", "good"), bad=()):
        folder = tmp_path / "pictures"
        folder.mkdir(exist_ok=True)
        samples = []
        for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
            image = folder / f"{row}.png"
            draw(row).save(image)
            split = None if splits is None else splits[row]
            content = {"text": text, "image": image}
            samples.append(Sample(f"s{row:03}", label, content, split))
        return Given(Reading(tuple(samples), classes, tuple(bad)))

    return build
