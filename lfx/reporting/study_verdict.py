"""Whether the fusions among some runs beat their best members."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from lfx.evaluation.multiple import holm
from lfx.evaluation.repeated import corrected_resampled_t
from lfx.reporting.scores import read_verdict
from lfx.reporting.seeds import group_by_seed
from lfx.reporting.train_counts import train_samples
from lfx.reporting.verdict import ALPHA, p_value, verdict_sentences
from lfx.runtime.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.runs.find import Run

log = logging.getLogger(__name__)

MOST_SENTENCES = 6


def fusion_verdicts(runs: Sequence[Run]) -> list[str]:
    """Return a verdict on each fusion, and how many differ from their best member at all.

    A fusion over several seeds is compared seed by seed, by the corrected resampled t-test.

    Args:
        runs: trained and fused ones; those without a verdict are passed over.

    Returns:
        At most `MOST_SENTENCES` verdicts, and a sentence on all of them.
    """
    sentences, p_values, gains = [], [], []
    for group in group_by_seed([run for run in runs if run.stage == "fuse"]):
        documents = [document for run in group if (document := _verdict_of(run))]
        if not documents:
            continue
        name = (
            group[0].name
            if len({run.data for run in runs}) == 1
            else (f"{group[0].data}: {group[0].name}")
        )
        if len(documents) == 1:
            sentences.append(verdict_sentences(name, documents[0])[:1])
            p_values.append(documents[0]["all"]["p"])
            gains.append(documents[0]["all"]["difference"])
            continue
        trained_on = train_samples(run for run in runs if run.data == group[0].data)
        if trained_on is None:  # the test needs the number
            continue
        sentence, p, gain = _over_seeds(name, documents, trained_on)
        sentences.append([sentence])
        p_values.append(p)
        gains.append(gain)
    found = [gain for gain, p in zip(gains, holm(p_values), strict=True) if p <= ALPHA]
    better = sum(gain > 0 for gain in found)
    shown = [sentence for of_fusion in sentences[:MOST_SENTENCES] for sentence in of_fusion]
    if len(gains) > 1:
        shown.append(
            f"of {len(gains)} fusions, {better} are better than their best member and "
            f"{len(found) - better} worse (Holm's correction, 5 %)"
        )
    return shown


def _verdict_of(run: Run) -> dict[str, Any] | None:
    file = run.folder / "verdict.json"
    if not os.path.lexists(file):
        return None
    try:
        return read_verdict(file)
    except RecordError as error:
        log.warning("%s is ignored: %s", file, error)
        return None


def _over_seeds(
    name: str, documents: Sequence[dict[str, Any]], trained_on: int
) -> tuple[str, float, float]:
    """Return the sentence, p-value and mean difference of a fusion over several seeds."""
    differences = [document["all"]["difference"] for document in documents]
    samples = documents[0]["all"]["samples"]
    found = corrected_resampled_t(differences, samples / trained_on)
    relation = "cannot be told apart from"
    if found.p <= ALPHA:
        relation = "is better than" if found.mean > 0 else "is worse than"
    against = " or ".join(dict.fromkeys(document["against"] for document in documents))
    sentence = (
        f"{name} over {len(differences)} seeds {relation} {against}, the best member on "
        f"{documents[0]['chosen_on']}: {found.mean:+.3f} ± {found.spread:.3f} accuracy on "
        f"{documents[0]['split']}, 95 % interval of the mean [{found.interval.low:+.3f}, "
        f"{found.interval.high:+.3f}] ({p_value(found.p)}, corrected resampled t-test)"
    )
    return sentence, found.p, found.mean
