"""Made-up members that say given probabilities, and every scheme there is."""

from __future__ import annotations

import numpy as np
import torch

from lfx.artifacts.join import join
from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.calibration.temperature import Temperature
from lfx.fusion.calibration.vector import Vector
from lfx.fusion.fit_plan import FitPlan
from lfx.fusion.fuse import fuse
from lfx.fusion.outputs import FitData, Outputs
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.rules import Pooled
from lfx.fusion.schemes.by_sample import DistributionUncertainty, Energy, Entropy
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.evidential import Evidential
from lfx.fusion.schemes.greedy_selection import GreedySelection
from lfx.fusion.schemes.learned import Learned, LearnedPerClass
from lfx.fusion.schemes.maximum import Max
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss
from lfx.fusion.schemes.product import Product
from lfx.fusion.schemes.stacking import Stacking, StackingMlp
from lfx.fusion.schemes.vote import MajorityVote, WeightedVote
from lfx.fusion.schemes.weighted import Weighted
from lfx.fusion.weights import Weights

# Those that weigh by what each member says of a sample, or weigh all alike.
EVEN_HANDED = {
    "mean": Mean(),
    "product": Product(),
    "max": Max(),
    "majority_vote": MajorityVote(),
    "entropy": Entropy(),
    "energy": Energy(),
    "energy, hot": Energy(temperature=3.0),
    "distribution_uncertainty": DistributionUncertainty(),
    "evidential": Evidential(),
    "evidential, relu": Evidential("relu"),
    "evidential, exp": Evidential("exp"),
}
GIVEN = {
    "weighted": Weighted({"m0": 0.7}),
    "product, weighted": Product({"m0": 0.7}),
    "weighted_vote": WeightedVote({"m0": 0.4}),
}
PER_MEMBER = {
    "minimizing_loss": MinimizingLoss(),
    "minimizing_loss, f1_weighted": MinimizingLoss("f1_weighted"),
    "minimizing_loss, f1_macro": MinimizingLoss("f1_macro"),
    "minimizing_loss, inverse_log_loss": MinimizingLoss("inverse_log_loss"),
    "minimizing_loss, published_code": MinimizingLoss(form="published_code"),
    "learned": Learned(),
    "greedy_selection": GreedySelection(rounds=8, bags=4),
    "greedy_selection, one bag": GreedySelection("log_loss", rounds=8, bags=1, fraction=1.0),
}
PER_CLASS = {
    "detection_rate": DetectionRate(),
    "detection_rate, no alpha": DetectionRate("none"),
    "detection_rate, corrected": DetectionRate("prior", "corrected"),
    "detection_rate, corrected, no alpha": DetectionRate("none", "corrected"),
    "learned_per_class": LearnedPerClass(),
}
STACKED = {
    "stacking": Stacking(c=(0.1, 1.0)),
    "stacking_mlp": StackingMlp(hidden=3, alpha=(1.0, 10.0), steps=20),
}
FITTED = PER_MEMBER | PER_CLASS | STACKED
UNFITTED = EVEN_HANDED | GIVEN
SCHEMES = UNFITTED | FITTED
CALIBRATORS = {"temperature": Temperature(), "vector": Vector()}
# Everything that learns: each fitted scheme, and each calibration with a scheme that does not.
LEARNING = {name: Pipeline(NoCalibration(), scheme) for name, scheme in FITTED.items()}
LEARNING |= {name: Pipeline(calibrator, Mean()) for name, calibrator in CALIBRATORS.items()}
LEARNING["both"] = Pipeline(Temperature(), Stacking(c=(0.1, 1.0)))


def outputs_of(probabilities, *, present=None, level=0.0):
    """Let members m0, m1, … say these probabilities of classes c0, c1, …."""
    members, samples, classes = probabilities.shape
    if present is None:
        present = torch.ones(members, samples, dtype=torch.bool)
    logits = probabilities.clamp(min=torch.finfo(probabilities.dtype).tiny).log() + level
    return Outputs(
        tuple(f"m{place}" for place in range(members)),
        tuple(f"c{place}" for place in range(classes)),
        torch.where(present[:, :, None], logits, 0),
        present,
    )


def fit_of(probabilities, labels, *, groups=None, seed=0, level=0.0):
    """Make fit data; each sample is its own group unless told."""
    if groups is None:
        groups = np.array([f"s{place}" for place in range(len(labels))], dtype=object)
    return FitData(outputs_of(probabilities, level=level), labels, groups, seed)


def draw_fit(seed=0, members=2, samples=10, classes=3, skill=0.0, level=0.0):
    """Make fit data with random probabilities and labels; skill ties the two together."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, size=samples)
    bias = 0.7 + skill * np.eye(classes)[labels]
    probabilities = rng.standard_gamma(np.broadcast_to(bias, (members, samples, classes)))
    probabilities /= probabilities.sum(axis=2, keepdims=True)
    return fit_of(torch.from_numpy(probabilities), torch.from_numpy(labels), level=level)


def skilled(seed=0, **sizes):
    """Make fit data with a skill, a level for energies, and every class among the labels."""
    settled = {"members": 3, "samples": 40, "skill": 1.5, "level": 2.0} | sizes
    return draw_fit(seed, **settled)


def run(members, scheme, *, on_missing="error", calibrator=None, **options):
    """Fuse artifacts by a scheme, or a whole pipeline, on the CPU."""
    settled = {"name": "fused", "device": torch.device("cpu"), "versions": {"torch": "x"}}
    plan = {key: options.pop(key) for key in list(options) if key in FitPlan.__annotations__}
    pipeline = scheme
    if not isinstance(scheme, Pipeline):
        pipeline = Pipeline(NoCalibration() if calibrator is None else calibrator, scheme)
    joined = join(members, on_missing)
    return fuse(joined, pipeline, FitPlan(**plan), **(settled | options))


def rule_of(scheme, fit):
    """Fit a scheme; weights become the linear pool with these weights."""
    found = scheme.fit(fit)
    return Pooled(found) if isinstance(found, Weights) else found


def lacking(outputs, *absent):
    """Take (member, sample) pairs away."""
    present = outputs.present.clone()
    for member, sample in absent:
        present[member, sample] = False
    logits = torch.where(present[:, :, None], outputs.logits, 0)
    return Outputs(outputs.members, outputs.classes, logits, present)


def of_members(outputs, places):
    """Take some members, in this order."""
    return Outputs(
        tuple(outputs.members[place] for place in places),
        outputs.classes,
        outputs.logits[places],
        outputs.present[places],
    )


def of_classes(outputs, order):
    """Put the classes into another order."""
    names = tuple(outputs.classes[place] for place in order)
    return Outputs(outputs.members, names, outputs.logits[:, :, order], outputs.present)


def relabelled(fit, order):
    """Put the classes into another order, labels too."""
    place = torch.tensor([order.index(index) for index in range(len(order))])
    return FitData(of_classes(fit.outputs, order), place[fit.labels], fit.groups, fit.seed)


def same(one, two, tolerance=1e-9):
    """Assert that two tensors agree."""
    torch.testing.assert_close(one, two, rtol=tolerance, atol=tolerance)
