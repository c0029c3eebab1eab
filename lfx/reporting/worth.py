"""Tables of what members are worth to a fusion, and of a choice among schemes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from lfx.evaluation.answers import evaluate_answers
from lfx.evaluation.mcnemar import PairedAccuracy
from lfx.evaluation.scores import printed, title_of
from lfx.reporting.estimates import DIFFERENCE_ESTIMATE, SCORE, Estimate
from lfx.reporting.table import COUNT, NUMBER, Column, Table
from lfx.reporting.verdict import verdict_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.fusion.nested import Nested
    from lfx.fusion.outputs import FitData
    from lfx.fusion.worth import Worth


_CHOSEN = "scheme chosen inside"


def worth_table(worths: Sequence[Worth], scheme: str, samples: int) -> Table:
    """Return what each member adds to the accuracy of a fusion.

    Args:
        worths: of each member.
        scheme: name of the fusion's scheme.
        samples: the number of samples.
    """
    columns = [
        Column("member"),
        Column("n", COUNT),
        Column("accuracy alone", NUMBER),
        Column("Shapley value", DIFFERENCE_ESTIMATE),
        Column("lost without it", DIFFERENCE_ESTIMATE),
    ]
    rows = [
        [
            worth.member,
            samples,
            worth.alone,
            Estimate(worth.shapley, worth.shapley_interval),
            Estimate(worth.left_out, worth.left_out_interval),
        ]
        for worth in worths
    ]
    note = (
        f"of the accuracy of fusion={scheme}: Shapley values sum to it minus the share of the most "
        "frequent class"
    )
    return Table(columns, rows, [note])


def nested_table(nested: Nested, fit: FitData, split: str, metric: str) -> Table:
    """Return the score of a scheme that is chosen by nested cross-validation.

    Args:
        nested: its predictions, and those of all schemes.
        fit: the samples.
        split: their split.
        metric: key of the score that schemes are chosen by.
    """
    labels = fit.labels.cpu().numpy()
    _, groups = np.unique(fit.groups.astype(str), return_inverse=True)
    answers = {
        _CHOSEN: nested.chosen,
        "member chosen inside": nested.best_member,
        **nested.cross_fitted,
    }
    nobody = np.zeros(len(labels), np.bool_)
    keys = list(dict.fromkeys([*printed(), metric]))
    scored = evaluate_answers(answers, labels, groups, nobody, fit.classes, intervals=keys)
    columns = [Column("", least=12), Column("n", COUNT)]
    columns += [Column(title_of(key), SCORE, spare=index) for index, key in enumerate(keys)]
    columns.append(Column("chosen in folds", COUNT))
    times = Counter(nested.schemes)
    by_score = sorted(nested.cross_fitted, key=lambda name: -float(scored[name][metric]))
    rows = [
        [name, len(labels), *(Estimate.of(scored[name], key) for key in keys), count]
        for name, count in [
            *((name, None) for name in answers if name not in nested.cross_fitted),
            *((name, times.get(name)) for name in by_score),
        ]
    ]
    paired = PairedAccuracy.of(nested.best_member == labels, nested.chosen == labels, groups)
    document = {"split": split, "against": _listed(nested.members), "chosen_on": "the other folds"}
    optimism = scored[by_score[0]][metric] - scored[_CHOSEN][metric]
    too_good = (
        f"{by_score[0]} looks best by the folds that it is chosen on; choosing inside scores "
        f"{-optimism:+.3f} {title_of(metric)}: by so much the best of these lines is too good"
    )
    verdict = verdict_sentences("the chosen scheme", {**document, "all": paired.document()})
    notes = [too_good, *verdict]
    if split == "val":
        notes.append("val also stopped the members' training: data.folds=K makes oof rows, unseen")
    return Table(columns, rows, notes)


def _listed(members: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(members))
