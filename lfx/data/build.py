"""From the settings of the group `data` to samples, and to their folds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lfx.configuration.build import build
from lfx.data.decoding import Decoding
from lfx.data.folds import Folds, deal_folds
from lfx.data.paraphrases import Paraphrases, read_paraphrases
from lfx.data.prepare import SplitPlan, load_any, load_labelled
from lfx.data.rare import RareClasses
from lfx.data.samples import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.configuration.data import DataConfig
    from lfx.configuration.paraphrases import ParaphrasesConfig
    from lfx.data.samples import SampleTable


def build_samples(data: DataConfig, cache_dir: Path) -> SampleTable:
    """Read, check and split the samples of a training run.

    Args:
        data: the settings.
        cache_dir: where the results of decoding are kept.

    Raises:
        ConfigError: the source cannot be built.
        DataError: as `load_labelled`.
    """
    plan = SplitPlan(
        kind=data.split.name,
        seed=data.split_seed,
        stratify=data.stratify,
        file=None if data.split_file is None else Path(data.split_file),
    )
    source = build(data.source, "data.source", Source)
    return load_labelled(
        source,
        plan,
        drop_bad=data.on_bad_sample.name == "drop",
        cache_dir=cache_dir,
        rare=_rare_classes(data),
        decoding=_decoding(data),
    )


def build_any(data: DataConfig, cache_dir: Path, known: Sequence[str] | None = None) -> SampleTable:
    """Read and check samples that may be unlabelled; they are in no split.

    Args:
        data: the settings.
        cache_dir: where the results of decoding are kept.
        known: the classes of a model that is to predict them; None: there is no model.

    Raises:
        ConfigError: the source cannot be built.
        DataError: as `load_any`.
    """
    source = build(data.source, "data.source", Source)
    return load_any(
        source,
        drop_bad=data.on_bad_sample.name == "drop",
        cache_dir=cache_dir,
        rare=_rare_classes(data),
        decoding=_decoding(data),
        known=known,
    )


def _decoding(data: DataConfig) -> Decoding:
    return Decoding(data.background, data.max_image_pixels)


def _rare_classes(data: DataConfig) -> RareClasses:
    return RareClasses(data.rare_classes.name, data.min_class_size, data.merged_class)


def build_paraphrases(own: ParaphrasesConfig) -> Paraphrases | None:
    """Read the paraphrases that training texts get; None where they get none.

    Raises:
        DataError: as `read_paraphrases`.
    """
    if own.file is None or own.share == 0:
        return None
    texts = read_paraphrases(Path(own.file))
    return Paraphrases(texts, share=own.share, replacing=own.replace, seed=own.seed)


def build_folds(data: DataConfig, table: SampleTable) -> Folds:
    """Deal the samples of train and val into the folds of cross-validation.

    Near duplicates stay together, unless the split is the paper's random one.

    Args:
        data: the settings; `folds` is set.
        table: samples with their splits.

    Raises:
        DataError: as `deal_folds`.
    """
    return deal_folds(
        table,
        data.folds or 0,
        grouped=data.split.name != "random",
        stratify=data.stratify,
        seed=data.split_seed,
    )
