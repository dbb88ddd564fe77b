"""The backward can itself be differentiated, and rightly.

The number <w, H t> = d/dh <t, vjp(x + h w; ct)> at h = 0, for two signed tangents t and w, is computed by reverse mode
over reverse mode, once more with t and w exchanged (second derivatives are symmetric), and by forward mode over reverse
mode. Each is held against central differences of the first gradient, and the first of them against differences at 400
bits of the declared derivative. A failure names the pair of inputs whose mixed second derivative is wrong. What is not
finite is wrong where the gradient is finite and its differences settle. Below float64 the number may lie as far from
the one in float64 as the natural error says.

A backward that refuses to be differentiated is unsupported here; one that is silently treated as a constant is wrong.
Where no spec promises a second derivative, a custom Function is not held to one in four cases: an input has no
elements; its gradient carries no graph; it saved intermediate values, which the engine takes for constants; it is right
all around the point and treats that point apart. A gradient that hangs on a copy of an input pretends to be
differentiable, and is wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement, Estimate, apart
from gradsuite.routes import second
from gradsuite.routes.curvature import Curvature, require_range
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.second_jury import judge, narrowed

NAME = "second order along two tangents"
ALL_PAIRS = 3  # inputs of which every pair is probed; of more, each with itself and with the next


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """The joint number; in float64 also with its tangents exchanged, and by forward mode over reverse mode."""
    require_range(evidence)
    joint = Curvature(evidence)
    found = judge(joint, NAME, joint.value)
    if found.agreement is Agreement.DISAGREE:
        yield found if found.where else _named(evidence, found)
        return
    if not evidence.is_wide:
        yield found if found.agreement is not Agreement.AGREE else narrowed(evidence, joint, NAME)
        return
    yield found
    if found.agreement is Agreement.AGREE:
        yield from _exchanged(joint)
        yield from _forward(joint)


def _exchanged(joint: Curvature) -> Iterator[Comparison]:
    """<t, H w>: the same number, as the Hessian is symmetric; nothing where the gradient is declared to be no one's."""
    if joint.evidence.is_surrogate:
        return
    name, other = "second order with the tangents exchanged", Curvature(joint.evidence, joint.w, joint.t)
    if Estimate(other.value, other.rounding).agrees(Estimate(joint.value, joint.rounding)):
        yield Comparison(name, Agreement.AGREE)
    else:
        yield judge(other, name, other.value)


def _forward(joint: Curvature) -> Iterator[Comparison]:
    """The same number by dual numbers, where the op and its backward have forward-mode rules."""
    with suppress(Unsupported, NotImplementedError):
        value = second.forward_over_reverse(joint.point, joint.t, joint.w)
        yield judge(joint, "forward mode over reverse mode", value, route="forward_mode")


def _named(evidence: Evidence, found: Comparison) -> Comparison:
    """The failure with the first pair of inputs that disagrees when probed alone: t in the one, w in the other."""
    point, names = evidence.point.wide, evidence.point.names
    near = [pair for pair in itertools.product(names, names) if len(names) <= ALL_PAIRS or _near(names, pair)]
    for a, b in near if len(names) > 1 else ():
        alone = Curvature(evidence, {a: point.tangents[a]}, {b: point.second_tangents[b]})
        if alone.agreement(alone.value) is Agreement.DISAGREE:
            where = f"the second derivative in {a}" if a == b else f"the mixed second derivative in {a} and {b}"
            right = alone.thorough.central.value
            got, expected = apart(alone.value, right)
            return replace(found, where=where, got=got, expected=expected)
    return found


def _near(names: tuple[str, ...], pair: tuple[str, str]) -> bool:
    return abs(names.index(pair[0]) - names.index(pair[1])) <= 1


CHECK = Check(compare)
