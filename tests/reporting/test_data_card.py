"""A data card counts what a naive loop counts, and shows hostile data as text."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from lfx.command.roots.report import ReportConfig
from lfx.data.column import Column, FileColumn, NumberColumn, TextColumn
from lfx.data.dataset import Dataset
from lfx.data.reading import Reading, Samples
from lfx.modalities.facts import Facts
from lfx.modalities.modality import Modality
from lfx.reporting.data_card.card import make_card
from lfx.reporting.data_card.copies import ABSENT, contradicting_codes, count_copies
from lfx.reporting.data_card.files import report_card
from lfx.reporting.data_card.findings import findings
from lfx.reporting.data_card.quantiles import bins_of
from lfx.reporting.data_card.tables import card_tables
from lfx.runtime.errors import ConfigError

CONTENT = np.array([[f"{letter}{number}" for number in range(9)] for letter in "abcdef"]).ravel()
HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>|`[a]"
    "(javascript:b) \x1b[31m\u202e"
)


class Given:
    """A source of samples that are given."""

    def __init__(self, classes, samples, **others):
        self.reading = Reading(samples, tuple(classes), **others)

    def read(self):
        return self.reading


@pytest.fixture
def card_of(tmp_path):
    """Make a data set of a source, and its card."""

    def build(source, read_as=None, *, whole_files=False, **settings):
        dataset = Dataset("mine", ".", source, cache_dir=str(tmp_path / "cache"), **settings)
        return make_card(dataset, read_as or {}, whole_files=whole_files)

    return build


def sentences_of(card):
    return "\n".join(findings(card))


def samples_of(texts, labels=None, **others):
    ids = [f"s{number}" for number in range(len(texts))]
    labels = [number % 2 for number in range(len(texts))] if labels is None else labels
    columns = {"text": TextColumn(texts), **others.pop("columns", {})}
    return Samples(ids, columns, labels, **others)


@pytest.mark.parametrize("seed", range(20))
def test_copies_are_those_of_a_naive_loop(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(0, 40))
    codes = rng.integers(-1, 12, size)
    labels = rng.integers(-1, 3, size)
    splits = rng.choice(["train", "val", "test"], size)
    pair = (splits == "test", splits == "train")
    copies = count_copies(codes, labels, {"test in train": [pair]})
    having = [row for row in range(size) if codes[row] != ABSENT]
    counts = Counter(int(codes[row]) for row in having)
    assert (copies.samples, copies.different) == (len(having), len(counts))
    repeated = {code: count for code, count in counts.items() if count > 1}
    assert (copies.repeated, copies.repeating) == (len(repeated), sum(repeated.values()))
    assert copies.largest == max(counts.values(), default=0)
    tested = [row for row in having if splits[row] == "test"]
    trained = {codes[row] for row in having if splits[row] == "train"}
    assert copies.overlaps["test in train"] == (
        sum(codes[row] in trained for row in tested),
        len(tested),
    )
    by_code = {
        code: Counter(labels[row] for row in having if codes[row] == code and labels[row] >= 0)
        for code in counts
    }
    several = {code: of for code, of in by_code.items() if len(of) > 1}
    assert copies.contradicting == len(several)
    assert copies.contradicted == sum(sum(of.values()) for of in several.values())
    assert copies.unavoidable == sum(sum(of.values()) - max(of.values()) for of in several.values())
    found = contradicting_codes(codes, labels).tolist()
    assert set(found) == set(several)
    sizes = [sum(several[code].values()) for code in found]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("whole", [True, False])
def test_bins_hold_every_value(whole):
    rng = np.random.default_rng(0)
    for size in (1, 2, 30, 1000):
        values = rng.lognormal(3, 1.5, size)
        values = np.round(values) if whole else values
        bins = bins_of(np.append(values, np.nan))
        assert sum(one.count for one in bins) == size
        assert bins[0].low <= values.min()
        assert bins[-1].high >= values.max()
        ends = [one.high for one in bins[:-1]]
        assert all(low <= high for low, high in pairwise(ends))


def test_hostile_data_is_shown_as_text(card_of, tmp_path, capsys):
    texts = [f"{HOSTILE} {CONTENT[number // 2]}" for number in range(40)]
    bad = (f"bad {HOSTILE}", f"reason {HOSTILE}")
    names = {f"column {HOSTILE}": TextColumn(texts)}
    samples = Samples(
        [f"{HOSTILE} {number}" for number in range(40)], names, [number % 2 for number in range(40)]
    )
    source = Given(
        [f"class {HOSTILE}", "b"],
        samples,
        bad=(bad,),
        notes=(HOSTILE,),
        counts={HOSTILE: {HOSTILE: 3}},
    )
    card = card_of(source, split="random")
    files = report_card(card, tmp_path, whole_files=False)
    printed = capsys.readouterr().out
    assert "\\x1b[31m" in printed
    texts_of = {file.suffix: file.read_text(encoding="utf-8") for file in files}
    for shown in (printed, texts_of[".md"], texts_of[".html"]):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    for shown in (texts_of[".md"], texts_of[".html"]):
        assert "<script" not in shown
        assert "<img" not in shown
    assert "](javascript" not in texts_of[".md"]
    record = json.loads(texts_of[".json"])
    assert record["classes"]["all"] == {f"class {HOSTILE}": 20, "b": 20}
    assert record["bad"] == [{"id": bad[0], "column": None, "reason": bad[1]}]


class Loud(Modality):
    """A kind of content from outside of lfx."""

    reads = "loud"
    kinds = (TextColumn,)

    def content(self, table, rows):
        return self.read(table).texts(rows)

    def inputs(self, table, rows, encoder, cache_dir, seed=None):
        raise NotImplementedError

    def facts(self, table, rows, cache_dir):
        del cache_dir
        texts = self.content(table, rows)
        return Facts(
            measures={"shouts": [text.count("!") for text in texts]},
            counts={"first letter": Counter(text[0] for text in texts)},
            problems={rows[0]: "it is too loud"},
            notes=["measured with the ear"],
        )


class Failing(Loud):
    """One that fails."""

    def facts(self, table, rows, cache_dir):
        raise RuntimeError(f"no ears for {table.classes}, {len(rows)}, {cache_dir.name}")


class Chords(Column):
    """A column of a user's own kind."""

    kind = "chords"

    def __init__(self, chords):
        self.chords = chords
        self.present = np.array([one is not None for one in chords])
        self.flaws = {}

    def __getitem__(self, row):
        return self.chords[row]

    def at(self, rows):
        return Chords([None if row < 0 else self.chords[row] for row in rows])

    def digests(self, cache_dir):
        del cache_dir
        return self.chords


