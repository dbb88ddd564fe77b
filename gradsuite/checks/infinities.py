"""Where one infinity is taken, so are several.

Minus infinity is what log(0) leaves and what a mask holds: ops in the logarithmic domain must take it, and where two of
them meet inside, inf - inf or 0 times inf makes NaN of a gradient that is 0. Nobody says whether an op is meant for
infinities: it tells itself. Where its values and its gradient are finite with one entry infinite, and its values are
finite with several (every second entry, or all, of an input; all inputs together), its gradient must be finite there,
too. An op that gives NaN at one infinity, as a right 1 / (1 + x**2) does, is not asked for more; nor is one whose
forward meets NaN on its way, and hides it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.inputs.infinite import infinite, unbounded
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.inside import NotNumbers

SIGNS = {"minus infinity": -1.0, "infinity": 1.0}
FEW = 3  # inputs that are asked


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each sign that the op takes."""
    names = [name for name in evidence.point.names[:FEW] if evidence.point.primal(name).numel()]
    if any(evidence.point.primal(name).is_complex() for name in names):
        raise Unsupported("a complex number has many infinities")
    found = [_at(evidence, names, title, sign) for title, sign in SIGNS.items()]
    if not any(found):
        raise Unsupported("the op takes no infinity, or none together with another")
    yield from filter(None, found)


def _at(evidence: Evidence, names: Sequence[str], title: str, sign: float) -> Comparison | None:
    """None where the op takes no infinity of this sign, or its values are not finite at more than one."""
    taken = [name for name in names if _takes_one(evidence, name, sign)]
    asked = [*(([name], every) for name in taken for every in (2, 1)), (taken, 2), (taken, 1)]
    held = None
    for several, every in asked:
        at = _with(evidence, several, sign, every=every)
        wrong = _wrong(at) if several else None
        if wrong and not _meets_nan(at):
            entries = f"{'every second entry' if every == 2 else 'every entry'} of {' and '.join(several)}"
            return _failure(at, title, entries, wrong)
        held = held or (Comparison(_name(title), Agreement.AGREE) if wrong == "" else None)
    return held


def _failure(at: Evidence, title: str, entries: str, wrong: str) -> Comparison:
    sentence = (
        f"the backward is wrong: with {entries} {title} its gradient is not finite, though the values are, and the "
        "gradient is where one entry is"
    )
    return Comparison(
        _name(title), Agreement.DISAGREE, Culprit.BACKWARD, sentence, where=f"gradient of {wrong}",
        got=str(at.gradients[wrong].sum().item()), expected="a finite number", shown=lambda: at,
    )  # fmt: skip


def _name(title: str) -> str:
    return f"gradient where entries are {title}"


def _takes_one(evidence: Evidence, name: str, sign: float) -> bool:
    count = evidence.point.primal(name).numel()
    if not unbounded(evidence.subject.definition, evidence.sample, name, sign):
        return False
    return _wrong(_with(evidence, [name], sign, every=count)) == ""


def _with(evidence: Evidence, names: Sequence[str], sign: float, *, every: int) -> Evidence:
    return Evidence(evidence.subject, infinite(evidence.sample, names, sign, every=every))


def _wrong(at: Evidence) -> str | None:
    """The input whose gradient is not finite; empty where all are; None where the values are not, or it is refused."""
    try:
        if not at.subject.admits(at.sample.tensors) or not all(map(_finite, at.point.outputs)):
            return None
        return next((name for name, gradient in at.gradients.items() if not _finite(gradient)), "")
    except Exception:  # whatever it is, the op does not take such inputs
        return None


def _meets_nan(at: Evidence) -> bool:
    """Whether the forward computes what is not a number, though its values are numbers."""
    with torch.no_grad(), NotNumbers() as seen:
        at.point.call(at.point.tensors)
    met: bool = seen.met
    return met


def _finite(tensor: torch.Tensor) -> bool:
    return math.isfinite(tensor.detach().abs().sum().item()) if tensor.numel() else True


CHECK = Check(compare, samples="first", shrinks=False)
