"""What a training run trains, and what each model of it has led to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger

from lfx.artifacts.predictions import Predictions
from lfx.data.dataset import Dataset
from lfx.data.samples import SampleTable
from lfx.modalities.encoder import EncoderBuilder
from lfx.modalities.joint.modality import JointModality
from lfx.modalities.modality import Modality
from lfx.models.heads import Head
from lfx.paraphrasing.paraphrases import ParaphraseFile, Paraphrases
from lfx.runs.checkpoint_content import PARTS, Checkpoint
from lfx.runs.files import BEST, PHASE_1
from lfx.runs.phase_1 import read_phase_1
from lfx.runs.provenance import shaping_settings
from lfx.runs.publishing import require_replaceable
from lfx.runtime.construct import stored_classes
from lfx.runtime.errors import ConfigError
from lfx.training.context import Outcome, RunContext
from lfx.training.regime import Regime, Request


@dataclass(frozen=True)
class Trained:
    """A model that has been trained, for whoever reports it.

    Attributes:
        context: where it was trained, and on which samples.
        trained_on: the samples of the train split, with paraphrases where there are some.
        outcome: what training led to.
        predictions: of the artifact's splits; None where phase 1 alone was trained.
        metrics: of the same, the content of `metrics.json`.
        fold: whose samples the model has not seen; None outside of cross-validation.
    """

    context: RunContext
    trained_on: SampleTable
    outcome: Outcome
    predictions: Predictions | None
    metrics: dict[str, Any]
    fold: int | None = None


@dataclass(frozen=True)
class RunPlan:
    """What a run trains, and how.

    Attributes:
        name: of the artifact.
        seed: of everything random.
        ckpt: None to train from the start, `last`, `auto`, or a file to carry on from.
        phase_1_ckpt: the checkpoint whose encoder phase 2 starts from; None: none.
        start: part of a joint model → the checkpoint, or the run, that its encoder starts from.
        dataset: the samples.
        modality: what the model reads of them.
        encoder: what builds its encoder.
        head: what builds the classifier on it.
        regime: how it is trained.
        request: what is asked of the regime.
        paraphrase_file: where paraphrases of training texts come from.
        splits: the splits that the artifact has.
        published: where the artifact is published.
        overwrites: whether it replaces one of another column, or of another way of training.
        settings: the command's, in plain values.
        build_logger: from a model's folder, its fold if it has one, and whether training is
            carried on, to its logger.
        report: called with each model that has been trained.
    """

    name: str
    seed: int
    ckpt: str | None
    phase_1_ckpt: str | None
    start: Mapping[str, str]
    dataset: Dataset
    modality: Modality
    encoder: EncoderBuilder
    head: Head
    regime: Regime
    request: Request
    paraphrase_file: ParaphraseFile
    splits: tuple[str, ...]
    published: Path
    overwrites: bool
    settings: Mapping[str, Any]
    build_logger: Callable[[Path, int | None, bool], Logger | None]
    report: Callable[[Trained], None]

    def require_possible(self) -> None:
        """Refuse parts that do not belong together, before any work.

        Raises:
            ConfigError: lists all that is impossible.
        """
        problems = self.regime.problems(self.request)
        if self.encoder.reads != self.modality.reads:
            encoder, modality = (self.settings[key].get("name") for key in ("encoder", "modality"))
            remedy = (
                "choose that of each part: encoder@modality.encoders.NAME=OPTION"
                if self.modality.reads == JointModality.reads
                else "`--help` lists them"
            )
            problems.insert(
                0,
                f"encoder={encoder} reads {self.encoder.reads}, but modality={modality} needs an "
                f"encoder that reads {self.modality.reads}; {remedy}",
            )
        problems += [*self._weights_problems(), *self._joint_problems()]
        if self.paraphrase_file.file is not None and self.modality.reads != "text":
            problems.append(f"paraphrases are of texts; the modality reads {self.modality.reads}")
        if problems:
            raise ConfigError("\n".join(problems))
        if not self.overwrites:
            require_replaceable(self.published, self.modality.columns(), self.regime_name)

    def _weights_problems(self) -> list[str]:
        """Return which encoder would be random and stay so."""
        try:
            self.encoder.require_weights(self.start)
        except ConfigError as error:
            return [str(error)]
        return []

    def _joint_problems(self) -> list[str]:
        """Return what is impossible about a joint model's settings, or only possible with one."""
        joint, parts = self.settings["joint"], self.encoder.parts
        if self.modality.reads != JointModality.reads:
            only = [f"joint={joint.get('name')}"] if joint is not None else []
            only += [f"start.{name}" for name in self.start]
            return [f"{key} is for several encoders, with modality=joint" for key in only]
        problems = [
            f"start.{name} is of no part; the parts are {', '.join(parts)}"
            for name in self.start
            if name not in parts
        ]
        if self.start and self.phase_1_ckpt is not None:
            problems.append("start and phase_1_ckpt: a model starts from the one or the other")
        return problems

    @cached_property
    def paraphrases(self) -> Paraphrases | None:
        """Paraphrases of training texts; None: there are none."""
        return self.paraphrase_file.read()

    @property
    def shaping(self) -> dict[str, Any]:
        """The settings that shape the result."""
        return shaping_settings(self.settings)

    @property
    def regime_name(self) -> str | None:
        """What the settings call the way of training; None for a class of one's own."""
        name: str | None = self.settings["training"].get("name")
        return name

    @property
    def trusted(self) -> set[str]:
        """The classes that the user's own settings name."""
        return {name for key in PARTS for name in stored_classes(self.settings[key])}

    @property
    def phase_1_file(self) -> Path | None:
        """Where the checkpoint lies that phase 2 starts from."""
        return None if self.phase_1_ckpt is None else Path(self.phase_1_ckpt)

    def read_phase_1(self, run: Path, *, resumed: bool) -> Checkpoint | None:
        """Read the checkpoint that phase 2 starts from; None where it starts from none.

        Args:
            run: the run's folder.
            resumed: whether the run carries on; it then has a copy of it in its folder.
        """
        if self.phase_1_file is None:
            return None
        copy = run / PHASE_1 / BEST
        file = copy if resumed and copy.is_file() else self.phase_1_file
        return read_phase_1(file, self.settings["encoder"])
