"""Drawings cope with whatever was recorded, and say in words what they show."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from gradsuite.reporters.html.drawings import graph, heat, histogram, steps, strip
from gradsuite.reporters.html.drawings.histogram import Row
from gradsuite.results import Graph, GraphNode, Histogram, Picture, Says, Step
from tests.reporters import recorded

DIAGONAL = Picture(rows=2, columns=2, truth=(1.0, 0, 0, 1), got=(-1.0, 0, 0, math.nan), error=(-2.0, 0, 0, math.nan))


def texts(drawing: Markup) -> list[str]:
    return [element.text or "" for element in ET.fromstring(str(drawing)).iter("text")]


def test_graph_names_nodes_roles_and_saved_tensors() -> None:
    found = recorded.linear().graph
    assert found
    shown = texts(graph.draw(found))
    assert {"AddmmBackward0", "mat1: 3x4 float64", "no gradient", "leaf: requires grad", "output"} <= set(shown)


def test_graph_flows_downwards() -> None:
    found = recorded.softmax().graph
    assert found
    rows = {e.text: float(e.get("y", "")) for e in ET.fromstring(str(graph.draw(found))).iter("text")}
    assert rows["y"] < rows["SoftmaxBackward0"] < rows["AccumulateGrad"] < rows["x"]


def test_graph_survives_cycles_strange_edges_and_size() -> None:
    nodes = tuple(GraphNode(id=k, name="<b>", role="function") for k in range(4))
    assert "&lt;b&gt;" in graph.draw(Graph(nodes=nodes, edges=((0, 1), (1, 0), (2, 2), (3, 99))))
    many = tuple(GraphNode(id=k, name="n", role="function") for k in range(500))
    assert graph.draw(Graph(nodes=many, edges=())) == graph.draw(Graph(nodes=(), edges=())) == ""


def test_small_jacobians_show_their_figures() -> None:
    truth, got, error = (drawing for _, _, drawing in heat.draw(DIAGONAL))
    assert [t for t in texts(truth) if t in ("1", "0")] == ["1", "0", "0", "1"]
    assert {"−1", "NaN"} <= set(texts(got))
    assert "−2" in texts(error)


def test_large_jacobians_mark_signs_without_colour_and_keep_their_worst_entry() -> None:
    size = 100
    error = tuple(-5.0 if k == 4321 else 0.0 for k in range(size * size))
    picture = Picture(rows=size, columns=size, truth=error, got=error, error=error)
    drawing = heat.draw(picture)[2][2]
    assert heat.reduced(picture)
    assert re.search(r'class="minus" d="M[^M"]*"', drawing)  # exactly one dash
    assert len(drawing) < 30_000


@pytest.mark.parametrize("picture", [Picture(rows=0, columns=3, truth=(), got=(), error=())])
def test_an_empty_jacobian_is_not_drawn(picture: Picture) -> None:
    assert heat.draw(picture) == []


def test_histograms_of_several_dtypes_share_an_axis_and_say_how_much_lies_within_the_mark() -> None:
    edges = (0, 0.5, 1, 2, math.inf)
    rows = [
        Row("0.0", "float64", Histogram(edges=edges, counts=(900, 0, 3, 1))),
        Row("0.1", "float32", Histogram(edges=edges, counts=(2, 2, 0, 0))),
        Row("0.2", "float16", Histogram(edges=edges, counts=(0, 0, 0, 0))),
    ]
    drawing = histogram.draw(rows, unit="ULP", mark=1.0)
    assert "ULP, how often each size occurs: float64 99.6 % up to 1, float32 100 % up to 1" in drawing
    assert texts(drawing) == ["float64", "float32", "0", "½", "1", "2", "∞", "ULP"]
    outline = re.search(r'data-at="0.1">.*?class="bars" d="M[\d.]+ [\d.]+v-21h48v21h48V', drawing)
    assert outline  # two bars of one height, then nothing


def test_a_share_is_whole_only_where_everything_is_within() -> None:
    def share(*counts: int) -> str:
        return histogram.within(Histogram(edges=(0, 1, 2), counts=counts), 1.0)

    assert [share(5, 0), share(0, 5), share(99_999, 1), share(1, 99_999), share(0, 0)] == [
        "100 %",
        "0 %",
        "99.9 %",
        "0.1 %",
        "",
    ]


def test_an_empty_histogram_is_not_drawn() -> None:
    assert histogram.draw([], unit="ULP", mark=1.0) == ""
    assert histogram.draw([Row("0.0", "a", Histogram(edges=(0, 1), counts=(0,)))], unit="ULP", mark=1.0) == ""


def test_steps_hold_zero_infinite_and_far_apart_errors() -> None:
    drawing = steps.draw([Step(size=1e-8, error=0.0, bar=1e-300), Step(size=0.1, error=3.0, bar=0.0)])
    assert drawing.count("<circle") == 2
    assert "nan" not in drawing
    assert steps.draw([Step(size=0.1, error=math.inf, bar=1.0), Step(size=0.2, error=1.0, bar=1.0)]) == ""


def test_routes_stand_on_one_line_only_where_they_are_numbers() -> None:
    says = recorded.wrong_spec().says
    drawn = strip.draw(says)
    assert ['class="differs"' in drawing for drawing in drawn] == [False, False, False, True]
    assert strip.draw([*says, Says(route="reference", value="[1, 2]", bar="0", agrees=True)]) == []
    assert strip.draw([]) == []
