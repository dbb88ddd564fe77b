"""What ``import gradsuite`` gives, from the signatures and docstrings."""

from __future__ import annotations

import inspect
from typing import Any

import gradsuite
from handbook.markdown import code, prose, section, table

PAGE = "python.md"


def page() -> str:
    """The page."""
    names = sorted(name for name in gradsuite.__all__ if not name.startswith("_"))
    return "\n".join([section("Python", prose(gradsuite.__doc__.split(">>>")[0]), level=1), *map(_member, names)])


def _member(name: str) -> str:
    member = getattr(gradsuite, name)
    signature = "" if _is_error(member) else f"```python\n{_signature(name, member)}\n```"
    return section(code(f"gradsuite.{name}"), signature, prose(inspect.getdoc(member) or ""), _parts(member))


def _is_error(member: Any) -> bool:
    """Whether it is an error, whose constructor is nobody's business."""
    return isinstance(member, type) and issubclass(member, BaseException)


def _signature(name: str, member: Any) -> str:
    """One parameter a line, as ruff would write it."""
    parameters = list(inspect.signature(member).parameters.values())
    lines, starred = [], False
    for each in parameters:
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            lines, starred = [*lines, "    *,"], True
        lines.append(f"    {_written(each)},")
    return "\n".join([f"{name}(", *lines, ")"])


def _written(parameter: inspect.Parameter) -> str:
    """Annotations are text already."""
    default = "" if parameter.default is inspect.Parameter.empty else f" = {parameter.default!r}"
    return f"{parameter.name}: {parameter.annotation}{default}"


def _parts(member: Any) -> str:
    """The public members of a class that have something to say."""
    if not isinstance(member, type) or _is_error(member):
        return ""
    found = [
        (n, m)
        for n, m in vars(member).items()
        if not n.startswith("_") and (inspect.isfunction(m) or isinstance(m, property))
    ]
    rows = [
        (code(n if isinstance(m, property) else f"{n}{_short(m)}"), prose(inspect.getdoc(m) or "")) for n, m in found
    ]
    return table(("member", "meaning"), rows) if rows else ""


def _short(member: Any) -> str:
    return "(" + ", ".join(n for n in inspect.signature(member).parameters if n != "self") + ")"
