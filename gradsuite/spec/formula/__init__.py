"""The formula language: a small array language, checked against an allow-list and never executed as code.

It has three readings: torch tensors (``torch_reading``), ball arithmetic (``ball_reading``) and MathML (``mathml``).
"""

from gradsuite.spec.formula.formula import Formula, evaluate
from gradsuite.spec.formula.parse import parse, parse_identity
from gradsuite.spec.formula.registry import FUNCTIONS

__all__ = ["FUNCTIONS", "Formula", "evaluate", "parse", "parse_identity"]
