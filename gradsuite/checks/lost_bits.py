"""The gradient has all the digits of its dtype, where the op's values have them.

A backward that casts to a narrower dtype on the way (float16 through bfloat16) is off by what that rounds away, which
may be less than any bar. But it shows in the bits: every element is then a number of the narrower dtype, though the one
in float64, rounded, is not. By chance that happens to one element in eight at most; so FEWEST such elements say it for
certain. Where the outputs, too, are numbers of the narrower dtype, the op computes in it, and its gradient may. In
float64 what is lost so is more than the bars of differences.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence

FEWEST = 16  # elements whose true value the narrower dtype cannot hold: by chance all fit it once in 8 ** 16 times
NARROWER = {
    torch.float32: (torch.bfloat16, torch.float16),
    torch.float16: (torch.bfloat16,),
}


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each differentiable input."""
    if evidence.dtype not in NARROWER:
        raise Unsupported("for float16 and float32, of which narrower dtypes hold fewer digits")
    found = [judged for name in evidence.point.names if (judged := _judge(evidence, name)) is not None]
    if not found:
        raise Unsupported("too few elements of the gradient have more digits than a narrower dtype")
    yield from found


def _judge(evidence: Evidence, name: str) -> Comparison | None:
    title = f"digits of the gradient of {name}"
    gradient, telling = evidence.gradients[name], False
    for dtype in NARROWER[evidence.dtype]:
        # What is zero or not finite was lost elsewhere on the way: it has no digits that could be counted.
        told = (gradient != 0) & torch.isfinite(gradient)
        needing = told & _needing(evidence.reference[name], gradient.dtype, dtype)
        if int(needing.sum()) < FEWEST:
            continue
        telling = True
        if _all_fit(gradient[needing], dtype) and not _is_inside(evidence, dtype):
            return _accused(evidence, name, title, dtype, needing)
    return Comparison(title, Agreement.AGREE) if telling else None


def _needing(truth: torch.Tensor, own: torch.dtype, narrow: torch.dtype) -> torch.Tensor:
    """Where the truth, rounded to its ``own`` dtype, is no number of the ``narrow`` one, though within its range."""
    rounded, facts = truth.to(own), torch.finfo(narrow)
    size = widen(rounded).abs()
    held = (size >= facts.smallest_normal) & (size <= facts.max)
    return held & (rounded != rounded.to(narrow).to(own))


def _all_fit(found: torch.Tensor, narrow: torch.dtype) -> bool:
    return bool((found == found.to(narrow).to(found.dtype)).all())


def _is_inside(evidence: Evidence, narrow: torch.dtype) -> bool:
    """Whether an output holds numbers of the narrow dtype alone."""
    outputs = evidence.point.select(evidence.point.outputs)
    return any(_all_fit(output.detach(), narrow) for output in outputs if output.dtype is evidence.dtype)


def _accused(evidence: Evidence, name: str, title: str, dtype: torch.dtype, needing: torch.Tensor) -> Comparison:
    place = int(needing.reshape(-1).nonzero()[0])
    narrow, own = (str(each).removeprefix("torch.") for each in (dtype, evidence.dtype))
    return Comparison(
        title, Agreement.DISAGREE, Culprit.BACKWARD,
        f"the backward is wrong in this dtype: it rounds to {narrow} on the way, so {own} has digits that are lost",
        where=f"gradient of {name}, flat element {place}",
        got=repr(evidence.gradients[name].reshape(-1)[place].item()),
        expected=repr(evidence.reference[name].reshape(-1)[place].item()), wrong_input=name,
    )  # fmt: skip


CHECK = Check(compare, samples="large", shrinks=False)