def test_a_kind_of_content_from_outside_tells_its_own_facts(card_of, monkeypatch):
    monkeypatch.setattr(Loud, "__module__", "mine")
    texts = ["hey!", "no", None, "hey!", *CONTENT]
    chords = Chords(["c", "c", None, *CONTENT, "g"])
    source = Given("ab", samples_of(texts, columns={"chords": chords}))
    own = f"{__name__}.Loud"
    card = card_of(source, {"text": own}, split="random")
    assert card.contents["text"].kind == "loud"
    assert card.contents["text"].facts.measures["shouts"].tolist()[:3] == [1, 0, 1]
    assert card.bad == [("s0", "text", "it is too loud")]
    rows = card_tables(card)["Kinds of content"].rows
    assert [*rows[0][:3]] == ["text", "first letter", "a"]
    assert card.contents["chords"].kind == "chords"
    assert card.copies["chords: the same"].repeated == 1
    assert "1 of 58 samples (1.7 %) have no chords" in sentences_of(card)
    failing = card_of(source, {"text": f"{__name__}.Failing"}, split="random")
    (note,) = card_tables(failing)["Columns"].notes
    assert note == "text: it cannot be described: no ears for ('a', 'b'), 57, cache"


@pytest.mark.parametrize(
    ("read_as", "message"),
    [
        ({"text": "image"}, "read_as.text=image: the column holds texts, and it reads files"),
        ({"text": "smell"}, "no such modality; there are audio, image, text, vector"),
        ({"text": "pathlib.Path"}, "read_as.text=pathlib.Path is not an lfx.Modality"),
        ({"text": "mine.Video"}, "mine.Video cannot be imported"),
        ({"video": "image"}, "read_as: the data have no column video; they have text"),
    ],
)
def test_what_no_modality_can_be_is_refused(card_of, read_as, message):
    with pytest.raises(ConfigError, match=message):
        card_of(Given("ab", samples_of(["x", "y"])), read_as)


