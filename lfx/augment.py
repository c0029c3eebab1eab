"""`python -m lfx.augment`: paraphrase a share of the training texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import Job, run_stage
from lfx.configuration.augment import AugmentConfig
from lfx.configuration.typed import plain

if TYPE_CHECKING:
    from lfx.data.augmenter import TextAugmenter
    from lfx.data.paraphrase_cache import ParaphraseCache


def augment(config: AugmentConfig, job: Job) -> None:
    """Choose texts, paraphrase those that no earlier run has, write them and show some."""
    import logging

    from lfx.configuration.build import build
    from lfx.data.augmenter import TextAugmenter, is_usable
    from lfx.data.cleaning import Cleaning
    from lfx.data.dataset import Dataset
    from lfx.data.paraphrase_cache import ParaphraseCache
    from lfx.data.paraphrases import choose_share, write_paraphrases
    from lfx.reporting.examples import show_paraphrases
    from lfx.runtime.files import require_file

    log = logging.getLogger("lfx.augment")
    augmenter = build(config.augmenter, "augmenter", TextAugmenter)
    dataset: Dataset = build(config.data, "data", Dataset)
    file = require_file(config.file, "file")
    cache = ParaphraseCache(dataset.cache / "paraphrases", augmenter.identity)
    table = dataset.labelled()
    splits = ("train",) if dataset.folds is None else ("train", "val")
    pool = [row for split in splits for row in table.rows(split)]
    rows = choose_share(table, pool, config.share, config.seed)
    clean = Cleaning(**plain(config.cleaning))
    sources = {table.ids[row]: clean(table.texts[row]) for row in rows}
    _paraphrase(augmenter, cache, list(sources.values()), config.batch_size)
    made = {name: cache.get(text) or "" for name, text in sources.items()}
    usable = {name: text for name, text in made.items() if is_usable(sources[name], text)}
    write_paraphrases(file, usable)
    originals = dict(zip(table.ids, table.texts, strict=True))
    pairs = [(originals[name], text) for name, text in usable.items()]
    show_paraphrases(pairs, config.examples, job.folder / "examples.md")
    log.info(
        "paraphrased: %d of %d texts of %s; %d more came back as they went, empty or in circles",
        len(usable),
        len(pool),
        " and ".join(splits),
        len(made) - len(usable),
    )
    log.info("paraphrases: %s\nrun: %s", file, job.folder)


def _paraphrase(
    augmenter: TextAugmenter, cache: ParaphraseCache, texts: list[str], size: int
) -> None:
    """Paraphrase what the cache does not have, short texts first, and keep it batch by batch."""
    import logging
    import time

    from lfx.runtime.progress import track

    log = logging.getLogger("lfx.augment")
    new = {text for text in texts if cache.get(text) is None}
    # A translator may well say something where there is nothing to say.
    left = sorted(filter(str.strip, new), key=lambda one: (len(one), one))
    known = sum(text not in new for text in texts)
    if known:
        log.info("%d of %d texts have been paraphrased before", known, len(texts))
    start, told = time.perf_counter(), 0.0
    batches = [left[at : at + size] for at in range(0, len(left), size)]
    done = 0
    for batch in track(batches, "paraphrasing", len(batches)):
        cache.add(dict(zip(batch, augmenter.augment(batch), strict=True)))
        done += len(batch)
        spent = time.perf_counter() - start
        if spent - told > 10 or done == len(left):  # noqa: PLR2004, seconds
            log.info("paraphrased %d of %d texts (%.1f/s)", done, len(left), done / spent)
            told = spent


def main() -> None:
    """Run the stage from the command line."""
    run_stage("augment", AugmentConfig, augment)


if __name__ == "__main__":
    main()
