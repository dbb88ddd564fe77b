"""What must hold of the edge samples of a variant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradsuite.spec import model
from gradsuite.spec.faults import Faults
from gradsuite.spec.known import known_name
from gradsuite.spec.names import Names
from gradsuite.spec.node import Where


def check_edges(merged: model.Override, names: Names, faults: Faults) -> None:
    """Edge samples give arrays and arguments by name, and what to expect of outputs and gradients."""
    for place, sample in enumerate(merged.edge):
        where: Where = ("edge", place)
        expect = sample.get("expect") or {}
        _check_values(where, {key: value for key, value in sample.items() if key != "expect"}, names, faults)
        if not isinstance(expect, dict):
            faults.add((*where, "expect"), "'expect' must be a mapping", "write {y: ..., x: ...}: the value, gradients")
            continue
        for key, value in expect.items():
            known_name((*where, "expect", key), key, "output or input", names.outputs | names.differentiable, faults)
            _check_array((*where, "expect", key), value, faults)


def _check_values(where: Where, sample: Mapping[str, Any], names: Names, faults: Faults) -> None:
    for key, value in sample.items():
        known_name((*where, key), key, "input or argument", names.inputs | names.arguments, faults)
        if key in names.inputs and value is not None:
            _check_array((*where, key), value, faults)


def _check_array(where: Where, value: Any, faults: Faults) -> None:
    """Numbers in lists of equal length: an array."""
    if _extent(value) is None:
        faults.add(where, f"{where[-1]!r} is no array", "write numbers in nested lists of equal length")


def _extent(value: Any) -> tuple[int, ...] | None:
    """The shape of nested lists; None where they are uneven or hold something else than numbers."""
    if not isinstance(value, list):
        return () if isinstance(value, (int, float)) or _is_complex(value) else None
    extents = {_extent(item) for item in value}
    if len(extents) > 1 or None in extents:
        return None
    return (len(value), *(extents.pop() or ())) if extents else (0,)


def _is_complex(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(complex(value) or True)
    except ValueError:
        return False
