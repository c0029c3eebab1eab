"""How well embeddings are arranged, before any classifier: pure functions over arrays."""

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
        alignment: mean squared distance of two samples of a class, on the unit sphere, 0..4; less
            is better. NaN without such a pair.
        uniformity: logarithm of the mean Gaussian potential of two samples, at most 0; less means
            spread more evenly.
        knn_accuracy: share of validation samples that the nearest training samples vote for
            rightly, 0..1.
        silhouette: how much closer own classes are than the next one, -1..1. NaN where there are
            fewer than two classes, or no two samples of any.
    """

    alignment: float
    uniformity: float
    knn_accuracy: float
    silhouette: float


def arrange(
    train: Array, train_labels: Labels, val: Array, val_labels: Labels, *, neighbours: int
) -> Arrangement:
    """Measure how embeddings of validation samples are arranged.

    Args:
        train: (training samples, width); they vote for `knn_accuracy` and count nowhere else.
        train_labels: (training samples,).
        val: (validation samples, width).
        val_labels: (validation samples,).
        neighbours: how many training samples vote.
    """
    return Arrangement(
        alignment=alignment(val, val_labels),
        uniformity=uniformity(val),
        knn_accuracy=knn_accuracy(train, train_labels, val, val_labels, neighbours=neighbours),
        silhouette=silhouette(val, val_labels),
    )


def alignment(embeddings: Array, labels: Labels) -> float:
    """Give the mean squared distance of positive pairs on the unit sphere (Wang and Isola 2020).

    Positive are two samples of the same class, as supervised contrast has them.

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
    """Give log of the mean of exp(-2 * squared distance) over all pairs (Wang and Isola 2020).

    Args:
        embeddings: (samples, width), put on the unit sphere.

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
    """Give the share of samples whose label the nearest training samples vote for.

    Args:
        train: (training samples, width).
        train_labels: (training samples,).
        val: (validation samples, width).
        val_labels: (validation samples,).
        neighbours: how many vote, by cosine similarity; all, where there are fewer.

    Returns:
        0..1.
    """
    from sklearn.neighbors import KNeighborsClassifier

    voters = KNeighborsClassifier(min(neighbours, len(train)), metric="cosine")
    return float(voters.fit(train, train_labels).score(val, val_labels))


def silhouette(embeddings: Array, labels: Labels) -> float:
    """Give the mean silhouette by cosine distance (Rousseeuw 1987).

    Args:
        embeddings: (samples, width).
        labels: (samples,).

    Returns:
        -1..1; NaN where it is not defined: it needs two classes and more samples than classes.
    """
    from sklearn.metrics import silhouette_score

    classes = len(set(labels.tolist()))
    if not 2 <= classes < len(labels):  # noqa: PLR2004, what the definition says
        return float("nan")
    return float(silhouette_score(embeddings, labels, metric="cosine"))


def flatten(embeddings: Sequence[Array], *, method: str, seed: int) -> list[Array]:
    """Bring embeddings to two dimensions, each kind by itself.

    Args:
        embeddings: (samples, width) each.
        method: `pca` or `tsne`.
        seed: of t-SNE.

    Returns:
        (samples, 2) each.

    Raises:
        ValueError: the method is unknown.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if method not in {"pca", "tsne"}:
        raise ValueError(f"method: pca or tsne, got {method!r}")
    flat = []
    for vectors in embeddings:
        if method == "pca":
            flat.append(PCA(2, svd_solver="full").fit_transform(vectors))
        else:
            perplexity = min(30.0, (len(vectors) - 1) / 3)
            flat.append(TSNE(2, perplexity=perplexity, random_state=seed).fit_transform(vectors))
    return flat


def _squared_distances(embeddings: Array) -> npt.NDArray[np.float64]:
    """Give (samples, samples) squared distances on the unit sphere, 0..4."""
    vectors = np.asarray(embeddings, dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = vectors / np.maximum(norms, np.finfo(np.float64).tiny)
    distances: npt.NDArray[np.float64] = np.clip(2 - 2 * units @ units.T, 0, 4)
    return distances
