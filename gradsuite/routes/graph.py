"""The autograd graph of a sample, as recorded: nodes, what they saved, and which inputs are leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from gradsuite.results import Graph, GraphNode
from gradsuite.routes.point import Point

_CPP = ("CppNode", "torch::autograd::CppNode")
LIMIT = 40  # nodes drawn; a composite may have hundreds


def draw(point: Point) -> Graph:
    """The graph behind the first output that carries a gradient, breadth first, LIMIT nodes at most."""
    leaves, outputs = point.graph
    owners = {id(leaf): name for name, leaf in leaves.items() if leaf is not None}
    nodes = [GraphNode(id=0, name="y", role="output")]
    edges: list[tuple[int, int]] = []
    known: dict[Any, int] = {}
    queue: list[tuple[int, Any]] = [(0, outputs[point.selected[0]].grad_fn)]
    while queue and len(nodes) < LIMIT:
        parent, node = queue.pop(0)
        if node not in known:
            known[node] = len(nodes)
            nodes.append(_node(known[node], node, owners))
            queue += [(known[node], below) for below, _ in node.next_functions if below is not None]
        edges.append((parent, known[node]))
    for name, leaf in leaves.items():
        if leaf is not None and name not in point.names and len(nodes) < LIMIT:
            nodes.append(GraphNode(id=len(nodes), name=f"{name} (no gradient)", role="constant"))
    return Graph(nodes=tuple(nodes), edges=tuple(edges))


def _node(number: int, node: Any, owners: dict[int, str]) -> GraphNode:
    if hasattr(node, "variable"):
        return GraphNode(id=number, name=owners.get(id(node.variable), "leaf"), role="leaf")
    return GraphNode(id=number, name=node.name(), role="function", saved=saved(node))


def saved(node: Any) -> tuple[str, ...]:
    """What a node saved for its backward: ``result: 4x5 float64``; plain values as ``dim: -1``."""
    found = []
    for name in dir(node):
        if name.startswith("_saved_"):
            found.append(f"{name.removeprefix('_saved_')}: {_show(getattr(node, name))}")
    return tuple(found)


def _show(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{'x'.join(map(str, value.shape)) or '0-d'} {str(value.dtype).removeprefix('torch.')}"
    # Dimensions are saved as unsigned: 18446744073709551615 is -1.
    if isinstance(value, int) and not isinstance(value, bool) and value >= 2**63:
        value -= 2**64
    return str(value)[:40]


def nodes(tensors: Iterable[torch.Tensor | None]) -> Iterator[Any]:
    """Every node behind ``tensors``, those without a graph left out, each once."""
    queue = [tensor.grad_fn for tensor in tensors if tensor is not None]
    seen: set[Any] = set()
    while queue:
        node = queue.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        queue += [below for below, _ in node.next_functions]


def custom(point: Point) -> Iterator[Any]:
    """The nodes behind the outputs whose backward somebody wrote: custom Functions, in Python or in C++."""
    for node in nodes(point.select(point.graph[1])):
        if isinstance(node, torch.autograd.function.BackwardCFunction) or node.name().startswith(_CPP):
            yield node


def is_composed(point: Point) -> bool:
    """Whether several of torch's own rules are behind the outputs, and none that somebody else wrote."""
    found = [node for node in nodes(point.select(point.graph[1])) if not hasattr(node, "variable")]
    return len(found) > 1 and not any(custom(point))


def is_written_in_python(point: Point) -> bool:
    """Whether a custom Function in Python, whose arithmetic can be seen, is behind the outputs."""
    return any(isinstance(node, torch.autograd.function.BackwardCFunction) for node in custom(point))


def saves_intermediates(point: Point) -> str:
    """The name of a custom Function behind the outputs that saved a value which is neither input nor output; or empty.

    The engine treats such a value as a constant, so a second derivative through that backward is silently wrong, and
    its author has to say ``once_differentiable`` (torch's notes on double backward with custom functions).
    """
    known = {t.data_ptr() for t in point.tensors.values() if t is not None}
    for node in custom(point):
        if node.name().startswith(_CPP):
            continue  # what it saved cannot be seen
        if any(_is_intermediate(value, known) for value in tree_leaves([node.saved_tensors, vars(node)])):
            return type(node).__name__
    return ""


def _is_intermediate(value: Any, known: set[int]) -> bool:
    if not isinstance(value, torch.Tensor) or value.requires_grad:
        return False
    return (value.is_floating_point() or value.is_complex()) and value.data_ptr() not in known
