from __future__ import annotations

import numpy as np
from saying import run

from lfx.evaluation.mcnemar import mcnemar
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean


def test_a_fusion_is_compared_with_the_member_that_is_best_where_it_is_fitted(several):
    verdict = run(several, Learned()).verdict
    assert (verdict.split, verdict.against, verdict.chosen_on) == ("test", "m0", "val")
    fused = run(several, Learned()).predictions
    rows = fused.rows("test")
    member = several["m0"].select(several["m0"].rows("test"))
    by_id = dict(zip(member.sample_id, member.logits.argmax(axis=1), strict=True))
    before = np.array([by_id[one] for one in fused.sample_id[rows]]) == fused.label[rows]
    after = fused.logits[rows].argmax(axis=1) == fused.label[rows]
    assert verdict.all.corrected == (after & ~before).sum()
    assert verdict.all.corrupted == (before & ~after).sum()
    assert verdict.all.p == mcnemar(after.astype(int) - before)


def test_intervals_of_a_sweep_are_of_the_scores_that_are_printed(several):
    result = run(several, Mean(), intervals=["accuracy"])
    assert list(result.metrics["test"]["intervals"]) == ["accuracy"]
    assert list(result.baselines["mean"]["test"]["intervals"]) == ["accuracy"]
    everything = run(several, Mean()).metrics["test"]
    scores = set(everything) - {"support", "groups", "per_class", "intervals"}
    assert set(everything["intervals"]) == scores
