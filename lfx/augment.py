"""`python -m lfx.augment`: paraphrase a share of the training texts."""

from __future__ import annotations

from lfx.command.entry import OPEN_DATA, Job, run_stage
from lfx.command.roots.augment import AugmentConfig


def augment(config: AugmentConfig, job: Job) -> None:
    """Choose texts, paraphrase those that the cache lacks, write them and show some."""
    import logging

    from lfx.data.dataset import Dataset
    from lfx.modalities.text.cleaning import Cleaning
    from lfx.modalities.text.modality import TextModality
    from lfx.modalities.usable import find_usable
    from lfx.paraphrasing.augmenter import TextAugmenter, is_usable
    from lfx.paraphrasing.cache import ParaphraseCache, fill_cache
    from lfx.paraphrasing.paraphrases import choose_share, write_paraphrases
    from lfx.reporting.examples import show_paraphrases
    from lfx.runtime.build import build
    from lfx.runtime.files import require_file

    log = logging.getLogger("lfx.augment")
    augmenter = build(config.augmenter, "augmenter", TextAugmenter)
    dataset: Dataset = build(config.data, "data", Dataset)
    file = require_file(config.file, "file")
    cache = ParaphraseCache(dataset.cache / "paraphrases", augmenter.identity)
    whole = dataset.labelled()
    modality = TextModality(config.column)
    table = find_usable(modality, whole, dataset.cache, drop_bad=dataset.drops_bad).of(whole)
    splits = ("train",) if dataset.folds is None else ("train", "val")
    pool = [row for split in splits for row in table.rows(split)]
    rows = choose_share(table, pool, config.share, config.seed)
    clean: Cleaning = build(config.cleaning, "cleaning", Cleaning)
    originals = dict(
        zip([table.ids[row] for row in rows], modality.content(table, rows), strict=True)
    )
    sources = {name: clean(text) for name, text in originals.items()}
    fill_cache(cache, augmenter, list(sources.values()), config.batch_size)
    made = {name: cache.get(text) or "" for name, text in sources.items()}
    usable = {name: text for name, text in made.items() if is_usable(sources[name], text)}
    write_paraphrases(file, usable)
    pairs = [(originals[name], text) for name, text in usable.items()]
    show_paraphrases(pairs, config.examples, job.folder / "examples.md")
    log.info(
        "paraphrased: %d of %d texts of %s; %d more came back unchanged, empty or repeating",
        len(usable),
        len(pool),
        " and ".join(splits),
        len(made) - len(usable),
    )
    log.info("paraphrases: %s\nrun: %s", file, job.folder)


def main() -> None:
    """Run the command from the command line."""
    run_stage("augment", AugmentConfig, augment, open_mappings=OPEN_DATA)


if __name__ == "__main__":
    main()
