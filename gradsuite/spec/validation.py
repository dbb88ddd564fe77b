"""Keys and types: what pydantic finds wrong in a tree, said at its place, and mended so that the rest is checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gradsuite.spec.faults import Faults
from gradsuite.spec.keys import missing_key, unknown_key
from gradsuite.spec.node import Node, Where

M = TypeVar("M", bound=BaseModel)

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "string_too_short": "text that is not empty",
    "none_required": "nothing",
}
_STAND_INS: dict[str, type] = {"a list": list, "a mapping": dict, "true or false": bool, "a whole number": int}
_ROUNDS = 8  # a mended mapping may show what is wrong below it


@dataclass
class _Wrong:
    """What one place expects; branches of a union that do not fit the node's kind are set apart."""

    fitting: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def expected(self) -> list[str]:
        return list(dict.fromkeys(self.fitting or self.others))


def validated(model: type[M], faults: Faults) -> M | None:
    """The tree of ``faults.document`` as a ``model``.

    Its faults are added, and stand-ins put where it is wrong (the places count as broken from then on), so
    that what is right elsewhere can be checked too. None where even that gives no ``model``.
    """
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(faults.document.root.plain())
        except ValidationError as error:
            _report(error, model, faults)
    return None


def _report(error: ValidationError, model: type[BaseModel], faults: Faults) -> None:
    """The faults of one round: unknown keys first, for a key may be missing only because it is misspelt."""
    each_error: list[dict[str, Any]] = [dict(each) for each in error.errors(include_url=False)]
    strangers = [each for each in each_error if each["type"] == "extra_forbidden"]
    wrong: dict[Where, _Wrong] = {}
    for each in strangers or each_error:
        where, fits = _path(faults.document.root, each["loc"])
        if each["type"] == "extra_forbidden":
            unknown_key(where, model, faults)
        elif each["type"] == "missing":
            missing_key(where, model, faults)
        else:
            case = wrong.setdefault(where, _Wrong())
            (case.fitting if fits else case.others).append(_expectation(each))
    for where, case in wrong.items():
        if case.fitting or not _holds_another(where, [*wrong, *faults.broken]):
            _wrong_value(where, case.expected, faults)


def _holds_another(where: Where, places: Collection[Where]) -> bool:
    """Whether a fault lies below: then ``where`` is of the right kind, and only other branches of a union complain."""
    return any(len(each) > len(where) and each[: len(where)] == where for each in places)


def _path(root: Node, location: tuple[int | str, ...]) -> tuple[Where, bool]:
    """The place that pydantic means, and whether its branches of unions fit the nodes they are about."""
    node, fits = root, True
    where: Where = ()
    for position, key in enumerate(location):
        below = node.child(key)
        if below is not None:
            node, where = below, (*where, key)
        elif position == len(location) - 1 and isinstance(node.value, dict) and not _is_branch(str(key)):
            where = (*where, key)
        else:
            fits = fits and _fits(str(key), node)
    return where, fits


def _is_branch(tag: str) -> bool:
    return "[" in tag or "-" in tag or tag in ("str", "int", "float", "bool", "none") or tag[:1].isupper()


def _fits(branch: str, node: Node) -> bool:
    if isinstance(node.value, dict):
        return branch.startswith("dict") or branch[:1].isupper()
    return branch.startswith("list") if isinstance(node.value, list) else not branch.startswith(("dict", "list"))


def _expectation(each: dict[str, Any]) -> str:
    if each["type"] == "literal_error":
        return str(each["ctx"]["expected"])
    return _EXPECTED.get(each["type"], str(each["msg"]))


def _wrong_value(where: Where, expected: list[str], faults: Faults) -> None:
    node = faults.document.at(where)
    words = "one value or a list of values" if len(expected) > 3 else " or ".join(expected)
    subject = f"{where[-1]!r}" if where and isinstance(where[-1], str) else "this"
    what = f"{subject} must be {words}, not {_found(node)}"
    faults.structural(where, (node.line, node.column), what, _mend(node, expected, faults.document.text))
    node.value = _stand_in("text" if "text" in expected else expected[0])


def _found(node: Node) -> str:
    match node.value:
        case None:
            return "nothing"
        case bool():
            return str(node.value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return "empty text" if not node.value else f"the text {node.value[:40]!r}"
    return f"the number {node.value}"


def _mend(node: Node, expected: list[str], text: str) -> str:
    if "text" not in expected:
        return ""
    if node.value is None:
        return "text that begins with '#' must be put in quotes: YAML reads it as a comment"
    if isinstance(node.value, (bool, int, float)):
        return f'write it in quotes: "{text[node.start : node.end]}"'
    return "put text that begins with '[' or '{' in quotes" if isinstance(node.value, (dict, list)) else ""


def _stand_in(expected: str) -> Any:
    if expected in _STAND_INS:
        return _STAND_INS[expected]()
    if expected in _EXPECTED.values():
        return "0"
    literal = expected.split(" ")[0].strip("',")
    return int(literal) if literal.isdigit() else literal
