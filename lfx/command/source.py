"""What a class of lfx says of its constructor, read from its source without importing it.

Importing the class would import torch, which takes seconds; `--help` has one.
"""

from __future__ import annotations

import ast
import functools
import typing
from dataclasses import MISSING
from importlib import import_module
from typing import Any

from lfx.command.docstrings import argument_sentences, summary
from lfx.command.modules import file_of, is_own
from lfx.runtime.settings import Setting

# Modules of names that annotations use: they take no time to import.
_LIGHT = ("annotated_types", "collections.abc", "lfx.runtime.settings", "pathlib", "typing")
_BUILTIN: dict[str, Any] = {
    kind.__name__: kind for kind in (bool, dict, float, int, list, str, tuple)
}

Definition = ast.ClassDef | ast.FunctionDef | ast.expr


def read_settings(target: str) -> list[Setting]:
    """Return the settings of a class of lfx, in the order of its constructor.

    Args:
        target: the class's dotted path.

    Raises:
        LookupError: there is no such class.
    """
    source, node = _class(target)
    return source.settings(node)


def class_summary(target: str) -> str:
    """Return the first paragraph of the docstring of a class of lfx.

    Raises:
        LookupError: there is no such class.
    """
    return summary(ast.get_docstring(_class(target)[1]) or "")


def _class(target: str) -> tuple[Source, ast.ClassDef]:
    module, _, name = target.rpartition(".")
    found = Source.of(module).find(name)
    if found is None or not isinstance(found[1], ast.ClassDef):
        raise LookupError(f"there is no class {target}")
    return found[0], found[1]


