"""Parsing untrusted YAML into plain values: bounded, without aliases and tags, nothing resolved."""

from __future__ import annotations

import re
from typing import Any

import yaml

from lfx.runtime.errors import RecordError

_DEEPEST = 100  # levels of lists and mappings


def parse_yaml(text: str) -> Any:
    """Parse one YAML document; time and memory are bounded by the text's length.

    Raises:
        RecordError: it is not YAML, is nested too deeply, or has something that no run writes:
            aliases, tags, several documents, keys that occur twice or are not text.
    """
    tree = _Tree()
    try:
        # Faster than `yaml.parse`, which checks before each event.
        parser = (yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)(text)
        while (event := parser.get_event()) is not None:
            tree.take(event)
    except yaml.YAMLError as error:
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        raise RecordError(f"it is not YAML: {what}{where}") from error
    return tree.root


class _Tree:
    """Builds a document from its parser's events."""

    def __init__(self) -> None:
        self.root: Any = None
        self._has_root = False
        # The open lists and mappings, each with the key whose value comes next.
        self._open: list[tuple[Any, list[str]]] = []

    def take(self, event: Any) -> None:
        """Take the next event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:  # nine of ten events
            _require_plain(event)
            self._add_scalar(event)
        elif kind in {yaml.SequenceEndEvent, yaml.MappingEndEvent}:
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            _require_plain(event)
            self._begin([] if kind is yaml.SequenceStartEvent else {})

    def _add_scalar(self, event: Any) -> None:
        container, key = self._open[-1] if self._open else (None, [])
        if isinstance(container, dict) and not key:
            if event.value in container:
                raise RecordError(f"its key {event.value[:80]} occurs twice")
            key.append(event.value)
        else:
            self._add(_scalar(event.value) if event.implicit[0] else event.value)

    def _begin(self, container: Any) -> None:
        if len(self._open) >= _DEEPEST:
            raise RecordError("it is nested too deeply")
        self._add(container)
        self._open.append((container, []))

    def _add(self, value: Any) -> None:
        if not self._open:
            if self._has_root:
                raise RecordError("it has several YAML documents")
            self.root, self._has_root = value, True
            return
        container, key = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif key:
            container[key.pop()] = value
        else:
            raise RecordError("one of its keys is not a text")


def _require_plain(event: Any) -> None:
    if event.anchor is not None:
        raise RecordError("it has YAML aliases, which no run writes")
    if event.tag is not None and event.tag != "!":
        raise RecordError(f"it has the YAML tag {event.tag[:80]}, which no run writes")


_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {
    spelling: word in {"true", "yes", "on"}
    for word in ("true", "yes", "on", "false", "no", "off")
    for spelling in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?")


def _scalar(text: str) -> Any:
    """Return the value of a scalar without quotes; an unusual one stays text."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
