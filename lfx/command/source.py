"""The settings of a class of lfx, read from its source without importing it.

Importing the class would import torch, which takes seconds; `--help` should take one.
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

# Modules whose names annotations use, and which are imported quickly.
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
    definition = Source.of(module).find(name)
    if definition is None or not isinstance(definition[1], ast.ClassDef):
        raise LookupError(f"there is no class {target}")
    return definition[0], definition[1]


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
            # `if TYPE_CHECKING:` imports names of annotations.
            for statement in node.body if isinstance(node, ast.If) else [node]:
                self._add(statement)

    @classmethod
    @functools.cache
    def of(cls, name: str) -> Source:
        """Return a module's source, parsed once."""
        return cls(name)

    def find(self, name: str) -> tuple[Source, Definition] | None:
        """Return a name's definition within lfx, and the module of it."""
        if name in self.definitions:
            return self, self.definitions[name]
        module, attribute = self.imports.get(name, ("", ""))
        return Source.of(module).find(attribute) if is_own(module) else None

    def settings(self, node: ast.ClassDef) -> list[Setting]:
        """Return the settings of a class that is defined here."""
        sentences = argument_sentences(ast.get_docstring(node) or "")
        if _is_dataclass(node):
            settings = {item.name: item for base in node.bases for item in self._of_base(base)}
            for line in node.body:
                if (
                    isinstance(line, ast.AnnAssign)
                    and isinstance(line.target, ast.Name)
                    and not ast.unparse(line.annotation).startswith("ClassVar")
                ):
                    name = line.target.id
                    settings[name] = self._setting(name, line.annotation, line.value, sentences)
            return list(settings.values())
        for line in node.body:
            if isinstance(line, ast.FunctionDef) and line.name == "__init__":
                return self._parameters(line.args, sentences)
        return next(filter(None, map(self._of_base, node.bases)), [])

    def _of_base(self, base: ast.expr) -> list[Setting]:
        definition = self.find(base.id) if isinstance(base, ast.Name) else None
        if definition is None or not isinstance(definition[1], ast.ClassDef):
            return []
        return definition[0].settings(definition[1])

    def _parameters(self, of: ast.arguments, sentences: dict[str, str]) -> list[Setting]:
        positional = [*of.posonlyargs, *of.args][1:]
        required = len(positional) - len(of.defaults)
        defaults = [*[None] * required, *of.defaults, *of.kw_defaults]
        return [
            self._setting(parameter.arg, parameter.annotation, default, sentences)
            for parameter, default in zip([*positional, *of.kwonlyargs], defaults, strict=True)
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
        """Return the type that an annotation means; `Any` if it is not known."""
        if isinstance(node, ast.Constant):
            text = node.value
            parsed = ast.parse(text, mode="eval").body if isinstance(text, str) else None
            return None if parsed is None else self.annotation(parsed)
        if isinstance(node, ast.BinOp):
            return typing.Union[self.annotation(node.left), self.annotation(node.right)]  # noqa: UP007, either may be None
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.Subscript):
            return self._subscripted(node)
        if isinstance(node, ast.Call):
            limit = self.annotation(node.func)
            named = {str(item.arg): self.value(item.value) for item in node.keywords}
            return limit(*map(self.value, node.args), **named)
        return Any

    def _named(self, name: str) -> Any:
        if name in _BUILTIN:
            return _BUILTIN[name]
        module, attribute = self.imports.get(name, ("", ""))
        if module in _LIGHT:
            return getattr(import_module(module), attribute)
        definition = self.find(name)
        if definition is None:
            return Any
        source, node = definition
        if isinstance(node, ast.ClassDef):
            from lfx.command.signature import schema_of

            has_schema = _is_dataclass(node) and not _is_abstract(node)
            return schema_of(f"{source.name}.{node.name}") if has_schema else object
        return source.annotation(node) if isinstance(node, ast.expr) else Any

    def _subscripted(self, node: ast.Subscript) -> Any:
        base = self.annotation(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if base is typing.Literal:  # it may contain the name of another
            allowed = [
                self._named(p.id) if isinstance(p, ast.Name) else self.value(p) for p in parts
            ]
            return typing.Literal[tuple(allowed)]
        if base is Any:
            return Any
        return base[tuple(... if _is_ellipsis(part) else self.annotation(part) for part in parts)]

    def value(self, node: ast.expr) -> Any:
        """Return a default's value.

        Raises:
            TypeError: it is not a plain value, a constant of the module, or a settings class.
        """
        if isinstance(node, ast.Name) and (constant := self.find(node.id)) is not None:
            source, definition = constant
            if isinstance(definition, ast.expr):
                return source.value(definition)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            named = {str(item.arg): item.value for item in node.keywords}
            if node.func.id == "field":
                return self._field_default(named)
            kind = self._named(node.func.id)
            if isinstance(kind, type):
                return kind(**{name: self.value(value) for name, value in named.items()})
        if isinstance(node, ast.Tuple | ast.List):
            return [self.value(element) for element in node.elts]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            return self.value(node.left) ** self.value(node.right)
        try:
            return ast.literal_eval(node)
        except ValueError:
            raise TypeError(
                f"{self.name}, line {node.lineno}: the default {ast.unparse(node)} cannot be read "
                "from the source; use a plain value or a constant"
            ) from None

    def _field_default(self, named: dict[str, ast.expr]) -> Any:
        """Return the default of a `dataclasses.field` call."""
        if "default" in named:
            return self.value(named["default"])
        factory = named.get("default_factory")
        if isinstance(factory, ast.Lambda):
            return self.value(factory.body)
        if isinstance(factory, ast.Name):
            return self._named(factory.id)()
        return MISSING

    def _add(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                self.imports[alias.asname or alias.name] = node.module, alias.name
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            self.definitions[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self.definitions[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            self.definitions[node.target.id] = node.value


def _is_dataclass(node: ast.ClassDef) -> bool:
    return any(ast.unparse(item).partition("(")[0] == "dataclass" for item in node.decorator_list)


def _is_abstract(node: ast.ClassDef) -> bool:
    """Return whether a class is abstract, so that a section names a subclass."""
    return any(isinstance(base, ast.Name) and base.id == "ABC" for base in node.bases)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