class Source:
    """The names that a module of lfx defines and imports.

    Args:
        name: the module's dotted path.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.definitions: dict[str, Definition] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        tree = ast.parse(file_of(name).read_text(encoding="utf-8"))
        for node in tree.body:
            # `if TYPE_CHECKING:` imports what annotations name.
            for one in node.body if isinstance(node, ast.If) else [node]:
                self._note(one)

    @classmethod
    @functools.cache
    def of(cls, name: str) -> Source:
        """Return a module's source, parsed once."""
        return cls(name)

    def find(self, name: str) -> tuple[Source, Definition] | None:
        """Follow a name to where it is defined within lfx."""
        if name in self.definitions:
            return self, self.definitions[name]
        module, attribute = self.imports.get(name, ("", ""))
        return Source.of(module).find(attribute) if is_own(module) else None

    def settings(self, node: ast.ClassDef) -> list[Setting]:
        """Return the settings of a class that is defined here."""
        sentences = argument_sentences(ast.get_docstring(node) or "")
        if _is_dataclass(node):
            inherited = {one.name: one for base in node.bases for one in self._of_base(base)}
            own = [
                self._setting(one.target.id, one.annotation, one.value, sentences)
                for one in node.body
                if isinstance(one, ast.AnnAssign)
                and isinstance(one.target, ast.Name)
                and not ast.unparse(one.annotation).startswith("ClassVar")
            ]
            return list((inherited | {one.name: one for one in own}).values())
        for one in node.body:
            if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                return self._parameters(one.args, sentences)
        return next((found for base in node.bases if (found := self._of_base(base))), [])

    def _of_base(self, base: ast.expr) -> list[Setting]:
        found = self.find(base.id) if isinstance(base, ast.Name) else None
        if found is None or not isinstance(found[1], ast.ClassDef):
            return []
        return found[0].settings(found[1])

    def _parameters(self, of: ast.arguments, sentences: dict[str, str]) -> list[Setting]:
        positional = [*of.posonlyargs, *of.args][1:]
        lacking = len(positional) - len(of.defaults)
        defaults = [*[None] * lacking, *of.defaults, *of.kw_defaults]
        return [
            self._setting(one.arg, one.annotation, default, sentences)
            for one, default in zip([*positional, *of.kwonlyargs], defaults, strict=True)
        ]

    def _setting(
        self,
        name: str,
        annotation: ast.expr | None,
        default: ast.expr | None,
        sentences: dict[str, str],
    ) -> Setting:
        of = Any if annotation is None else self.annotation(annotation)
        value = MISSING if default is None else self.value(default)
        return Setting(name, of, value, sentences.get(name, ""))

    def annotation(self, node: ast.expr) -> Any:
        """Return the type that an annotation means; `Any` where it is no setting's."""
        if isinstance(node, ast.Constant):
            return self._quoted(node.value) if isinstance(node.value, str) else None
        if isinstance(node, ast.BinOp):
            return typing.Union[self.annotation(node.left), self.annotation(node.right)]  # noqa: UP007, either may be None
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.Subscript):
            return self._subscripted(node)
        if isinstance(node, ast.Call):
            limit = self.annotation(node.func)
            named = {str(one.arg): self.value(one.value) for one in node.keywords}
            return limit(*map(self.value, node.args), **named)
        return Any

    def _quoted(self, text: str) -> Any:
        return self.annotation(ast.parse(text, mode="eval").body)

    def _named(self, name: str) -> Any:
        if name in _BUILTIN:
            return _BUILTIN[name]
        module, attribute = self.imports.get(name, ("", ""))
        if module in _LIGHT:
            return getattr(import_module(module), attribute)
        found = self.find(name)
        if found is None:
            return Any
        source, node = found
        if isinstance(node, ast.ClassDef):
            from lfx.command.signature import schema_of

            return schema_of(f"{source.name}.{node.name}") if _is_dataclass(node) else object
        return source.annotation(node) if isinstance(node, ast.expr) else Any

    def _subscripted(self, node: ast.Subscript) -> Any:
        base = self.annotation(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if base is typing.Literal:  # which may name another one
            allowed = [
                self._named(p.id) if isinstance(p, ast.Name) else self.value(p) for p in parts
            ]
            return typing.Literal[tuple(allowed)]
        if base is Any:
            return Any
        return base[tuple(... if _is_ellipsis(one) else self.annotation(one) for one in parts)]

    def _allowed(self, node: ast.expr) -> Any:
        return self._named(node.id) if isinstance(node, ast.Name) else self.value(node)

    def value(self, node: ast.expr) -> Any:
        """Return a default's value.

        Raises:
            TypeError: it is neither plain, nor a constant of the module, nor another settings
                class.
        """
        if isinstance(node, ast.Name) and (found := self.find(node.id)) is not None:
            source, definition = found
            if isinstance(definition, ast.expr):
                return source.value(definition)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            named = {str(one.arg): one.value for one in node.keywords}
            if node.func.id == "field":
                return self._made(named)
            kind = self._named(node.func.id)
            if isinstance(kind, type):
                return kind(**{name: self.value(one) for name, one in named.items()})
        if isinstance(node, ast.Tuple | ast.List):
            return [self.value(one) for one in node.elts]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            return self.value(node.left) ** self.value(node.right)
        try:
            return ast.literal_eval(node)
        except ValueError:
            raise TypeError(
                f"{self.name}, line {node.lineno}: the default {ast.unparse(node)} cannot be read "
                "from the source; use a plain value or a constant"
            ) from None

    def _made(self, named: dict[str, ast.expr]) -> Any:
        """Return what `dataclasses.field` makes."""
        if "default" in named:
            return self.value(named["default"])
        factory = named.get("default_factory")
        if isinstance(factory, ast.Lambda):
            return self.value(factory.body)
        if isinstance(factory, ast.Name):
            return self._named(factory.id)()
        return MISSING

    def _note(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for one in node.names:
                self.imports[one.asname or one.name] = node.module, one.name
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            self.definitions[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self.definitions[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            self.definitions[node.target.id] = node.value


def _is_dataclass(node: ast.ClassDef) -> bool:
    names = {ast.unparse(one).partition("(")[0] for one in node.decorator_list}
    return "dataclass" in names


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
