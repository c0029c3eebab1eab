"""From a study's settings to the command lines of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lfx.configuration.study import StudyConfig

SEED_FOLDER = "SEED_FOLDER"
# Commands that read the data themselves, and not what others predicted of them.
_READ_DATA = ("augment", "train", "predict")
# Settings that change no result: a study may be carried on with others.
_WITHOUT_EFFECT = ("trainer.device=", "trainer.progress=", "trainer.workers=", "logger", "ckpt=")


@dataclass(frozen=True)
class Step:
    """One run of a study.

    Attributes:
        name: of the step.
        seed: its seed; None of the report over all seeds.
        command: `lfx.COMMAND`.
        settings: the command line behind it, without where the run goes.
        folder: where it goes.
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

    def asks_for(self, overrides: Sequence[str]) -> bool:
        """Return whether a run with these overrides is this step, as far as results go."""
        return self._with_effect(self.settings) == self._with_effect(overrides)

    def _with_effect(self, overrides: Sequence[str]) -> list[str]:
        """Return the overrides that shape results, resolved as Hydra notes them."""
        resolved = [one.replace("${seed}", str(self.seed)) for one in overrides]
        return sorted(one for one in resolved if not one.startswith(_WITHOUT_EFFECT))


def plan_steps(config: StudyConfig) -> list[Step]:
    """Return the steps of a study: those of each seed in their order, then the report."""
    root = Path(config.folder)
    data = list(flat_overrides("data", config.data))
    found = []
    for seed in config.seeds:
        for name, step in config.study.steps.items():
            if name in config.leave_out:
                continue
            settings = [*step.settings, *_data_settings(step.command, step.settings, data)]
            settings += _arguments(config, step.command, name)
            # As Hydra resolves it: runs that differ in their seed alone have the same settings.
            seeds = str(seed) if step.command == "report" else "${seed}"
            settings = [_placed(one, f"{root}/seed_{seeds}") for one in settings]
            if step.command != "report":
                settings.append(f"seed={seed}")
            if step.command == "train" and not any(one.startswith("ckpt=") for one in settings):
                settings.append("ckpt=auto")
            folder = root / f"seed_{seed}" / name
            found.append(Step(name, seed, step.command, tuple(settings), folder))
    if config.study.report:
        settings = [*config.study.report, f"runs={quoted(str(root))}"]
        settings += _arguments(config, "report")
        found.append(Step("report", None, "report", tuple(settings), root / "report"))
    return found


def _arguments(config: StudyConfig, *names: str) -> list[str]:
    """Return the further settings of a command and of a step."""
    given = (config.arguments.get(name, {}) for name in names)
    return [
        one for own in given for key, value in own.items() for one in flat_overrides(key, value)
    ]


def _placed(override: str, folder: str) -> str:
    """Put the folder of a study and a seed into an override."""
    key, equals, value = override.partition("=")
    if SEED_FOLDER not in value:
        return override
    return f"{key}{equals}{quoted(value.replace(SEED_FOLDER, folder))}"


def flat_overrides(key: str, value: object) -> Iterator[str]:
    """Write a setting, or all settings of a section, as overrides.

    Example:
        >>> list(flat_overrides("data", {"root": "a b", "folds": 3, "source": {"group": None}}))
        ["data.root='a b'", 'data.folds=3', 'data.source.group=null']
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat_overrides(f"{key}.{name}", inner)
    else:
        yield f"{key}={_written(value)}"


def quoted(text: str) -> str:
    r"""Return a text as one value of Hydra's grammar.

    Example:
        >>> print(quoted("it's here"))
        'it\'s here'
    """
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(text, Quote.single).with_quotes()


def _written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_written, value))}]"
    return quoted(value) if isinstance(value, str) else str(value)


def _data_settings(command: str, settings: Sequence[str], data: Sequence[str]) -> list[str]:
    """Return the settings of the data for a step that reads them."""
    names_data = any(one.startswith("data=") for one in settings)
    reads = command in _READ_DATA or (command == "report" and names_data)
    return list(data) if reads else []
