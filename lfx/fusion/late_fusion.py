"""Late fusion in Python: fit on one split, predict and score another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.artifacts.join import join
from lfx.artifacts.parquet import read_predictions
from lfx.artifacts.predictions import Predictions
from lfx.artifacts.reserved import MissingPolicy  # noqa: TC001, `checked` reads it
from lfx.data.split_names import FitSplit  # noqa: TC001, `checked` reads it
from lfx.evaluation.metrics import evaluate
from lfx.evaluation.reported import TEST, reported_split
from lfx.evaluation.scores import SCORES
from lfx.fusion.calibration.calibrator import Calibrator  # noqa: TC001, `checked` reads it
from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.fit_data import complete_rows, fit_data, outputs_of
from lfx.fusion.guard import refuse_leak
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.scheme import Scheme  # noqa: TC001, `checked` reads it
from lfx.runtime.checked import checked
from lfx.runtime.errors import FusionError
from lfx.runtime.settings import Seed

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.pipeline import Fitted

Members = Mapping[str, "Predictions | str | Path"]


@checked
class LateFusion:
    """A scheme that is fitted on members' predictions of one split and applied to any samples.

    Members are a mapping from names to prediction artifacts or their paths; the order does not
    matter. Rows are joined by sample id.

    Args:
        scheme: finds the weights; None: the members' mean.
        calibration: calibrates each member's probabilities first; None: no calibration.
        fit_split: the split whose labels are fitted on.
        on_missing: what becomes of samples that a member lacks.
        seed: seed of everything random in a fit.

    Example:
        >>> members = {"image": "image.parquet", "text": "text.parquet"}
        >>> fusion = LateFusion(DetectionRate()).fit(members)  # doctest: +SKIP
        >>> fusion.score(members, split="test")  # doctest: +SKIP
        0.923
    """

    def __init__(
        self,
        scheme: Scheme | None = None,
        calibration: Calibrator | None = None,
        *,
        fit_split: FitSplit = "val",
        on_missing: MissingPolicy = "error",
        seed: Seed = 0,
    ) -> None:
        self.pipeline = Pipeline(
            NoCalibration() if calibration is None else calibration,
            Mean() if scheme is None else scheme,
        )
        self.fit_split, self.on_missing, self.seed = fit_split, on_missing, seed
        self._fitted: tuple[tuple[str, ...], tuple[str, ...], Fitted] | None = None

    def fit(self, members: Members) -> LateFusion:
        """Fit calibrations and weights on the fit split's labelled samples that all members have.

        Raises:
            ArtifactError: artifacts cannot be read or joined.
            FusionError: there are no samples to fit on, or the scheme cannot weigh these members.
        """
        joined = self._join(members)
        outputs = outputs_of(joined, torch.device("cpu"))
        rows = np.zeros(len(joined.label), dtype=np.bool_)
        if self.pipeline.needs_fit:
            rows = complete_rows(joined, self.fit_split)
        fitted = self.pipeline.fit(fit_data(joined, outputs, rows, self.seed))
        self._fitted = joined.names, joined.classes, fitted
        return self

    def predict_proba(self, members: Members, split: str | None = None) -> np.ndarray[Any, Any]:
        """Return fused probabilities of a split, `(samples, classes)`, sorted by sample id.

        Args:
            members: as in `fit`.
            split: None: the split that is reported, see `reported_split`: `test`, or another one if
                the members share no labelled test samples.

        Raises:
            FusionError: the fusion is not fitted, or was fitted on other members or classes.
        """
        joined = self._join(members)
        return np.asarray(self._fuse(joined)[joined.rows(_split_of(joined, split))])

    def sample_ids(self, members: Members, split: str | None = None) -> list[str]:
        """Return the ids of the rows of `predict_proba`."""
        joined = self._join(members)
        rows = joined.rows(_split_of(joined, split))
        return [str(sample) for sample in joined.sample_id[rows]]

    def score(self, members: Members, split: str | None = None, metric: str = "accuracy") -> float:
        """Compute a score of the fused predictions of a split's labelled samples.

        Args:
            members: as in `fit`.
            split: not the fit split, whose scores would be too good; None: as in `predict_proba`.
            metric: a key of `lfx.evaluation.scores.SCORES`.

        Raises:
            FusionError: as in `predict_proba`; or the fusion was fitted on this split, the split
                has no labels, or the score is unknown or not defined for these labels.
        """
        if metric not in SCORES:
            raise FusionError(f"metric: allowed are {', '.join(SCORES)}; got {metric!r}")
        joined = self._join(members)
        split = _split_of(joined, split)
        if self.pipeline.needs_fit:
            refuse_leak(self.fit_split, [split], allow_leaky_fit=False)
        rows = joined.rows(split) & (joined.label >= 0)
        if not rows.any():
            raise FusionError(f"split={split}: the members have no labelled samples there")
        fused = torch.from_numpy(self._fuse(joined)[rows])
        labels = torch.from_numpy(joined.label[rows].astype(np.int64))
        scores = evaluate(fused, labels, joined.classes)
        if metric not in scores:
            raise FusionError(f"{metric} is not defined for the labels of split={split}")
        return float(scores[metric])

    @property
    def weights(self) -> list[Any] | None:
        """The weights as nested lists, members sorted by name; None if each sample has its own."""
        _, _, fitted = self._require_fitted()
        weights = getattr(fitted.rule, "weights", None)
        return None if weights is None else list(weights.values.tolist())

    def _fuse(self, joined: JoinedMembers) -> np.ndarray[Any, Any]:
        names, classes, fitted = self._require_fitted()
        if (joined.names, joined.classes) != (names, classes):
            raise FusionError(
                f"fitted on the members {', '.join(names)} with classes {', '.join(classes)}; got "
                f"{', '.join(joined.names)} with {', '.join(joined.classes)}"
            )
        return np.asarray(fitted.combine(outputs_of(joined, torch.device("cpu"))).numpy())

    def _require_fitted(self) -> tuple[tuple[str, ...], tuple[str, ...], Fitted]:
        if self._fitted is None:
            raise FusionError("the fusion is not fitted yet: call fit(members) first")
        return self._fitted

    def _join(self, members: Members) -> JoinedMembers:
        predictions = {
            name: member if isinstance(member, Predictions) else read_predictions(Path(member))
            for name, member in members.items()
        }
        return join(predictions, self.on_missing)


def _split_of(joined: JoinedMembers, split: str | None) -> str:
    """Return a split that was asked for, or else the one that is reported."""
    if split is not None:
        return split
    return reported_split(joined.labelled_splits()) or reported_split(set(joined.split)) or TEST
