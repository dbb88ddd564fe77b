"""The formula language: every function, as it is written and as it is drawn."""

from __future__ import annotations

import inspect

from gradsuite.spec.formula.notation import Markup, name
from gradsuite.spec.formula.registry import FUNCTIONS, Function
from handbook.markdown import code, prose, section, table

PAGE = "formulas.md"
HEAD = """
A formula is an expression over the inputs, the arguments, the shape symbols and the names in `let`, in the words of
the Python array API standard. Its syntax tree is checked against a list of what is allowed, and interpreted: nothing
is evaluated as Python. It has three readings: over torch tensors, over balls (numbers with a rigorous bound of their
error, at any precision), and as mathematics for people.

Numbers, `+ - * / // % **`, `@` for the product of matrices, `.T`, comparisons, `and`, `or`, `not`, `a if condition
else b`, indexing with whole numbers and slices, lists. In a derivative, `y` is the value, `ct` the cotangent, and,
with `jacobian:`, `i` and `j` the indices along the dimension. Reductions keep the dimension unless `keepdims=False`
is said.
"""


def page() -> str:
    """The page."""
    rows = [
        (code(f"{f.name}{_shown(f)}"), _drawn(f), prose(f.summary if f.rounds else f"{f.summary} (exact)"))
        for _, f in sorted(FUNCTIONS.items())
    ]
    return section("Formula language", HEAD, table(("function", "drawn as", "gives"), rows), level=1)


def _shown(function: Function) -> str:
    return str(function.signature).replace("'", '"')


def _drawn(function: Function) -> str:
    needed = [p.name for p in function.signature.parameters.values() if p.default is inspect.Parameter.empty]
    given: dict[str, Markup] = {each: name(each) for each in needed}
    drawn = function.notation(given).text.replace("|", "&#124;")  # a bar would end the cell
    return f"<math>{drawn}</math>"
