"""Every key of a spec and of a waiver, from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from gradsuite.spec import model
from gradsuite.spec.waivers import Entry
from handbook.markdown import code, plain, section, table

PAGE = "spec.md"
HEAD = """
A spec is `specs/<family>/<op>.grad.yaml`, or any `*.grad.yaml` that pytest collects. Unknown keys are refused, with
the nearest known one; `gradsuite check` tells every fault of every file with its line and column. The JSON Schema,
for editors, is [grad-spec.schema.json](../../gradsuite/spec/grad-spec.schema.json). What a formula may say: [the
formula language](formulas.md).
"""
NESTED = ("Input", "Derivative", "Kink", "Equivalence", "Inplace", "NotDifferentiable", "Random", "Module")


def page() -> str:
    """The page."""
    schema = model.Spec.model_json_schema(by_alias=True)
    shared = schema["$defs"]["Override"]["properties"]
    own = {key: value for key, value in schema["properties"].items() if key not in shared}
    return "\n".join(
        [
            section("Keys of a spec", HEAD, level=1),
            section("Of the file", _keys(own, schema.get("required", []))),
            section("Of the op, and of each variant", _told(model.Override), _keys(shared, [])),
            *(_model(getattr(model, name)) for name in NESTED),
            section("A waiver", _told(Entry), _of(Entry)),
        ]
    )


def _model(kind: type[BaseModel]) -> str:
    return section(kind.__name__, _told(kind), _of(kind))


def _told(kind: type[BaseModel]) -> str:
    return plain(" ".join((kind.__doc__ or "").split()))


def _of(kind: type[BaseModel]) -> str:
    schema = kind.model_json_schema(by_alias=True)
    return _keys(schema["properties"], schema.get("required", []))


def _keys(properties: dict[str, Any], required: list[str]) -> str:
    rows = [
        (code(key), _type(each), "required" if key in required else _default(each), plain(each.get("description", "")))
        for key, each in properties.items()
    ]
    return table(("key", "takes", "default", "meaning"), rows)


def _default(each: dict[str, Any]) -> str:
    default = each.get("default")
    return (
        ""
        if default in (None, [], {}, "")
        else code(str(default).lower() if default in (True, False) else str(default))
    )


def _type(each: dict[str, Any]) -> str:
    """What a key takes, in words: ``text``, ``a list of Kink``, ``text, or text by name``."""
    if "$ref" in each:
        name = each["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in NESTED else "a variant's keys"
    if "const" in each or "enum" in each:
        return " or ".join(code(str(value)) for value in each.get("enum", [each.get("const")]))
    if alternatives := each.get("anyOf"):
        return ", or ".join(dict.fromkeys(_type(one) for one in alternatives if one.get("type") != "null"))
    match each.get("type"):
        case "array":
            items = each.get("items") or {}
            return f"a list of {_type(items)}" if items else "a list"
        case "object":
            values = each.get("additionalProperties")
            return f"{_type(values)}, by name" if isinstance(values, dict) else "anything, by name"
        case "string":
            return "text"
        case "integer" | "number" | "boolean" as kind:
            return {"integer": "a whole number", "number": "a number", "boolean": "true or false"}[kind]
    return "anything"
