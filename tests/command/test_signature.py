"""The schema that is read from a class's source equals the one that Python itself gives."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import pytest
import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.command import signature
from lfx.command.settings_file import _DERIVED
from lfx.command.signature import schema_of, settings_of, with_schema
from lfx.command.source import read_settings
from lfx.runtime.errors import ConfigError
from lfx.runtime.locate import config_folder
from lfx.runtime.plain import plain

FILES = [file for group in _DERIVED for file in sorted((config_folder() / group).glob("*.yaml"))]
SECTIONS = [yaml.safe_load(file.read_text()) for file in FILES]
TARGETS = sorted({one["_target_"] for one in SECTIONS if "_target_" in one})


def constructor(target):
    module, _, name = target.rpartition(".")
    kind = getattr(import_module(module), name)
    parameters = inspect.signature(kind).parameters
    holder = kind if dataclasses.is_dataclass(kind) else inspect.unwrap(kind.__init__)
    return kind, parameters, get_type_hints(holder, include_extras=True)


def without_targets(node):
    if isinstance(node, dict):
        return {key: without_targets(value) for key, value in node.items() if key != "_target_"}
    return node


def expected(annotation):
    """What the source says of an annotation: the schema of a class of settings."""
    if get_origin(annotation) is Annotated:
        inner, *limits = get_args(annotation)
        return Annotated[(expected(inner), *limits)]
    if isinstance(annotation, UnionType) or get_origin(annotation) is Union:
        return Union[tuple(map(expected, get_args(annotation)))]  # noqa: UP007
    if get_origin(annotation) in {Sequence, Mapping}:
        return get_origin(annotation)[tuple(map(expected, get_args(annotation)))]
    protocol = getattr(annotation, "_is_protocol", False)
    if protocol or inspect.isabstract(annotation):
        return object
    if dataclasses.is_dataclass(annotation):
        return schema_of(f"{annotation.__module__}.{annotation.__qualname__}")
    return annotation


@pytest.mark.parametrize("target", TARGETS)
def test_the_source_says_what_python_says(target):
    kind, parameters, hints = constructor(target)
    read = {one.name: one for one in read_settings(target)}
    assert list(read) == list(parameters)
    for name, one in read.items():
        default = parameters[name].default
        if repr(default) == "<factory>":
            default = kind.__dataclass_fields__[name].default_factory()
        elif default is inspect.Parameter.empty:
            default = dataclasses.MISSING
        assert without_targets(plain(one.default)) == plain(default)
        assert one.annotation == expected(hints[name])


@pytest.mark.parametrize("target", TARGETS)
def test_every_setting_has_a_sentence(target):
    settings = settings_of(schema_of(target))
    assert all(one.sentence.endswith(".") for one in settings.values())
    assert schema_of(target).__doc__


def test_torch_stays_out():
    code = (
        "import sys; from lfx.command.signature import schema_of; "
        f"[schema_of(target) for target in {TARGETS!r}]; "
        "print(sorted({'torch', 'numpy', 'sklearn', 'lfx.fusion'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SOURCE = '''
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Gt

@dataclass
class Part:
    """A part.

    Attributes:
        width: in units.
    """

    width: int = 3
    form: Literal["a", "b"] = "a"


@dataclass
class Pool:
    shares: dict[str, float] = field(default_factory=lambda: {"a": 0.5})


class Own:
    """A class of a user's.

    It does nothing.

    Args:
        power: of the mean,
            above 0.
        part (Part): a part.
    """

    def __init__(
        self,
        power: Annotated[float, Gt(0)],
        part: Part = Part(width=4),
        *,
        by: Mapping[str, float] | None = None,
        forms: tuple[str, ...] = ("a", "b"),
        act: Callable[..., Any] = print,
        either: int | Literal["auto"] = "auto",
    ) -> None:
        self.all = power, part, by, forms, act, either
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    name = f"own_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    return f"{name}.Own"


def test_a_class_from_outside(own):
    schema = schema_of(own)
    assert schema.__doc__ == "A class of a user's."
    assert settings_of(schema)["power"].sentence == "of the mean, above 0."
    assert OmegaConf.to_container(OmegaConf.structured(schema)) == {
        "_target_": own,
        "power": "???",
        "part": {
            "_target_": f"{own.rpartition('.')[0]}.Part",
            "width": 4,
            "form": settings_of(schema)["part"].annotation().form,
        },
        "by": None,
        "forms": ["a", "b"],
        "either": "auto",  # and not `act`, which no command line can give
    }


def test_a_dataclass_from_outside(own):
    schema = schema_of(own.replace(".Own", ".Pool"))
    assert OmegaConf.structured(schema).shares == {"a": 0.5}


def test_a_file_gets_all_settings_and_its_name(own):
    section = OmegaConf.create({"_target_": own, "power": 2, "part": {"form": "b"}})
    made = with_schema(section, "fusion/mine.yaml")
    assert (made.name, made.power, made.part.width, made.part.form.value) == ("mine", 2.0, 4, "b")
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301
    named = with_schema(OmegaConf.create({"_target_": own, "name": "other"}), "fusion/mine")
    assert named.name == "other"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"powr": 1, "forns": []}, "powr: there is no such setting; did you mean power.\nforns"),
        ({"_target_": "nowhere.Own"}, "_target_=nowhere.Own cannot be imported: No module named"),
        ({"_target_": "math.Own"}, "_target_=math.Own cannot be imported: module 'math' has no"),
        ({"_target_": "math.pi"}, "_target_=math.pi is not a class"),
        ({"_target_": "lfx.fusion.Own"}, "there is no class lfx.fusion.Own"),
        ({"_target_": "lfx.nowhere.Own"}, "there is no module lfx.nowhere"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(own, given, message):
    with pytest.raises(ConfigError, match=message):
        with_schema(OmegaConf.create({"_target_": own} | given), "fusion/mine.yaml")


def test_what_is_no_component_is_left_alone():
    for content, path in (({"a": 1}, "fusion/mine"), ({"_target_": "a.B"}, "train.yaml")):
        section = OmegaConf.create(content)
        assert with_schema(section, path) == section


FORMS = """
from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from annotated_types import Ge
from lfx.models.optimization import Optimizer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Every:
    def __init__(
        self,
        sizes: Sequence[int] = (1, 2),
        power: float = None,
        file: Path = Path("x"),
        size: Literal["auto", 1, 2] = "auto",
        functions: list = [math.sqrt],
        count: int = 1,
    ): ...


