"""Inputs: strategies for samples, edges and kinks of a definition, and searches that end at a plain witness."""

from gradsuite.inputs.edges import EdgeSample, edges
from gradsuite.inputs.examples import example_definition, from_examples
from gradsuite.inputs.kinks import on_kinks, touched
from gradsuite.inputs.layouts import fits, lay_out
from gradsuite.inputs.search import draw, smallest
from gradsuite.inputs.strategies import samples

__all__ = [
    "EdgeSample",
    "draw",
    "edges",
    "example_definition",
    "fits",
    "from_examples",
    "lay_out",
    "on_kinks",
    "samples",
    "smallest",
    "touched",
]
