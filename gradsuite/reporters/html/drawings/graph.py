"""The autograd graph in layers, outputs on top, leaves below. Roles differ in shape and label, not only in colour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html.drawings import svg
from gradsuite.results import Graph, GraphNode

_LARGEST = 60  # nodes
_LETTER, _LINE, _GAP, _RISE = 7.3, 15.0, 18.0, 34.0
_ROLE = {"function": "", "leaf": "leaf: requires grad", "constant": "no gradient", "output": "output"}
Places = dict[int, tuple[float, float]]


@dataclass(frozen=True)
class _Box:
    node: GraphNode
    lines: tuple[str, ...]
    width: float
    height: float


def draw(graph: Graph) -> Markup:
    """Nothing for an empty graph or one too large to read."""
    boxes = {node.id: _box(node) for node in graph.nodes}
    if not boxes or len(boxes) > _LARGEST:
        return Markup("")
    edges = sorted({(a, b) for a, b in graph.edges if a in boxes and b in boxes and a != b})
    layers = _layers(list(boxes), edges)
    places, width, height = _places(layers, boxes)
    parts = [_edge(boxes[a], places[a], boxes[b], places[b]) for a, b in edges]
    parts += [_node(boxes[key], places[key]) for layer in layers for key in layer]
    return svg.figure(width, height, parts, title=_spoken(graph), css="graph")


def _box(node: GraphNode) -> _Box:
    lines = tuple(words.clip(words.clean(saved), 40) for saved in node.saved[:6])
    lines = (_ROLE[node.role], *lines) if _ROLE[node.role] else lines
    name = words.clip(words.clean(node.name), 40)
    widest = max(len(name) * 1.08, *(0.9 * len(line) for line in lines), 6)
    return _Box(node, (name, *lines), widest * _LETTER + 22, _LINE * (1 + len(lines)) + 9)


def _layers(keys: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Longest path from an output, then a few sweeps that put each node near what points at it."""
    depth = dict.fromkeys(keys, 0)
    for _ in keys:  # as many rounds as nodes: a cycle, which no real graph has, cannot keep us here
        for a, b in edges:
            depth[b] = min(max(depth[b], depth[a] + 1), len(keys))
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for key in keys:
        rows[depth[key]].append(key)
    layers = [rows[level] for level in sorted(rows)]
    for _ in range(4):
        _sweep(layers, [(b, a) for a, b in edges])
        _sweep(layers[::-1], edges)
    return layers


def _sweep(layers: Sequence[list[int]], towards: Sequence[tuple[int, int]]) -> None:
    """Sort each layer by the mean position of its neighbours."""
    position = {key: (k + 0.5) / len(layer) for layer in layers for k, key in enumerate(layer)}
    for layer in layers:
        seen = {key: [position[b] for a, b in towards if a == key] or [position[key]] for key in layer}
        layer.sort(key=lambda key: sum(seen[key]) / len(seen[key]))
        position.update({key: (k + 0.5) / len(layer) for k, key in enumerate(layer)})


def _places(layers: Sequence[Sequence[int]], boxes: dict[int, _Box]) -> tuple[Places, float, float]:
    """Top left corners, and the size of it all."""
    widths = [sum(boxes[key].width for key in layer) + _GAP * (len(layer) - 1) for layer in layers]
    places: Places = {}
    y = 2.0
    for layer, width in zip(layers, widths, strict=True):
        x = 2 + (max(widths) - width) / 2
        for key in layer:
            places[key] = (x, y)
            x += boxes[key].width + _GAP
        y += max(boxes[key].height for key in layer) + _RISE
    return places, max(widths) + 4, y - _RISE + 2


def _edge(a: _Box, at: tuple[float, float], b: _Box, to: tuple[float, float]) -> Markup:
    x0, y0 = at[0] + a.width / 2, at[1] + a.height
    x1, y1 = to[0] + b.width / 2, to[1]
    bend = max((y1 - y0) / 2, 8.0)
    curve = " ".join(map(svg.short, (x0, y0 + bend, x1, y1 - bend, x1, y1 - 1)))
    head = f"M{svg.short(x1 - 4)} {svg.short(y1 - 7)}l4 6l4 -6"
    return svg.path(f"M{svg.short(x0)} {svg.short(y0)}C{curve}{head}", "edge")


def _node(box: _Box, at: tuple[float, float]) -> Markup:
    x, y = at
    role = box.node.role
    radius = 5 if role == "function" else box.height / 2
    parts = [svg.rectangle(x, y, box.width, box.height, f"node {role}", radius)]
    if role == "output":
        parts.append(svg.rectangle(x + 3, y + 3, box.width - 6, box.height - 6, "node inner", radius - 3))
    middle = x + box.width / 2
    for k, line in enumerate(box.lines):
        parts.append(svg.text(middle, y + 16 + k * _LINE, line, "" if k == 0 else "saved"))
    return Markup("").join(parts)


def _spoken(graph: Graph) -> str:
    names = {node.id: words.clean(node.name) for node in graph.nodes}
    arrows = (f"{names[a]} to {names[b]}" for a, b in graph.edges if a in names and b in names)
    return "autograd graph: " + ", ".join(arrows)
