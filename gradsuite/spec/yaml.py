"""YAML with places: text becomes a tree of nodes that know their line and column.

YAML 1.2's core schema, read from the events of the C parser: ``1e-5`` is a number and ``on`` is a
string. Refused: duplicate keys, tags, keys that are not text, several documents, and texts that are
too large, too deep or grow too large through aliases. Nothing is ever constructed but plain values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import yaml

from gradsuite.errors import Fault
from gradsuite.spec.core_schema import resolve
from gradsuite.spec.node import Node

MAX_CHARACTERS = 1 << 18
MAX_DEPTH = 32
MAX_NODES = 20_000

_HINTS = (
    ("mapping values are not allowed", "put text that contains ': ' in quotes"),
    ("found character that cannot start any token", "indent by blanks; text that begins with @, ` or % needs quotes"),
    ("did not find expected ',' or", "inside { } or [ ], put text that contains a comma or a bracket in quotes"),
    ("did not find expected alphabetic or numeric", "put text that begins with '*' or '&' in quotes"),
    ("could not find expected ':'", "write 'key: value', with a blank after the colon"),
    ("did not find expected key", "align keys in one column, and close quotes and brackets"),
    ("unexpected end of stream", "close the quotes"),
)


class _Refused(Exception):
    """The text cannot be read further."""

    def __init__(self, mark: Any, what: str, mend: str = "") -> None:
        self.mark, self.what, self.mend = mark, what, mend


def compose(path: str, text: str) -> tuple[Node | None, list[Fault]]:
    """The tree of ``text`` (None where there is none), and the faults found. ``path`` is for the faults."""
    if len(text) > MAX_CHARACTERS:
        return None, [Fault(path, 1, 1, f"the file has {len(text)} characters", f"at most {MAX_CHARACTERS} are read")]
    composer = _Composer(path, text)
    root = composer.document()
    return root, composer.faults


class _Composer:
    """Builds nodes from the parser's events; the parser itself does not recurse."""

    def __init__(self, path: str, text: str) -> None:
        self.faults: list[Fault] = []
        self._path = path
        self._text = text
        self._count = 0
        self._anchors: dict[str, Node | None] = {}

    def document(self) -> Node | None:
        try:
            self._loader: Any = getattr(yaml, "CLoader", yaml.Loader)(self._text)
            return self._only_document()
        except _Refused as refused:
            self._fault(refused.mark, refused.what, refused.mend)
        except yaml.MarkedYAMLError as error:
            what = " ".join(filter(None, (error.context, error.problem)))
            self._fault(error.problem_mark or error.context_mark, f"not YAML: {what}", _hint(what))
        except yaml.reader.ReaderError as error:
            self._unreadable(error)
        return None

    def _only_document(self) -> Node:
        self._next()
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            raise _Refused(event.start_mark, "the file is empty")
        root = self._node(self._next(), 0)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Refused(event.start_mark, "a second document begins", "write one document a file")
        return root

    def _next(self) -> Any:
        return self._loader.get_event()

    def _node(self, event: Any, depth: int) -> Node:
        self._spend(event, 1)
        if depth > MAX_DEPTH:
            raise _Refused(event.start_mark, f"nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            mend = "put text that begins with '!' in quotes"
            raise _Refused(event.start_mark, f"the tag {event.tag!r} is refused", mend)
        return self._anchored(event, depth)

    def _anchored(self, event: Any, depth: int) -> Node:
        if event.anchor:
            self._anchors[event.anchor] = None  # while it is open: an alias to it would be its own part
        node = self._BUILD[type(event)](self, event, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            mend = f"put text that begins with '*' in quotes: \"*{event.anchor}\""
            raise _Refused(event.start_mark, f"the alias *{event.anchor} stands for nothing", mend)
        self._spend(event, _size(node))
        return node

    def _spend(self, event: Any, nodes: int) -> None:
        self._count += nodes
        if self._count > MAX_NODES:
            raise _Refused(event.start_mark, f"more than {MAX_NODES} values, aliases written out")

    def _scalar(self, event: Any, depth: int) -> Node:
        style = event.style or ""
        value = event.value if style else resolve(event.value)
        return _placed(value, event, event.end_mark, style)

    def _sequence(self, event: Any, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(each := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(each, depth + 1))
        return _placed(items, event, each.end_mark)

    def _mapping(self, event: Any, depth: int) -> Node:
        node = _placed({}, event, event.end_mark)
        while not isinstance(each := self._next(), yaml.MappingEndEvent):
            key = self._node(each, depth + 1)
            value = self._node(self._next(), depth + 1)
            self._enter(node, each, key, value)
        end: Any = each.end_mark
        node.end = end.index
        return node

    _BUILD: ClassVar[dict[type, Callable[[_Composer, Any, int], Node]]] = {
        yaml.ScalarEvent: _scalar,
        yaml.SequenceStartEvent: _sequence,
        yaml.MappingStartEvent: _mapping,
    }

    def _enter(self, mapping: Node, event: Any, key: Node, value: Node) -> None:
        assert isinstance(mapping.value, dict)
        if not isinstance(key.value, str):
            self._fault(event.start_mark, "a key must be text", "put it in quotes")
        elif key.value in mapping.value:
            line = mapping.keys[key.value][0]
            self._fault(event.start_mark, f"the key {key.value!r} is given twice", f"it stands on line {line} already")
        else:
            mapping.value[key.value] = value
            mapping.keys[key.value] = (key.line, key.column)

    def _fault(self, mark: Any, what: str, mend: str) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.faults.append(Fault(self._path, line, column, what, mend))

    def _unreadable(self, error: Any) -> None:
        before = self._text[: error.position] if isinstance(error.position, int) else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        self.faults.append(Fault(self._path, line, column, f"not YAML: {error.reason}", "remove the control character"))


def _placed(value: Any, event: Any, end: Any, style: str = "") -> Node:
    start = event.start_mark
    return Node(value, start.line + 1, start.column + 1, start.index, end.index, style)


def _size(node: Node) -> int:
    children = node.value.values() if isinstance(node.value, dict) else node.value
    return 1 + sum(map(_size, children)) if isinstance(node.value, (dict, list)) else 1  # type: ignore[arg-type]


def _hint(what: str) -> str:
    return next((mend for problem, mend in _HINTS if problem in what), "")
