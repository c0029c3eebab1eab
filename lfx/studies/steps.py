"""The command lines of a study's steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lfx.command.roots.study import StudyConfig

SEED_FOLDER = "SEED_FOLDER"
# Commands that read the data themselves, not predictions of other steps.
_READ_DATA = ("augment", "train", "predict")
_LOG = ("train", "fuse", "report")
# Settings that change no result: a study may be resumed with other values.
_WITHOUT_EFFECT = (
    *("trainer.device=", "trainer.progress=", "trainer.workers="),
    *("logger", "ckpt=", "figures."),
)


@dataclass(frozen=True)
class Step:
    """One run of a study.

    Attributes:
        name: of the step.
        seed: its seed; None for the report over all seeds.
        command: `lfx.COMMAND`.
        settings: the command line behind it, without the run's folder.
        folder: the run's folder.
    """

    name: str
    seed: int | None
    command: str
    settings: tuple[str, ...]
    folder: Path

    @property
    def title(self) -> str:
        """The step's name for people."""
        return self.name if self.seed is None else f"{self.name}, seed {self.seed}"

    @property
    def arguments(self) -> list[str]:
        """All arguments of the command."""
        return [*self.settings, f"hydra.run.dir={quoted(str(self.folder))}"]

    def has_same_results(self, overrides: Sequence[str]) -> bool:
        """Return whether a run with these overrides has the results of this step."""
        return self._with_effect(self.settings) == self._with_effect(overrides)

    def _with_effect(self, overrides: Sequence[str]) -> list[str]:
        """Return the overrides that change results, resolved as Hydra records them."""
        # `start.text=…` is recorded as `++start.text=…`, which adds a name of the user's.
        resolved = [text.lstrip("+").replace("${seed}", str(self.seed)) for text in overrides]
        return sorted(text for text in resolved if not text.startswith(_WITHOUT_EFFECT))


def plan_steps(config: StudyConfig, logger: Sequence[str] = ()) -> list[Step]:
    """Return the steps of a study: those of each seed in their order, then the report.

    Args:
        config: the study's settings.
        logger: settings of the group `logger`, given to all steps that have one.
    """
    root = Path(config.folder)
    data = list(flat_overrides("data", config.data))
    steps = []
    for seed in config.seeds:
        for name, step in config.study.steps.items():
            if name in config.leave_out:
                continue
            settings = [*step.settings, *_data_settings(step.command, step.settings, data)]
            settings += logger if step.command in _LOG else ()
            settings += _arguments(config, step.command, name)
            # Hydra resolves `${seed}`: runs that differ in the seed alone have the same settings.
            suffix = str(seed) if step.command == "report" else "${seed}"
            settings = [_with_folder(text, f"{root}/seed_{suffix}") for text in settings]
            if step.command != "report":
                settings.append(f"seed={seed}")
            if step.command == "train" and not any(text.startswith("ckpt=") for text in settings):
                settings.append("ckpt=auto")
            folder = root / f"seed_{seed}" / name
            steps.append(Step(name, seed, step.command, tuple(settings), folder))
    if config.study.report:
        settings = [*config.study.report, f"runs={quoted(str(root))}"]
        settings += [*logger, *_arguments(config, "report")]
        steps.append(Step("report", None, "report", tuple(settings), root / "report"))
    return steps


def _arguments(config: StudyConfig, *names: str) -> list[str]:
    """Return the further settings of a command and of a step."""
    return [
        override
        for name in names
        for key, value in config.arguments.get(name, {}).items()
        for override in flat_overrides(key, value)
    ]


def _with_folder(override: str, folder: str) -> str:
    """Insert the folder of a study and a seed into an override."""
    key, equals, value = override.partition("=")
    if SEED_FOLDER not in value:
        return override
    return f"{key}{equals}{quoted(value.replace(SEED_FOLDER, folder))}"


def flat_overrides(key: str, value: object) -> Iterator[str]:
    """Yield a setting, or all settings of a section, as overrides.

    Example:
        >>> list(flat_overrides("data", {"root": "a b", "folds": 3, "source": {"group": None}}))
        ["data.root='a b'", 'data.folds=3', 'data.source.group=null']
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat_overrides(f"{key}.{name}", inner)
    else:
        yield f"{key}={_as_text(value)}"


def quoted(text: str) -> str:
    r"""Return a text as one value of Hydra's grammar.

    Example:
        >>> print(quoted("it's here"))
        'it\'s here'
    """
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(text, Quote.single).with_quotes()


def _as_text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_as_text, value))}]"
    return quoted(value) if isinstance(value, str) else str(value)


def _data_settings(command: str, settings: Sequence[str], data: Sequence[str]) -> list[str]:
    """Return the settings of the data for a step that reads them."""
    names_data = any(text.startswith("data=") for text in settings)
    reads = command in _READ_DATA or (command == "report" and names_data)
    return list(data) if reads else []
