"""Keys that a mapping should not have, and keys that it lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, get_args

from pydantic import BaseModel, RootModel

from gradsuite.spec.faults import Faults
from gradsuite.spec.nearest import nearest, suggestion
from gradsuite.spec.node import Node, Where


def unknown_key(where: Where, model: type[BaseModel], faults: Faults) -> None:
    """The fault, and the key renamed to what was meant, or else removed."""
    name, known = str(where[-1]), _known(model, where[:-1])
    parent = faults.document.at(where[:-1])
    if isinstance(parent.value, dict) and name in parent.value:
        mend = _mend_key(name, known, model)
        faults.structural(where, faults.document.key_place(where), f"unknown key {name!r}", mend)
        if not _is_word(name):
            faults.broken.add((*where[:-1], _before(name, parent.value)))
        _rename(parent.value, parent, name, nearest(name, known))


def _mend_key(name: str, known: Collection[str], model: type[BaseModel]) -> str:
    if not _is_word(name):
        return "inside { }, put text that contains a comma or a bracket in quotes"
    if nearest(name, known) is None and name in _known(model, ()):
        return f"{name!r} belongs at the top of the file"
    return suggestion(name, known)


def _is_word(name: str) -> bool:
    return name.replace("_", "").isalnum()


def _before(name: str, mapping: dict[str, Node]) -> str:
    """The key before ``name``: its text was cut at a comma, and ``name`` is the rest of it."""
    keys = list(mapping)
    return keys[max(keys.index(name) - 1, 0)]


def _rename(mapping: dict[str, Node], parent: Node, name: str, near: str | None) -> None:
    """Read on as if the key had been spelt right, so that one slip is one fault."""
    value = mapping.pop(name)
    if near is not None and near not in mapping:
        mapping[near] = value
        parent.keys[near] = parent.keys[name]


def missing_key(where: Where, model: type[BaseModel], faults: Faults) -> None:
    """The fault, and a stand-in put in the key's place."""
    parent, name = faults.document.at(where[:-1]), str(where[-1])
    description = _known(model, where[:-1]).get(name, "")
    if isinstance(parent.value, dict):
        place = faults.document.key_place(where[:-1])
        meaning = f": {description[:1].lower()}{description[1:].rstrip('.')}" if description else ""
        faults.structural(where, place, f"the key {name!r}{_owner(where)} is missing", f"add '{name}: ...'{meaning}")
        parent.value[name] = Node(_STAND_IN_KEYS.get(name, "0"), *place)


def _owner(where: Where) -> str:
    match where[:-1]:
        case (*_, str() as kind, int() as place):
            return f" of entry {place + 1} of {kind!r}"
        case (int() as place,):
            return f" of entry {place + 1}"
        case (*_, str() as name):
            return f" of {name!r}"
    return ""


_STAND_IN_KEYS: dict[str, Any] = {"gradsuite": 1, "draws": []}


def _known(model: type[BaseModel], where: Where) -> dict[str, str]:
    """The keys that the mapping at ``where`` may hold, each with its description."""
    fields = _model_at(model, where).model_fields
    return {each.alias or name: each.description or "" for name, each in fields.items()}


def _model_at(model: type[BaseModel], where: Where) -> type[BaseModel]:
    if issubclass(model, RootModel):
        model = next(_models(model.model_fields["root"].annotation), model)
    for key in where:
        fields = {each.alias or name: each for name, each in model.model_fields.items()}
        if key in fields:
            model = next(_models(fields[str(key)].annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation mentions."""
    if isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)
