"""Classes from outside of lfx whose constructors are of every form: from files and overrides."""

from __future__ import annotations

import math
import re
from enum import Enum
from pathlib import Path
from textwrap import dedent

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException

from lfx.command.entry import register
from lfx.command.origins import with_origins
from lfx.command.roots.fuse import FuseConfig
from lfx.command.typed import as_typed
from lfx.runtime.build import build
from lfx.runtime.errors import ConfigError
from lfx.runtime.locate import config_folder

CLASSES = '''
from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, NewType, TypeVar

import numpy as np
from annotated_types import Gt, MultipleOf


class Colour(Enum):
    red = "r"
    green = "g"


@dataclass
class Plain:
    width: int = 3
    form: Literal["a", "b"] = "a"


@dataclass
class Needs:
    width: int


class Base:
    """A base.

    Args:
        sharpness: of the base.
    """

    def __init__(self, sharpness: float = 1.0, **kwargs):
        self.given = {"sharpness": sharpness, **kwargs}


class Odd(Base):
    def __init__(
        self,
        most: float = math.inf,
        pair: tuple[int, float] = (1, 0.5),
        by: dict[int, float] = {1: 0.5},
        plain: Plain | None = None,
        parts: list[Plain] = [],
        colour: Colour = Colour.red,
        method: Literal["mro", "x", ""] = "mro",
        **kwargs,
    ):
        super().__init__(**kwargs)
        names = ("most", "pair", "by", "plain", "parts", "colour", "method")
        self.given |= {name: value for name, value in locals().items() if name in names}


class Required(Base):
    def __init__(self, needs: Needs, plain: Plain):
        self.given = {"needs": needs, "plain": plain}


class Nothing:
    given = {}


class Outer:
    class Inner(Base):
        pass


class Mode(StrEnum):
    FAST = "fast"
    SLOW = "slow"


Size = NewType("Size", Annotated[int, Gt(0)])
Kind = TypeVar("Kind", bound=Literal["a", "b"])


class Containers(Base):
    def __init__(
        self,
        file: Path = Path("/x"),
        files: list[Path] = [Path("/y")],
        maybe: Path | None = None,
        colours: list[Colour] = [Colour.green],
        named: dict[str, Colour] = {"a": Colour.red},
        either: Colour | int = 3,
        mode: Mode = Mode.FAST,
        sizes: tuple[int, ...] = (1, 2),
        unique: frozenset[int] = frozenset({1}),
        shares: dict[str, float] | None = None,
        open: dict = {},
        size: Size = 1,
        kind: Kind = "a",
        one: Literal[Colour.red, "none"] = Colour.red,
        even: Annotated[int, MultipleOf(2)] = 2,
        text: str = "a ${label} b",
        number: float = np.float64(2.5),
        count: int = np.int64(3),
    ):
        self.given = {name: value for name, value in locals().items() if name != "self"}


class Positional(Base):
    def __init__(self, a: int = 1, /, b: int = 2, *args, c: int = 3, **kwargs):
        self.given = {"a": a, "b": b, "c": c, **kwargs}


class Names(Base):
    def __init__(self, problems: float = 0.5, name: str | None = None, config: int = 1):
        self.given = {"problems": problems, "name": name, "config": config}


class Scorer:
    def __init__(self, w: Annotated[float, Gt(0)] = 1.0):
        self.w = w


@dataclass
class Deep:
    w: Annotated[float, Gt(0)] = 1.0


@dataclass
class Deeper(Deep):
    extra: int = 1


class Objects(Base):
    def __init__(self, scorer: Scorer = Scorer(5.0), deep: Deep = Deep(), deeps: list[Deep] = []):
        self.given = {"scorer": scorer, "deep": deep, "deeps": deeps}


class Tuple(NamedTuple):
    width: int = 3
    given: dict = {}


@dataclass
class Nulls:
    file: Path | None = Path("x")
    plain: Plain | None = field(default_factory=Plain)
    sizes: list[int] | None = field(default_factory=lambda: [1, 2])
    named: dict[str, Plain] = field(default_factory=dict)
    most: float | None = math.nan

    @property
    def given(self):
        return dict(vars(self))


class Fixed(Base):
    def __init__(self, b: int = 5, **kwargs):
        super().__init__(sharpness=9.0, **kwargs)
        self.given["b"] = b


def make(power):
    class Made(Base):
        def __init__(self, more: int = 1):
            self.given = {"power": power, "more": more}

    return Made


Made = make(3.0)
Partial = functools.partial(Base, sharpness=4.0)


class NeedsNull(Base):
    def __init__(self, a: int | None, b: list[int] | None):
        self.given = {"a": a, "b": b}


class Level(IntEnum):
    low = 1
    high = 2


class Keys(Base):
    def __init__(
        self,
        levels: dict[Level, float] = {Level.low: 0.5},
        modes: dict[Mode, list[Path]] = {Mode.FAST: [Path("a")]},
        nested: list[list[Path]] = [[Path("a")]],
    ):
        self.given = {"levels": levels, "modes": modes, "nested": nested}
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write a module and its YAML files; returns its name, and what composes and builds."""
    name = f"odd_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(CLASSES)
    (tmp_path / "conf/fusion").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    register()

    def built(target, *overrides, **files):
        content = files.pop("content", "")
        for file, text in {"mine": f"_target_: {name}.{target}\n{content}", **files}.items():
            (tmp_path / f"conf/fusion/{file}.yaml").write_text(dedent(text))
        folder = f"hydra.searchpath=[file://{tmp_path}/conf]"
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            config = compose("fuse", overrides=[folder, "fusion=mine", *overrides])
        typed = as_typed(config, FuseConfig)
        return build(typed.fusion, "fusion", object).given

    return name, built


ALL = {
    "sharpness": 1.0,
    "most": math.inf,
    "pair": (1, 0.5),
    "by": {1: 0.5},
    "plain": None,
    "parts": [],
    "method": "mro",
}


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("seed=1", {}),
        ("fusion.sharpness=3", {"sharpness": 3.0}),
        ("fusion.most=2", {"most": 2.0}),
        ("fusion.pair=[3,4.5]", {"pair": (3, 4.5)}),
        ("fusion.by={2:0.25}", {"by": {1: 0.5, 2: 0.25}}),
        ("fusion.method=x", {"method": "x"}),
        ("fusion.method=''", {"method": ""}),
    ],
)
def test_values_of_every_type_reach_the_constructor(own, override, changed):
    _, built = own
    given = built("Odd", override)
    assert given.pop("colour").value == "r"
    assert given == ALL | changed


@pytest.mark.parametrize(
    ("override", "content", "width"),
    [
        ("fusion.plain.width=4", "", 4),
        ("fusion.plain={width:5}", "", 5),
        ("seed=1", "plain: {width: 6}\n", 6),
        ("fusion.plain.form=b", "plain: {width: 6}\n", 6),
    ],
)
def test_a_section_that_may_be_null_is_filled(own, override, content, width):
    _, built = own
    plain = built("Odd", override, content=content)["plain"]
    assert (type(plain).__name__, plain.width) == ("Plain", width)
    assert plain.form == ("b" if override.endswith("b") else "a")


def test_an_enumeration_and_a_list_of_sections(own):
    _, built = own
    given = built("Odd", "fusion.colour=green", "fusion.parts=[{width:4},{form:b}]")
    assert given["colour"].value == "g"
    assert [(part.width, part.form) for part in given["parts"]] == [(4, "a"), (3, "b")]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fusion.sharpness=inf", "fusion.sharpness: a finite number is needed, got inf"),
        ("fusion.most=nan", "fusion.most: a finite number is needed, got nan"),
        ("fusion.pair=[3]", r"fusion.pair must be of length 2, got \[3\]"),
        ("fusion.pair=[3,b]", r"fusion.pair\[1\] must be a number, got 'b'"),
        ("fusion.pair=[0.5,1]", r"fusion.pair\[0\] must be an integer, got 0.5"),
        ("fusion.by={a:1}", r"Key a \(str\) is incompatible with \(int\)"),
        ("fusion.colour=blue", r"'blue', expected one of \[red, green\]"),
        ("fusion.method=y", "fusion.method: allowed are mro, x, ; got 'y'"),
        ("fusion.plain.width=a", "'a' of type 'str' could not be converted to Integer"),
        ("fusion.plain.wide=4", "Could not override 'fusion.plain.wide'"),
        ("fusion.parts=[{wide:4}]", "Could not override 'fusion.parts'"),
    ],
)
def test_what_is_not_allowed_is_told(own, override, message):
    _, built = own
    with pytest.raises((ConfigError, HydraException), match=r".") as raised:
        built("Odd", override)
    assert re.search(message, "\n".join(map(str, with_origins(raised.value))))


def test_required_sections(own):
    _, built = own
    with pytest.raises(ConfigError, match=r"^fusion.needs.width is required: \S+=VALUE$"):
        built("Required")
    given = built("Required", "fusion.needs.width=3")
    assert (given["needs"].width, given["plain"].width) == (3, 3)


def test_a_class_within_a_class_and_one_without_a_constructor(own):
    _, built = own
    assert built("Outer.Inner", "fusion.sharpness=2") == {"sharpness": 2.0}
    assert built("Nothing") == {}


def test_a_file_that_extends_another_may_name_another_class(own):
    name, built = own
    base = f"_target_: {name}.Odd\npair: [3, 0.1]\nsharpness: 4\n"
    extends = f"defaults: [base]\n_target_: {name}.Outer.Inner\n"
    with pytest.raises(Exception, match="pair: there is no such setting"):
        built("Odd", mine=extends, base=base)
    base = f"_target_: {name}.Base\nsharpness: 4\n"
    assert built("Odd", mine=extends, base=base) == {"sharpness": 4.0}
    assert built("Odd", "fusion.sharpness=5", mine=extends, base=base) == {"sharpness": 5.0}


def test_files_extend_each_other_in_the_order_of_their_defaults(own):
    name, built = own
    base = f"_target_: {name}.Base\nsharpness: 4\n"
    middle = "defaults: [base, _self_]\nsharpness: 6\n"
    for mine, expected in (
        ("defaults: [middle, _self_]\n", 6.0),
        ("defaults: [middle]\nsharpness: 7\n", 7.0),
        ("defaults: [_self_, middle]\nsharpness: 7\n", 6.0),
        ("defaults: [base, middle, _self_]\n", 6.0),
        ("defaults: [middle, base, _self_]\n", 4.0),
    ):
        assert built("Odd", mine=mine, middle=middle, base=base) == {"sharpness": expected}


@pytest.mark.parametrize(
    ("mine", "message"),
    [
        ("defaults: [gone, _self_]\n", "Could not load 'fusion/gone'"),
        ("defaults: [mine, _self_]\n", "cycle|recursion|itself|mine"),
    ],
)
def test_a_file_that_extends_nothing_or_itself(own, mine, message):
    _, built = own
    with pytest.raises(Exception, match=message):
        built("Odd", mine=mine)


CONTAINERS = {
    "file": Path("/x"),
    "files": [Path("/y")],
    "maybe": None,
    "colours": ["green"],
    "named": {"a": "red"},
    "either": 3,
    "mode": "FAST",
    "sizes": (1, 2),
    "unique": frozenset({1}),
    "shares": None,
    "open": {},
    "size": 1,
    "kind": "a",
    "one": "red",
    "even": 2,
    "text": "a ${label} b",
    "number": 2.5,
    "count": 3,
}


def with_names(value):
    """Replace members of enumerations by their names."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list):
        return [with_names(item) for item in value]
    return {k: with_names(v) for k, v in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("seed=1", {}),
        ("fusion.file=/z", {"file": Path("/z")}),
        ("fusion.files=[a,b]", {"files": [Path("a"), Path("b")]}),
        ("fusion.maybe=m", {"maybe": Path("m")}),
        ("fusion.colours=[red]", {"colours": ["red"]}),
        ("fusion.named.b=green", {"named": {"a": "red", "b": "green"}}),
        ("fusion.either=green", {"either": "green"}),
        ("fusion.mode=SLOW", {"mode": "SLOW"}),
        ("fusion.sizes=[3]", {"sizes": (3,)}),
        ("fusion.unique=[3,3]", {"unique": frozenset({3})}),
        ("fusion.shares.c=2", {"shares": {"c": 2.0}}),
        ("fusion.shares={c:2}", {"shares": {"c": 2.0}}),
        ("fusion.open={a:1}", {"open": {"a": 1}}),
        ("fusion.one=none", {"one": "none"}),
        ("fusion.number=1", {"number": 1.0}),
    ],
)
def test_values_become_what_annotations_say(own, override, changed):
    _, built = own
    given = built("Containers", override)
    assert with_names(given) == CONTAINERS | changed
    assert isinstance(given["mode"], Enum)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fusion.either=NOPE", "fusion.either"),
        ("fusion.colours=[blue]", "allowed are red, green; got 'blue'|expected one of"),
        ("fusion.size=0", "fusion.size must be above 0, got 0"),
        ("fusion.kind=c", "expected one of|allowed are a, b; got 'c'"),
        ("fusion.one=green", "fusion.one: allowed are red, none; got 'green'"),
        ("fusion.even=3", "fusion.even must be a multiple of 2, got 3"),
        ("fusion.mode=fast", "expected one of|allowed are FAST, SLOW"),
    ],
)
def test_what_annotations_forbid_is_refused(own, override, message):
    _, built = own
    with pytest.raises((ConfigError, HydraException), match=r".") as raised:
        built("Containers", override)
    assert re.search(message, "\n".join(map(str, with_origins(raised.value))))


def test_arguments_of_unusual_kinds_and_names(own):
    _, built = own
    assert built("Positional", "fusion.a=4", "fusion.c=5") == {
        "a": 4,
        "b": 2,
        "c": 5,
    }
    assert built("Names") == {"problems": 0.5, "name": "mine", "config": 1}


def test_defaults_that_are_objects(own):
    name, built = own
    given = built("Objects")
    assert (given["scorer"].w, given["deep"].w, given["deeps"]) == (5.0, 1.0, [])
    content = (
        f"scorer: {{_target_: {name}.Scorer, w: 2}}\ndeep: {{_target_: {name}.Deeper, extra: 3}}\n"
    )
    given = built("Objects", "fusion.deeps=[{w:2}]", content=content)
    assert (given["scorer"].w, given["deep"].extra, given["deeps"][0].w) == (2.0, 3, 2.0)
    with pytest.raises(ConfigError, match=r"fusion.deeps\[0\].w must be above 0, got -1.0"):
        built("Objects", "fusion.deeps=[{w:-1}]")


def test_a_named_tuple(own):
    _, built = own
    assert built("Tuple", "fusion.width=4") == {}


def test_null_is_null_where_the_annotation_allows_it(own):
    _, built = own
    given = built("Nulls")
    assert (given["file"], given["plain"].width, given["sizes"]) == (Path("x"), 3, [1, 2])
    assert given["named"] == {}
    assert math.isnan(given["most"])
    names = ("file", "plain", "sizes", "most")
    assert built("Nulls", *(f"fusion.{name}=null" for name in names)) == {
        **dict.fromkeys(names),
        "named": {},
    }


@pytest.mark.parametrize("override", ["fusion.named.x.width=4", "fusion.named={x:{width:4}}"])
def test_a_mapping_of_sections(own, override):
    _, built = own
    named = built("Nulls", override)["named"]
    assert (list(named), named["x"].width) == (["x"], 4)


def test_an_argument_that_a_class_fixes_for_its_base(own):
    _, built = own
    assert built("Fixed", "fusion.b=6") == {"sharpness": 9.0, "b": 6}


def test_what_can_be_called_and_is_no_class(own):
    _, built = own
    assert built("Made", "fusion.more=2") == {"power": 3.0, "more": 2}
    assert built("Partial") == {"sharpness": 4.0}
    assert built("Partial", "fusion.sharpness=5") == {"sharpness": 5.0}


@pytest.mark.parametrize("extends", ["base@_here_", "base"])
def test_a_file_in_a_folder_of_a_group_extends_the_groups_options(own, extends, tmp_path):
    name, built = own
    (tmp_path / "conf/fusion/sub").mkdir()
    text = f"defaults: [{extends}, _self_]\nsharpness: 7\n"
    (tmp_path / "conf/fusion/sub/inner.yaml").write_text(text)
    base = f"_target_: {name}.Base\nsharpness: 4\n"
    assert built("Base", "fusion=sub/inner", base=base) == {"sharpness": 7.0}


def test_null_for_what_is_required(own):
    _, built = own
    assert built("NeedsNull", "fusion.a=null", "fusion.b=null") == {"a": None, "b": None}


def test_members_of_enumerations_as_keys(own):
    _, built = own
    given = built("Keys", "fusion.levels={high:2}", "fusion.nested=[[b,c]]")
    assert {(type(key).__name__, key.name) for key in given["levels"]} == {
        ("Level", "low"),
        ("Level", "high"),
    }
    assert [(key.name, value) for key, value in given["modes"].items()] == [("FAST", [Path("a")])]
    assert given["nested"] == [[Path("b"), Path("c")]]
    with pytest.raises(ConfigError, match=r"levels's keys: allowed are low, high; got 'mid'"):
        built("Keys", "fusion.levels={mid:2}")
