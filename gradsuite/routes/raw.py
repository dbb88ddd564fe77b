"""What backwards themselves return, before the engine mends it.

The engine sums a gradient that is too large back to its input's shape, casts a wrong dtype, drops an imaginary part
and takes None for zeros, all in silence (validate_outputs, torch/csrc/autograd/engine.cpp). A custom Function's
backward is overheard as the engine calls it; any other node is called by hand where an input of the op is next to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction

from gradsuite.routes.graph import nodes
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients


@dataclass(frozen=True)
class Slot:
    """What ``function`` returned (``came``) for an input that needs a gradient, and that input's shape, dtype, device.

    ``name``: the op's input, or None where it is another value. ``custom``: whether it is a custom Function.
    """

    function: str
    place: int
    name: str | None
    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device
    came: Any
    custom: bool


@dataclass(frozen=True)
class Fault:
    """In ``what`` that which came differs from the input: what the input is, what came, what the engine makes of it."""

    what: str
    expected: str
    got: str
    engine: str


def fault(slot: Slot) -> Fault | None:
    """The first thing that the engine has to mend or to refuse; None is not judged."""
    came = slot.came
    if came is None:
        return None
    if not isinstance(came, torch.Tensor):
        return Fault("kind", "a tensor", f"a {type(came).__name__}", "refuses it")
    if tuple(came.shape) != slot.shape:
        return Fault("shape", str(list(slot.shape)), str(list(came.shape)), "sums it back in silence")
    if came.dtype != slot.dtype:
        return Fault("dtype", _short(slot.dtype), _short(came.dtype), "casts it in silence")
    if came.device != slot.device:
        return Fault("device", f"on {slot.device}", f"one on {came.device}", "moves it in silence")
    return None


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


@dataclass
class Overheard:
    """What the backwards of custom Functions returned in one run.

    ``functions`` are their names; ``refusal`` says why the engine did not take the last one, and is empty where it did.
    """

    slots: list[Slot] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    refusal: str = ""


def overheard(point: Point) -> Overheard:
    """Runs the backward once. Raises what a backward raises; what the engine then raises is a refusal."""
    found, owners = Overheard(), _owners(point)
    taken: list[None] = []
    with ExitStack() as stack:
        for node in nodes(point.select(point.graph[1])):
            if isinstance(node, BackwardCFunction):
                _overhear(node, lambda node, came: _note(found, owners, node, came))
                stack.callback(delattr, node, "apply")
                stack.callback(node.register_hook(lambda *_: taken.append(None)).remove)
        try:
            gradients(point, [ct.clone() for ct in point.cotangents])
        except RuntimeError as error:
            if len(found.functions) == len(taken):
                raise
            found.refusal = str(error).partition("\n")[0]
    return found


def _overhear(node: Any, note: Callable[[Any, Any], None]) -> None:
    """The engine calls ``node.apply``, and looks it up on the node itself first."""
    backward = node.apply

    def apply(*cotangents: Any) -> Any:
        came = backward(*cotangents)
        note(node, came)
        return came

    node.apply = apply


def _note(found: Overheard, owners: dict[Any, str], node: Any, came: Any) -> None:
    found.functions.append(type(node).__name__)
    values = came if isinstance(came, tuple) else (came,)
    needed = [place for place, needs in enumerate(node.needs_input_grad) if needs]
    targets = [edge for edge in node.next_functions if edge[0] is not None]
    for place, target in zip(needed, targets, strict=True):
        if place < len(values):
            found.slots.append(_slot(owners, node, place, target, values[place]))


def by_hand(point: Point) -> Iterator[Slot]:
    """What nodes other than custom Functions return for inputs of the op next to them."""
    owners, cotangents = _owners(point), dict(zip(point.selected, point.cotangents, strict=True))
    given: dict[Any, list[torch.Tensor | None]] = {}
    for i in point.selected:
        output = point.graph[1][i]
        node: Any = output.grad_fn
        below = () if node is None or isinstance(node, BackwardCFunction) else node.next_functions
        if any(edge[0] in owners for edge in below):
            given.setdefault(node, [None] * len(node._input_metadata))[output.output_nr] = cotangents[i].clone()
    for node, weights in given.items():
        with torch.no_grad():
            came = node(*weights)
        values = (came,) if isinstance(came, torch.Tensor) or came is None else tuple(came)
        for place, (target, value) in enumerate(zip(node.next_functions, values, strict=True)):
            if target[0] in owners:
                yield _slot(owners, node, place, target, value)


def _owners(point: Point) -> dict[Any, str]:
    """The node that takes each input's gradient, with the input's name."""
    leaves = {name: leaf for name, leaf in point.graph[0].items() if leaf is not None and name in point.names}
    return {torch.autograd.graph.get_gradient_edge(leaf).node: name for name, leaf in leaves.items()}


def _slot(owners: dict[Any, str], node: Any, place: int, target: tuple[Any, int], came: Any) -> Slot:
    below, number = target
    like, custom = below._input_metadata[number], isinstance(node, BackwardCFunction)
    name = owners.get(below)
    return Slot(type(node).__name__, place, name, tuple(like.shape), like.dtype, like.device, came, custom)
