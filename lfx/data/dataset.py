"""A data set: its source, its splits, and how bad samples and rare classes are handled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge

from lfx.data.decoding import MOST_PIXELS, Decoding
from lfx.data.folds import Folds, assign_folds
from lfx.data.missing import take_away
from lfx.data.prepare import SplitPlan, load_any, load_labelled
from lfx.data.rare import RareClasses
from lfx.data.reading import Source
from lfx.data.survey import Survey, survey_samples
from lfx.runtime.checked import checked
from lfx.runtime.colour import parse_colour
from lfx.runtime.errors import ConfigError
from lfx.runtime.files import require_folder
from lfx.runtime.naming import name_problems
from lfx.runtime.settings import Count, Seed, Share

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable


@checked
@dataclass(frozen=True)
class Dataset:
    """Samples from a source, with splits.

    Attributes:
        name: of the data set, in run directories and artifacts.
        root: the folder that holds the data.
        source: the reader.
        split: how samples are divided into train, val and test. `random`: 8:1:1 (the paper).
            `grouped`: the same, but near duplicates are always in one split. `file`: from
            `split_file` or the source's split column.
        stratify: whether splits keep the classes' shares (grouped ones as far as groups allow).
        split_seed: seed of the split. Members of a fusion must share it, so it does not follow the
            run's `seed`.
        split_file: CSV or Parquet with the columns id and split, for `split=file`.
        folds: number of folds of cross-validation; one model is trained without each; None: no
            cross-validation, one model.
        fold: train only the model without this fold, 0..folds - 1, such as in one job of a
            multirun; None: all of them.
        on_bad_sample: what happens to a sample that cannot be read. `stop`: the run ends. `drop`:
            it is left out and listed.
        min_class_size: classes with fewer samples are rare.
        rare_classes: `error`: a rare class ends the run. `drop`: its samples are left out and
            listed. `merge`: rare classes become one.
        merged_class: name of the class that rare ones are merged into.
        background: colour behind transparent pixels of images: a colour's name in CSS, or
            "#rrggbb" in quotes. lfx.predict takes the colour that the model was trained with.
        max_image_pixels: an image of more pixels is a bad sample; decoding takes 4 bytes or more
            for each pixel.
        missing: NAME → share of the samples whose content of that column is taken away at random,
            to see what a model or a fusion loses.
        missing_splits: the splits in which it is taken away; with `folds` both train and val, or
            none of them.
        missing_seed: seed of which samples; a larger share takes away the same ones and more.
        cache_dir: folder where decoded images and the results of their checks are kept between
            runs.

    Raises:
        ConfigError: settings are not allowed, or not together; the message lists all of them.
    """

    name: str
    root: str
    source: Source
    split: Literal["random", "grouped", "file"] = "grouped"
    stratify: bool = True
    split_seed: Seed = 0
    split_file: str | None = None
    folds: Annotated[int, Ge(2)] | None = None
    fold: Annotated[int, Ge(0)] | None = None
    on_bad_sample: Literal["stop", "drop"] = "stop"
    min_class_size: Count = 1
    rare_classes: Literal["error", "drop", "merge"] = "error"
    merged_class: str = "other"
    background: str = "white"
    max_image_pixels: Count = MOST_PIXELS
    missing: Mapping[str, Share] = field(default_factory=dict)
    missing_splits: Sequence[Literal["train", "val", "test"]] = ("train", "val", "test")
    missing_seed: Seed = 0
    cache_dir: str = "outputs/cache"

    def __post_init__(self) -> None:
        """Refuse settings that do not go together."""
        problems = [*name_problems("data.name", self.name), *self._split_problems()]
        if not self.merged_class.strip():
            problems.append("data.merged_class must not be empty")
        try:
            parse_colour(self.background)
        except ValueError as error:
            problems.append(f"data.background: {error}")
        if problems:
            raise ConfigError("\n".join(problems))

    def _split_problems(self) -> list[str]:
        problems = []
        if self.fold is not None and self.folds is None:
            problems.append("data.fold is only read with data.folds")
        if self.fold is not None and self.folds is not None and self.fold >= self.folds:
            problems.append(f"data.fold must be in 0..{self.folds - 1}, got {self.fold}")
        if self.folds is not None and ("train" in self.missing_splits) != (
            "val" in self.missing_splits
        ):
            problems.append(
                "data.missing_splits: with data.folds train and val go together, since their "
                f"samples are dealt into the folds; got [{','.join(self.missing_splits)}]"
            )
        column = getattr(self.source, "split", None)
        if self.split == "file" and self.split_file is None and column is None:
            problems.append("data.split=file needs data.split_file=FILE (columns id and split)")
        unread = [
            ("split_file", self.split_file is not None),
            ("source.split", column not in {None, "split"}),  # the table's default
        ]
        problems += [
            f"data.{key} is only read with data.split=file, not {self.split}"
            for key, given in unread
            if given and self.split != "file"
        ]
        return problems

    @property
    def drops_bad(self) -> bool:
        """Whether bad samples are left out."""
        return self.on_bad_sample == "drop"

    @property
    def cache(self) -> Path:
        """The folder of what is kept between runs; made if it does not exist."""
        return require_folder(self.cache_dir, "data.cache_dir")

    def labelled(self) -> SampleTable:
        """Read, check and split the samples of a training run.

        Raises:
            DataError: as `load_labelled`.
        """
        table = load_labelled(
            self.source,
            self._plan,
            drop_bad=self.drops_bad,
            cache_dir=self.cache,
            rare=self._rare,
            decoding=self._decoding,
        )
        return self.without_missing(table)

    def survey(self) -> Survey:
        """Read the samples as `labelled` does, and say why a training run would refuse them.

        Raises:
            DataError: as `survey_samples`.
        """
        survey = survey_samples(
            self.source,
            self._plan,
            cache_dir=self.cache,
            rare=self._rare,
            decoding=self._decoding,
        )
        return replace(survey, table=self.without_missing(survey.table))

    def without_missing(self, table: SampleTable) -> SampleTable:
        """Take content away as `missing` says.

        Args:
            table: samples with their splits; those in no split count as test.

        Raises:
            ConfigError: the data have no such column.
        """
        return take_away(table, self.missing, self.missing_splits, self.missing_seed)

    def any(self, known: Sequence[str] | None = None) -> SampleTable:
        """Read and check samples that may be unlabelled; they are in no split.

        Args:
            known: the classes of the model that will predict them; None: there is no model.

        Raises:
            DataError: as `load_any`.
        """
        return load_any(
            self.source,
            drop_bad=self.drops_bad,
            cache_dir=self.cache,
            rare=self._rare,
            decoding=self._decoding,
            known=known,
        )

    def assign_folds(self, table: SampleTable) -> Folds:
        """Assign the samples of train and val to the folds of cross-validation.

        Near duplicates stay together, unless `split=random`.

        Args:
            table: samples with their splits.

        Raises:
            DataError: as `assign_folds`.
        """
        return assign_folds(
            table,
            self.folds or 0,
            grouped=self.split != "random",
            stratify=self.stratify,
            seed=self.split_seed,
        )

    @property
    def _plan(self) -> SplitPlan:
        return SplitPlan(
            kind=self.split,
            seed=self.split_seed,
            stratify=self.stratify,
            file=None if self.split_file is None else Path(self.split_file),
            folds=self.folds is not None,
        )

    @property
    def _rare(self) -> RareClasses:
        return RareClasses(self.rare_classes, self.min_class_size, self.merged_class)

    @property
    def _decoding(self) -> Decoding:
        return Decoding(self.background, self.max_image_pixels)
