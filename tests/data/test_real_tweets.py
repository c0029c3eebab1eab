"""Counts of the real data: the 4,419 pairs of MVSA-Single that development works with."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict

import pyarrow.csv as pc
import pytest

from lfx.data.dataset import Dataset
from lfx.data.encoding import decode_tweet
from lfx.data.prepare import SplitPlan, load_labelled
from lfx.data.sources.mvsa import MvsaSource
from lfx.reporting.data_card.card import make_card
from lfx.reporting.data_card.findings import findings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def table(mvsa_root, tmp_path_factory):
    """The whole way: every image is decoded, every near duplicate found."""
    return load_labelled(
        MvsaSource(str(mvsa_root)),
        SplitPlan("grouped"),
        drop_bad=False,
        cache_dir=tmp_path_factory.mktemp("cache"),
    )


def test_labels_merge_as_the_paper_says(mvsa_root):
    reading = MvsaSource(str(mvsa_root)).read()
    assert reading.bad == ()
    assert len(reading.samples) == 4061
    assert reading.notes == (
        "label protocol merged: 358 pairs dropped",
        "947 texts are not UTF-8 and were decoded as GB18030",
    )


def test_every_tweet_has_a_known_encoding(mvsa_root):
    texts = [path.read_bytes() for path in (mvsa_root / "data").glob("*.txt")]
    counts = Counter(decode_tweet(raw)[1] for raw in texts)
    assert counts == {"utf-8": 3402, "gb18030": 1017}


def test_the_published_split_has_copies_across_its_parts(mvsa_root, table):
    published = pc.read_csv(mvsa_root / "split_clmlf.csv").to_pydict()
    splits = dict(zip(map(str, published["id"]), published["split"], strict=True))
    assert set(splits) <= set(table.ids)
    groups = dict(zip(table.ids, table.groups, strict=True))
    train = {groups[name] for name, split in splits.items() if split == "train"}
    val = [name for name, split in splits.items() if split == "val"]
    assert sum(groups[name] in train for name in val) > 0.05 * len(val)


def test_all_images_decode_and_no_group_straddles(table):
    assert len(table) == 4061
    of_group: dict[str, set[str | None]] = {}
    for group, split in zip(table.groups, table.splits, strict=True):
        of_group.setdefault(group, set()).add(split)
    assert max(map(len, of_group.values())) == 1
    sizes = Counter(table.splits)
    assert sizes["val"] == pytest.approx(406, abs=5)
    assert sizes["test"] == pytest.approx(406, abs=5)
    shares = [count / sizes["val"] for count in table.class_counts(table.rows("val"))]
    whole = [count / len(table) for count in table.class_counts(range(len(table)))]
    assert shares == pytest.approx(whole, abs=0.01)


def test_a_data_card_says_what_naive_counts_say(mvsa_root, tmp_path):
    file = mvsa_root / "split_clmlf.csv"
    source = MvsaSource(str(mvsa_root))
    dataset = Dataset("m", ".", source, "file", split_file=str(file), cache_dir=str(tmp_path))
    card = make_card(dataset, {}, whole_files=False)
    reading, splits = source.read(), card.table.splits.tolist()
    texts = [sample.columns["text"] for sample in reading.samples]
    trained = {text for text, split in zip(texts, splits, strict=True) if split == "train"}
    val = [text for text, split in zip(texts, splits, strict=True) if split == "val"]
    copies = card.copies["text: the same"]
    assert copies.overlaps == {"val in train": (sum(text in trained for text in val), 450)}
    assert copies.overlaps["val in train"][0] == 32
    labels = defaultdict(set)
    for text, sample in zip(texts, reading.samples, strict=True):
        labels[text].add(sample.label)
    assert copies.contradicting == sum(len(of) > 1 for of in labels.values()) == 32
    pictures = Counter(
        hashlib.sha256(sample.columns["image"].read_bytes()).hexdigest()
        for sample in reading.samples
    )
    repeated = sum(count > 1 for count in pictures.values())
    assert card.copies["image: the same"].repeated == repeated == 36
    (warning,) = (one for one in findings(card) if one.startswith("Parts share near duplicates"))
    assert "val in train 47 of 450 (10.4 %); data.split=grouped" in warning
    counts = card.survey.reading.counts
    assert counts["encoding of the text"] == {"utf-8": 3114, "gb18030": 947}
    assert sum(counts["labels of text and image"].values()) == 4061 + 358
    assert card.bad == []


def test_without_labels_every_tweet_is_counted(mvsa_root, tmp_path):
    (tmp_path / "data").symlink_to(mvsa_root / "data")
    dataset = Dataset("m", ".", MvsaSource(str(tmp_path)), cache_dir=str(tmp_path / "cache"))
    card = make_card(dataset, {}, whole_files=False)
    sentences = findings(card)
    assert sentences[0] == "4,419 samples without labels; they are not divided"
    assert "From the source: 1017 texts are not UTF-8 and were decoded as GB18030" in sentences
