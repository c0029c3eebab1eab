"""Scores of probabilities: log-loss, Brier score, calibration errors and the area under the ROC.

torch is imported inside functions, because command lines are checked against the registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.evaluation.sums import Sums

if TYPE_CHECKING:
    from torch import Tensor


def auroc_macro(probabilities: Tensor, labels: Tensor) -> float | None:
    """Compute the area under the ROC curve of each class against the rest, averaged over classes.

    The area is the probability that a sample of the class has a higher score for it than a sample
    of another class, where ties count half (Hanley and McNeil, Radiology 1982). Classes without
    samples, or with all of them, are left out; None if no class remains.
    """
    area = auroc_of_resamples(probabilities, labels, probabilities.new_ones(len(labels), 1))
    return None if bool(area.isnan()) else float(area.item())


def auroc_of_resamples(probabilities: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Compute `auroc_macro` of many resamples; see `lfx.evaluation.auroc`."""
    from lfx.evaluation.auroc import weighted_auroc

    return weighted_auroc(probabilities, labels, weights)


def log_loss(probabilities: Tensor, labels: Tensor) -> float:
    """Compute the mean negative log-likelihood, in nats.

    Probabilities are clipped at the smallest normal float32, the lower limit in fused artifacts.

    Args:
        probabilities: `(samples, classes)`.
        labels: class indices, `(samples,)`.
    """
    return LOG_LOSS(probabilities, labels)


def log_losses(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean negative log-likelihood of the labels, in nats."""
    import torch

    likelihoods = probabilities.gather(1, labels[:, None]).to("cpu", torch.float64)
    return -likelihoods.clamp(min=torch.finfo(torch.float32).tiny).log()


def squared_errors(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute the Brier score: the squared distance of probabilities and outcome, in 0..2.

    Summed over classes, averaged over samples (Brier, Monthly Weather Review 1950).
    """
    import torch

    wide = probabilities.to("cpu", torch.float64)
    outcome = torch.nn.functional.one_hot(labels.to("cpu"), wide.shape[1])
    return (wide - outcome).square().sum(dim=1, keepdim=True)


def _confidence_excess(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute the top-label calibration error in 15 bins of equal width, in 0..1."""
    from lfx.evaluation.calibration_error import confidence_excess

    return confidence_excess(probabilities, labels)


def _adaptive_excess(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute the top-label calibration error in 15 bins of equally many samples, in 0..1."""
    from lfx.evaluation.calibration_error import adaptive_excess

    return adaptive_excess(probabilities, labels)


def _classwise_excess(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean calibration error of each class's probability, in 15 bins, in 0..1."""
    from lfx.evaluation.calibration_error import classwise_excess

    return classwise_excess(probabilities, labels)


def mean(sums: Tensor, samples: Tensor) -> Tensor:
    """Compute the mean over samples, `(...)`, from a sum, `(1, ...)`."""
    return sums[0] / samples


def mean_distance(excess: Tensor, samples: Tensor) -> Tensor:
    """Compute the mean distance of prediction and outcome over bins, weighted by their samples.

    Args:
        excess: sums over the samples of a bin, `(bins, ...)`.
        samples: the number of samples, `(...)`.
    """
    return excess.abs().sum(dim=0) / samples


LOG_LOSS = Sums(log_losses, mean)
BRIER = Sums(squared_errors, mean)
CALIBRATION = Sums(_confidence_excess, mean_distance)
ADAPTIVE_CALIBRATION = Sums(_adaptive_excess, mean_distance, by_rows=False)
CLASSWISE_CALIBRATION = Sums(_classwise_excess, mean_distance)
