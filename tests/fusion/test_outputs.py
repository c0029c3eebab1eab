from __future__ import annotations

import numpy as np
import torch
from saying import lacking, skilled

from lfx.fusion.outputs import FitData


def test_probabilities_are_a_softmax_over_classes():
    outputs = skilled().outputs
    logits = outputs.logits.numpy()
    want = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(outputs.probabilities, want)


def test_complete_samples_are_those_that_all_members_have():
    outputs = lacking(skilled(samples=4).outputs, (0, 1), (2, 1), (1, 3))
    assert outputs.complete.tolist() == [True, False, True, False]


def test_samples_are_taken_by_mask_or_number():
    fit = skilled(samples=6)
    outputs = lacking(fit.outputs, (0, 2))
    mask = np.array([False, True, True, False, False, True])
    for rows in (mask, np.flatnonzero(mask)):
        some = outputs.select(torch.as_tensor(rows))
        assert torch.equal(some.logits, outputs.logits[:, [1, 2, 5]])
        assert torch.equal(some.present, outputs.present[:, [1, 2, 5]])
        assert (some.members, some.classes) == (outputs.members, outputs.classes)
        part = fit.select(rows)
        assert torch.equal(part.outputs.logits, fit.outputs.logits[:, [1, 2, 5]])
        assert torch.equal(part.labels, fit.labels[[1, 2, 5]])
        assert part.groups.tolist() == ["s1", "s2", "s5"]
        assert torch.equal(part.probabilities, fit.probabilities[:, [1, 2, 5]])


def test_other_logits_bring_other_probabilities():
    fit = FitData(skilled(samples=6).outputs, torch.zeros(6).long(), np.arange(6), seed=7)
    before = fit.probabilities.clone()
    other = fit.calibrated(2 * fit.outputs.logits)
    torch.testing.assert_close(other.probabilities, torch.softmax(2 * fit.outputs.logits, dim=2))
    assert torch.equal(fit.probabilities, before)
    assert (other.members, other.classes, other.seed) == (fit.members, fit.classes, 7)
    assert other.labels is fit.labels
    assert other.groups is fit.groups
    assert torch.equal(other.outputs.present, fit.outputs.present)
