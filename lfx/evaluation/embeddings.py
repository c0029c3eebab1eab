"""Diagnostics of embeddings, independent of a classifier: pure functions over arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Arrangement:
    """Diagnostics of embeddings.

    Attributes:
        alignment: mean squared distance between two samples of a class on the unit sphere, 0..4;
            lower is better. NaN without such a pair.
        uniformity: logarithm of the mean Gaussian potential of two samples, at most 0; lower means
            more evenly spread.
        knn_accuracy: accuracy of a nearest-neighbour vote of training samples on validation
            samples, 0..1.
        silhouette: mean silhouette, -1..1; higher means better separated classes. NaN with fewer
            than two classes, or no two samples of a class.
    """

    alignment: float
    uniformity: float
    knn_accuracy: float
    silhouette: float


def arrange(
    train: Array, train_labels: Labels, val: Array, val_labels: Labels, *, neighbours: int
) -> Arrangement:
    """Compute the diagnostics of validation samples' embeddings.

    Args:
        train: (training samples, width); used by `knn_accuracy` only.
        train_labels: (training samples,).
        val: (validation samples, width).
        val_labels: (validation samples,).
        neighbours: the number of training samples that vote.
    """
    return Arrangement(
        alignment=alignment(val, val_labels),
        uniformity=uniformity(val),
        knn_accuracy=knn_accuracy(train, train_labels, val, val_labels, neighbours=neighbours),
        silhouette=silhouette(val, val_labels),
    )


def alignment(embeddings: Array, labels: Labels) -> float:
    """Compute the mean squared distance of positive pairs on the unit sphere (Wang, Isola 2020).

    Two samples of the same class are a positive pair, as in supervised contrastive learning.

    Args:
        embeddings: (samples, width).
        labels: (samples,).

    Returns:
        0..4; NaN without a pair.
    """
    distances = _squared_distances(embeddings)
    pairs = np.triu(labels[:, None] == labels[None, :], k=1)
    return float(distances[pairs].mean()) if pairs.any() else float("nan")


def uniformity(embeddings: Array) -> float:
    """Compute log of the mean of exp(-2 * squared distance) over all pairs (Wang, Isola 2020).

    Args:
        embeddings: (samples, width), projected onto the unit sphere.

    Returns:
        At most 0; NaN with fewer than two samples.
    """
    distances = _squared_distances(embeddings)
    pairs = np.triu_indices(len(embeddings), k=1)
    if len(pairs[0]) == 0:
        return float("nan")
    return float(np.log(np.exp(-2 * distances[pairs]).mean()))


def knn_accuracy(
    train: Array, train_labels: Labels, val: Array, val_labels: Labels, *, neighbours: int
) -> float:
    """Compute the accuracy of a nearest-neighbour vote of training samples on validation samples.

    Args:
        train: (training samples, width).
        train_labels: (training samples,).
        val: (validation samples, width).
        val_labels: (validation samples,).
        neighbours: the number of nearest samples, by cosine similarity; all if there are fewer.

    Returns:
        0..1.
    """
    from sklearn.neighbors import KNeighborsClassifier

    voters = KNeighborsClassifier(min(neighbours, len(train)), metric="cosine")
    return float(voters.fit(train, train_labels).score(val, val_labels))


def silhouette(embeddings: Array, labels: Labels) -> float:
    """Compute the mean silhouette with cosine distance (Rousseeuw 1987).

    Args:
        embeddings: (samples, width).
        labels: (samples,).

    Returns:
        -1..1; NaN where it is not defined: it needs two classes and more samples than classes.
    """
    from sklearn.metrics import silhouette_score

    classes = len(set(labels.tolist()))
    if not 1 < classes < len(labels):
        return float("nan")
    return float(silhouette_score(embeddings, labels, metric="cosine"))


def flatten(embeddings: Sequence[Array], *, method: str, seed: int) -> list[Array]:
    """Reduce each array of embeddings to two dimensions, separately.

    Args:
        embeddings: (samples, width) each.
        method: `pca` or `tsne`.
        seed: seed of t-SNE.

    Returns:
        (samples, 2) each.

    Raises:
        ValueError: the method is unknown.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if method not in {"pca", "tsne"}:
        raise ValueError(f"method: allowed are pca, tsne; got {method!r}")
    flat = []
    for vectors in embeddings:
        if method == "pca":
            flat.append(PCA(2, svd_solver="full").fit_transform(vectors))
        else:
            perplexity = min(30.0, (len(vectors) - 1) / 3)
            flat.append(TSNE(2, perplexity=perplexity, random_state=seed).fit_transform(vectors))
    return flat


def _squared_distances(embeddings: Array) -> npt.NDArray[np.float64]:
    """Compute (samples, samples) squared distances on the unit sphere, 0..4."""
    vectors = np.asarray(embeddings, dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = vectors / np.maximum(norms, np.finfo(np.float64).tiny)
    distances: npt.NDArray[np.float64] = np.clip(2 - 2 * units @ units.T, 0, 4)
    return distances