def test_each_kind_is_recognised_and_measured(card_of, tmp_path):
    pictures, sizes = [], [(40, 20), (8, 8), (40, 20)]
    for number, size in enumerate(sizes):
        file = tmp_path / f"{number}.dat"  # by its content, not by its name
        Image.new("L" if number == 1 else "RGB", size).save(file, "PNG")
        pictures.append(file)
    damaged = tmp_path / "3.dat"
    damaged.write_bytes(pictures[0].read_bytes()[:20])
    truncated = tmp_path / "4.dat"
    Image.effect_noise((64, 64), 90).save(truncated, "PNG")
    truncated.write_bytes(truncated.read_bytes()[:-2000])
    photo = FileColumn([*pictures, damaged, truncated, None])
    steps = [[[1.0, 2.0]], [[1.0, 5.0], [1.0, 0.0]], None, [[1.0, np.nan]], None, None]
    columns = {"photo": photo, "numbers": NumberColumn.of(steps)}
    texts = ["one two", "three", "  four  five \n six ", "\ufffd", "seven", None]
    card = card_of(Given("ab", samples_of(texts, columns=columns)))
    kinds = {name: content.kind for name, content in card.contents.items()}
    assert kinds == {"text": "text", "photo": "image", "numbers": "vector"}
    text, image, numbers = (content.facts for content in card.contents.values())
    assert text.measures["words"].tolist() == [2, 1, 3, 1, 1]
    assert text.measures["characters"].tolist() == [len(one) for one in texts if one]
    assert text.notes == ["texts with U+FFFD, the sign of bytes that were not decoded: 1"]
    assert image.measures["width (pixels)"].tolist()[:3] == [40, 8, 40]
    assert image.counts["mode"] == {"RGB": 2, "L": 2}
    assert image.measures["size (kB)"].tolist()[0] == pictures[0].stat().st_size / 1000
    assert numbers.measures["steps"].tolist() == [1, 2]
    assert numbers.counts["features"] == {"2": 2}
    assert numbers.notes == ["1 of 2 features never changes: 1"]
    assert [(name, column) for name, column, _ in card.bad] == [("s3", "photo"), ("s3", "numbers")]
    whole = card_of(Given("ab", samples_of(texts, columns=columns)), whole_files=True)
    assert [name for name, column, _ in whole.bad if column == "photo"] == ["s3", "s4"]


def test_what_training_refuses_is_told(card_of):
    texts = [f"{word} is not {word}er than this" for word in CONTENT]
    unlabelled = card_of(Given((), samples_of(texts, [None] * 54)))
    assert unlabelled.parts.sizes() == {"all": 54}
    assert "54 samples without labels; they are not divided" in sentences_of(unlabelled)
    assert "Training on these data stops: samples without a label" in sentences_of(unlabelled)
    one = card_of(Given("a", samples_of(["a single one"], [0])))
    assert "1 sample of 1 class; they are not divided" in sentences_of(one)
    assert "all 1 samples are of one class, a." in sentences_of(one)
    rare = card_of(Given("ab", samples_of(texts)), min_class_size=100)
    assert "stops: classes with fewer than 100 samples: a (27), b (27)" in sentences_of(rare)
    empty = card_of(Given("ab", samples_of(texts, columns={"image": FileColumn([None] * 54)})))
    assert "Column image is empty" in sentences_of(empty)
    assert "image: the same" not in empty.copies
    bad = card_of(Given("ab", samples_of(texts), bad=(("x", "no label"),)))
    assert "1 entries are no usable samples, and training stops at them" in sentences_of(bad)
    for card in (unlabelled, one, rare, empty, bad):
        assert card_tables(card)["Columns"].rows


def test_parts_are_splits_or_folds(card_of, tmp_path):
    texts = [f"{word} alone" for word in CONTENT] + ["ok"] * 6
    given = samples_of(texts, [0, 1] * 30)
    card = card_of(Given("ab", given), split="random", folds=3)
    assert list(card.parts.masks) == ["all", "folds", "fold 0", "fold 1", "fold 2", "test"]
    sizes = card.parts.sizes()
    assert sizes["folds"] == sizes["fold 0"] + sizes["fold 1"] + sizes["fold 2"]
    assert "text: the same in several parts, and too short to be called near" in sentences_of(card)
    assert "text: 1 content (6 samples) with different labels" in sentences_of(card)
    file = tmp_path / "splits.csv"
    splits = ["train"] * 40 + ["val"] * 10 + ["test"] * 8
    file.write_text("id,split\n" + "".join(f"s{row},{one}\n" for row, one in enumerate(splits)))
    card = card_of(Given("ab", given), split="file", split_file=str(file))
    assert card.parts.sizes() == {"all": 60, "train": 40, "val": 10, "test": 8, "no split": 2}
    alone = Dataset("x", ".", Given("ab", given), "file", split_file=str(file))
    table = alone.labelled()
    assert card.fingerprints == {
        "ids, labels and classes": table.data_fingerprint(),
        "splits": table.split_fingerprint(),
        "column text": table.column_fingerprint("text", tmp_path),
    }


def test_a_card_is_not_of_runs():
    (problem,) = ReportConfig(data="x", data_card=True, sweep="y", html=True).problems()
    assert problem.endswith("no sweep=, html=true (a card has a page of its own)")
    assert "data_card=true needs the data" in ReportConfig(data_card=True).problems()[0]
    unread = ReportConfig(whole_files=True, read_as={"text": "text"}).problems()
    assert unread == [
        f"{name} is only read with data_card=true" for name in ("read_as", "whole_files")
    ]
