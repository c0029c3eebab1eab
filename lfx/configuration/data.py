"""Settings of the group `data`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from omegaconf import MISSING

from lfx.configuration.checks import named_plainly, seed_in_range
from lfx.runtime.colour import parse_colour


class Split(Enum):
    """How samples are divided into train, validation and test."""

    random = "random"
    grouped = "grouped"
    file = "file"


class OnBadSample(Enum):
    """What happens to a sample that cannot be read."""

    stop = "stop"
    drop = "drop"


class OnRareClass(Enum):
    """What happens to classes with fewer samples than data.min_class_size."""

    error = "error"
    drop = "drop"
    merge = "merge"


class Quoting(Enum):
    """Whether a quotation mark that opens a cell of a CSV or TSV quotes it."""

    auto = "auto"
    quoted = "quoted"
    none = "none"


class Protocol(Enum):
    """How the two labels of an MVSA pair become one."""

    merged = "merged"
    equal = "equal"


@dataclass
class DataConfig:
    """What every data set has."""

    # The data set's name in run directories and artifacts.
    name: str = MISSING
    # The folder that holds the data.
    root: str = MISSING
    # The reader: `_target_` is its dotted path, the other keys are its arguments.
    source: Any = MISSING
    # random: 8:1:1 (the paper). grouped: the same, and near duplicates never straddle splits.
    # file: as data.split_file says.
    split: Split = Split.grouped
    # Whether splits keep the classes' shares (grouped ones as far as the groups allow).
    stratify: bool = True
    # Seed of the split. Members that shall be fused must share it, so it does not follow `seed`.
    split_seed: int = 0
    # CSV or Parquet with the columns id and split; for data.split=file.
    split_file: str | None = None
    # Cross-validation: so many models, each trained without one fold of train and val; null: one
    # model.
    folds: int | None = None
    # Only the model without this fold, 0..folds - 1, such as one job of a multirun; null: all.
    fold: int | None = None
    # stop: a bad sample ends the run. drop: it is left out and listed.
    on_bad_sample: OnBadSample = OnBadSample.stop
    # Classes with fewer samples than this are rare.
    min_class_size: int = 1
    # error: a rare class ends the run. drop: its samples are left out and listed. merge: rare
    # classes become one.
    rare_classes: OnRareClass = OnRareClass.error
    # Name of the class that rare ones are merged into.
    merged_class: str = "other"
    # What transparent pixels of images lie on: a colour's name in CSS, or "#rrggbb" in quotes.
    # lfx.predict takes the colour that the model was trained with.
    background: str = "white"
    # An image of more pixels is a bad sample: decoding it takes 4 bytes and more for each.
    max_image_pixels: int = 178_956_970
    # Where decoded images and inspection results are kept between runs.
    cache_dir: str = "outputs/cache"

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [
            *named_plainly("data.name", self.name),
            *seed_in_range("data.split_seed", self.split_seed),
        ]
        if self.min_class_size < 1:
            found.append(f"data.min_class_size must be at least 1, got {self.min_class_size}")
        if not self.merged_class.strip():
            found.append("data.merged_class must not be empty")
        found += self._image_problems()
        if self.folds is not None and self.folds < 2:
            found.append(f"data.folds must be at least 2, got {self.folds}")
        if self.fold is not None and self.folds is None:
            found.append("data.fold is only read with data.folds")
        if self.fold is not None and self.folds is not None and not 0 <= self.fold < self.folds:
            found.append(f"data.fold must be in 0..{self.folds - 1}, got {self.fold}")
        if self.split is Split.file and self.split_file is None and not self.names_splits():
            found.append("data.split=file needs data.split_file=FILE (columns id and split)")
        if self.split is not Split.file and self.split_file is not None:
            found.append(
                f"data.split_file is only read with data.split=file, not {self.split.name}"
            )
        if self.split is not Split.file and self.names_splits():
            found.append(
                f"data.source.split is only read with data.split=file, not {self.split.name}"
            )
        return found

    def _image_problems(self) -> list[str]:
        found = []
        try:
            parse_colour(self.background)
        except ValueError as error:
            found.append(f"data.background: {error}")
        if self.max_image_pixels < 1:
            found.append(f"data.max_image_pixels must be at least 1, got {self.max_image_pixels}")
        return found

    def names_splits(self) -> bool:
        """Say whether the source itself tells each sample's split."""
        return False


@dataclass
class DemoSource:
    """The generated demo data."""

    # The reader.
    _target_: str = "lfx.data.demo.DemoSource"
    # Where the data are generated on first use.
    root: str = MISSING
    # How many image-text pairs to generate.
    pairs: int = 900

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        if not 100 <= self.pairs <= 100_000:
            return [f"data.source.pairs must be in 100..100000, got {self.pairs}"]
        return []


@dataclass
class MvsaSource:
    """The official MVSA folder layout."""

    # The reader.
    _target_: str = "lfx.data.mvsa.MvsaSource"
    # The folder with labelResultAll.txt and data/.
    root: str = MISSING
    # merged: equal labels stay, neutral yields to the other, opposites are dropped.
    # equal: only pairs with equal labels stay.
    protocol: Protocol = Protocol.merged


@dataclass
class TableSource:
    """A CSV, TSV, Parquet or JSON Lines file."""

    # The reader.
    _target_: str = "lfx.data.table.TableSource"
    # The folder that the image paths are relative to.
    root: str = MISSING
    # The table; relative to the root.
    file: str = MISSING
    # Column with the sample's id.
    id: str = "id"
    # Column with the text.
    text: str = "text"
    # Column with the image: its path, its bytes, these in base64, or a mapping of bytes and path.
    image: str = "image"
    # Column with the label; null: the data are unlabelled.
    label: str | None = "label"
    # Column with the split; null: there is none. Read with data.split=file.
    split: str | None = None
    # Column with what belongs together, such as one video or one patient: grouped splits and folds
    # keep it together, beside the near duplicates; null: there is none.
    group: str | None = None
    # The classes in order; null: all that occur, sorted, or as a Parquet file itself numbers them.
    classes: list[str] | None = None
    # Between the cells of a CSV or TSV: one character, or `tab`; null: as the header shows.
    separator: str | None = None
    # Encoding of a CSV, TSV or JSON Lines file; null: UTF-8, or UTF-16 with a byte-order mark.
    encoding: str | None = None
    # quoted: a quotation mark that opens a cell of a CSV or TSV quotes it, as in RFC 4180. none: it
    # is a character. auto: what the rows bear out.
    quoting: Quoting = Quoting.auto


@dataclass
class DemoData(DataConfig):
    """conf/data/demo.yaml."""

    # The reader and its arguments.
    source: DemoSource = MISSING


@dataclass
class MvsaData(DataConfig):
    """conf/data/mvsa_single.yaml."""

    # The reader and its arguments.
    source: MvsaSource = MISSING


@dataclass
class TableData(DataConfig):
    """conf/data/table.yaml."""

    # The reader and its arguments.
    source: TableSource = MISSING

    def names_splits(self) -> bool:
        """Say whether the table has a split column, which serves data.split=file as well."""
        return self.source.split is not None

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = super().problems()
        if self.source.classes == []:
            found.append("data.source.classes must name the classes, or be null: all that occur")
        return found