class Slow(Optimizer):
    def __init__(self, learning_rate: float = 0.5, momentum: float = 0.9): ...

    def build(self, groups): ...
"""


@pytest.fixture
def forms(tmp_path, monkeypatch):
    name = f"forms_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(FORMS)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_constructors_of_every_form_give_settings(forms):
    made = with_schema(OmegaConf.create({"_target_": f"{forms}.Every"}), "fusion/mine")
    assert OmegaConf.to_container(made) == {
        "_target_": f"{forms}.Every",
        "sizes": [1, 2],
        "power": None,
        "file": Path("x"),
        "size": "auto",
        "functions": None,  # stands for the default, which no file can hold
        "count": 1,
        "name": "mine",
    }
    with pytest.raises(OmegaConfBaseException, match="could not be converted to Integer"):
        made.count = "x"  # one annotation that cannot be evaluated leaves the others


def test_a_part_that_any_subclass_can_be(forms):
    target = "lfx.training.supervised.Supervised"
    part = {"_target_": f"{forms}.Slow", "momentum": 0.5}
    made = with_schema(OmegaConf.create({"_target_": target, "optimizer": part}), "training/mine")
    assert made.optimizer.momentum == 0.5
    assert "clip_norm" not in made.optimizer
    inner = {"phase_1": {"max_epochs": 2, "optimizer": part}}
    target = "lfx.training.contrastive.Contrastive"
    made = with_schema(OmegaConf.create({"_target_": target} | inner), "training/mine")
    assert (made.phase_1.max_epochs, made.phase_1.optimizer.momentum) == (2, 0.5)
    assert made.phase_2.optimizer._target_ == "lfx.models.optimization.AdamW"


def test_a_module_that_cannot_be_imported_is_a_message(tmp_path, monkeypatch):
    (tmp_path / "spoilt.py").write_text("def f(:")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"_target_=spoilt.Own cannot be imported: .*syntax"):
        with_schema(OmegaConf.create({"_target_": "spoilt.Own"}), "fusion/mine")


def test_a_schema_is_made_once():
    target = "lfx.fusion.schemes.grid.Grid"
    assert schema_of(target) is schema_of(target)
    assert pickle.loads(pickle.dumps(schema_of(target))) is schema_of(target)  # noqa: S301
    with pytest.raises(AttributeError, match="nothing"):
        signature.__getattr__("nothing")
