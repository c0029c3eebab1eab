"""Diagnostics of embeddings against naive loops and their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from lfx.evaluation.embeddings import (
    alignment,
    arrange,
    flatten,
    knn_accuracy,
    silhouette,
    uniformity,
)

CHANCE = np.random.default_rng(0)
VECTORS = CHANCE.normal(size=(40, 5)).astype(np.float32)
LABELS = CHANCE.integers(0, 3, size=40)


def unit(vector):
    return vector / math.sqrt(sum(float(x) ** 2 for x in vector))


def pairs():
    for one in range(40):
        for other in range(one + 1, 40):
            yield one, other, float(((unit(VECTORS[one]) - unit(VECTORS[other])) ** 2).sum())


def test_alignment_is_the_mean_squared_distance_of_positive_pairs():
    found = [d for one, other, d in pairs() if LABELS[one] == LABELS[other]]
    assert alignment(VECTORS, LABELS) == pytest.approx(sum(found) / len(found), rel=1e-5)


def test_uniformity_is_the_log_of_the_mean_potential():
    found = [math.exp(-2 * d) for _, _, d in pairs()]
    assert uniformity(VECTORS) == pytest.approx(math.log(sum(found) / len(found)), rel=1e-5)


def test_neighbours_vote_by_cosine():
    train, labels = VECTORS[:30], LABELS[:30]
    right = 0
    for vector, label in zip(VECTORS[30:], LABELS[30:], strict=True):
        nearest = sorted(range(30), key=lambda row: -unit(train[row]) @ unit(vector))[:5]
        votes = np.bincount(labels[nearest], minlength=3)
        right += votes.argmax() == label
    found = knn_accuracy(train, labels, VECTORS[30:], LABELS[30:], neighbours=5)
    assert found == pytest.approx(right / 10)
    everyone = knn_accuracy(train, labels, VECTORS[30:], LABELS[30:], neighbours=1000)
    assert everyone == pytest.approx(np.mean(LABELS[30:] == np.bincount(labels).argmax()))


def test_silhouette_is_the_mean_over_samples():
    each = silhouette_samples(VECTORS, LABELS, metric="cosine")
    assert silhouette(VECTORS, LABELS) == pytest.approx(each.mean())


def test_what_is_perfectly_arranged_has_the_best_values():
    corners = np.eye(3)[np.arange(30) % 3]
    labels = np.arange(30) % 3
    found = arrange(corners, labels, corners, labels, neighbours=5)
    assert found.alignment == pytest.approx(0, abs=1e-12)
    assert found.knn_accuracy == 1.0
    assert found.silhouette == pytest.approx(1.0)
    same = arrange(np.ones((30, 3)), labels, np.ones((30, 3)), labels, neighbours=5)
    assert same.uniformity == pytest.approx(0, abs=1e-9)
    assert same.uniformity > found.uniformity


def test_scale_does_not_matter():
    for measure in (lambda v: alignment(v, LABELS), uniformity, lambda v: silhouette(v, LABELS)):
        assert measure(1000 * VECTORS) == pytest.approx(measure(VECTORS), rel=1e-4)


def test_what_is_not_defined_is_nan():
    assert math.isnan(alignment(VECTORS[:3], np.arange(3)))
    assert math.isnan(uniformity(VECTORS[:1]))
    assert math.isnan(silhouette(VECTORS[:3], np.zeros(3, dtype=int)))
    assert math.isnan(silhouette(VECTORS[:3], np.arange(3)))
    # A vector of zeros has no direction, and is far from everything.
    assert alignment(np.zeros((2, 3)), np.zeros(2)) == pytest.approx(2)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_plane_keeps_clusters_apart(method):
    centres = 20 * np.eye(3, 8)[np.arange(60) % 3] + CHANCE.normal(size=(60, 8))
    (flat,) = flatten([centres], method=method, seed=0)
    assert flat.shape == (60, 2)
    assert silhouette_samples(flat, np.arange(60) % 3).mean() > 0.7
    (again,) = flatten([centres], method=method, seed=0)
    assert np.array_equal(flat, again)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method: allowed are pca, tsne; got 'umap'"):
        flatten([VECTORS], method="umap", seed=0)
