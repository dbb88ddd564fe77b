"""What an op tells when it is asked: how it is called, which shapes and values it takes, and its backward node."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradsuite.devices import kept
from gradsuite.draft.call import Call
from gradsuite.draft.search import search
from gradsuite.draft.settle import is_alike, is_elementwise, nodes, settle
from gradsuite.draft.signature import signatures
from gradsuite.spec.definition import Definition


@dataclass(frozen=True)
class Probed:
    """``definition`` holds what may vary; ``call`` is one way to call the op; ``defaults`` are of the parameters that
    are left as they are, as Python writes them; ``node`` is the result's, empty where it is not always the same, and
    ``atomic`` whether it stands next to the inputs; ``elementwise``, whether all inputs have one shape, which may be
    any, and each element of the output depends on theirs at its place alone."""

    call: Call
    definition: Definition
    defaults: Mapping[str, str]
    node: str
    atomic: bool
    elementwise: bool


def probe(op: Callable[..., Any], path: str) -> Probed:
    """Calls ``op`` in one way after another. Raises UsageError where it takes none that is tried."""
    with kept(threads=1):
        warnings.simplefilter("ignore")
        settled = settle(search(op, path), path)
        found = nodes(settled)
        elementwise = is_alike(settled.definition.inputs) and is_elementwise(settled.call)
    name, atomic = next(iter(found)) if len(found) == 1 else ("", True)
    return Probed(settled.call, settled.definition, _defaults(op, settled.call), name, atomic, elementwise)


def _defaults(op: Callable[..., Any], call: Call) -> dict[str, str]:
    """Of the signature that the call fits: what it does not give."""
    given = {each.parameter.name for each in call.given}
    fitting = (each for each in signatures(op) if given == {p.name for p in each if p.required or p.name in given})
    rest = (p for p in next(fitting, ()) if p.name not in given)
    return {p.name: repr(p.default) for p in rest if p.name not in ("out", "dtype", "layout", "device", "pin_memory")}
