"""The double backward is right where the op is one part of a longer computation.

The op stands between two smooth, nonlinear neighbours: a -> phi(f(x + s (a + a**2 / 2))), differentiated at a = 0,
where f is evaluated at x itself. The number <w, H t> of the composition, by reverse mode over reverse mode, is held
against central differences of its gradient with their own bar; below float64, within the natural error of it. Only here
does the second derivative depend on how the backward passes on its cotangent, and only here is what was cut out of the
graph (a backward that is silently a constant) missing from a sum that has other parts.

A backward that refuses to be differentiated is unsupported, and so is one that promises no second derivative: what
counts as a promise is said under second_order.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.composed import composed
from gradsuite.routes.curvature import Curvature, require_range
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.second_jury import judge, narrowed

NAME = "second order of a composition"


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison: the second derivative of the composition along two tangents."""
    if evidence.is_surrogate:
        raise Unsupported("the declared derivative is, on purpose, not that of the values that the neighbours see")
    require_range(evidence)
    whole = composed(evidence)
    joint = Curvature(whole)
    found = judge(joint, NAME, joint.value, op=evidence.wide)
    if found.agreement is Agreement.AGREE and not whole.is_wide:
        found = narrowed(whole, joint, NAME, op=evidence)
    yield found


CHECK = Check(compare, samples="few")
