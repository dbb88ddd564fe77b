"""In which domain each example input may lie, learnt from where the callable's values stay finite.

Only what a few values show: the sign that an input must keep, whether it must stay within [-1, 1] or [0, 1], whether a
symmetric matrix must be positive definite. What else leaves the domain is rejected sample by sample.

A callable may take numbers for which it is not meant, and return others that mean nothing: a search between 0 and a
for a negative a. Where all examples lie on one side of 0, or of 1, and the gradient fits there and not on the other
side, that side does not belong; but for negative numbers at which the values are those at the positive ones, or their
opposites: somebody thought of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from gradsuite.inputs.learn_sets import indefinite, is_symmetric
from gradsuite.inputs.manifolds import is_definite
from gradsuite.spec.definition import Domain
from gradsuite.spec.domain_text import parse_domain

Tensors = Mapping[str, Tensor]
ZEROS = 8  # elements of which each alone is tried at zero
FEWEST = 4  # different elements that are not on one side by chance
ENDS = (0.0, 1.0)
IGNORED = -100  # the label that torch's losses leave out, unless told otherwise
Finite = Callable[[Tensors], bool]  # whether the callable takes such inputs, and its values are finite there


def learn_domain(name: str, examples: Tensors, finite: Finite) -> Domain:
    """The domain of input ``name``, the others staying as they are in ``examples``."""
    x = examples[name]
    if x.dtype == torch.bool:
        return parse_domain("boolean")
    if x.is_complex() or not x.numel():
        return parse_domain("real" if x.is_floating_point() or x.is_complex() else "integer(0, 0)")

    def takes(values: Tensor) -> bool:
        return finite({**examples, name: values})

    return parse_domain(_real(x, takes) if x.is_floating_point() else _integer(x, takes))


def meant(
    x: Tensor, takes: Callable[[Tensor], bool], fits: Callable[[Tensor], bool], mirrors: Callable[[Tensor], bool]
) -> Domain | None:
    """The part of the line for which alone the gradient is meant, as ``x`` tells; None where it fits on either side.

    ``takes``: whether values are finite; ``fits``: whether the gradient is known to agree with differences;
    ``mirrors``: whether the values are those at ``x``, but for signs.
    """
    if not x.is_floating_point() or len(x.unique()) < FEWEST:
        return None

    def ends(end: float) -> bool:
        beyond = 1 / x if end > 0 and bool((x > 0).all()) else 2 * end - x
        return takes(beyond) and not fits(beyond) and not (end == 0 and mirrors(beyond))

    low = next((end for end in reversed(ENDS) if bool((x > end).all()) and ends(end)), -math.inf)
    high = next((end for end in ENDS if bool((x < end).all()) and ends(end)), math.inf)
    if high == 1.0 and low == -math.inf and ends(-high):
        low = -high  # what diverges beyond 1 mostly does so beyond -1, too
    if (low, high) == (-math.inf, math.inf) or not fits(x):
        return None
    return parse_domain(_between(low, high, zero=_takes_zero(x, takes)))


def _between(low: float, high: float, *, zero: bool) -> str:
    """The domain between two ends; zero is one of its numbers where it is taken, for much is wrong only there."""
    if math.isinf(high):
        return f"greater({low:g})" if low else "nonnegative" if zero else "positive"
    if math.isinf(low):
        return f"less({high:g})" if high else "negative"
    return f"interval({low:g}, {high:g})"


def _integer(x: Tensor, takes: Callable[[Tensor], bool]) -> str:
    """The range of the example's values; of both signs, where negative ones are taken, too; or a label to ignore."""
    low, high = int(x.min()), int(x.max())
    if low < 0 or not x.dtype.is_signed:
        return f"integer({low}, {high})"
    if high > 0 and takes(-x):
        return f"integer({-high}, {high})"
    if high > 0 and x.numel() > 1 and all(takes(_with_first(x, label)) for label in {0, IGNORED} - {low}):
        return f"indices_or({high + 1}, {IGNORED})"
    return f"integer({low}, {high})"


def _with_first(x: Tensor, label: int) -> Tensor:
    """``x`` with another first element."""
    return torch.cat([x.new_tensor([label]), x.flatten()[1:]]).reshape(x.shape)


def _real(x: Tensor, takes: Callable[[Tensor], bool]) -> str:
    if is_symmetric(x) and is_definite(x) and not takes(indefinite(x)):
        return "positive_definite"
    beyond = x.abs() + 1
    above, below, zero = takes(beyond), takes(-beyond), _takes_zero(x, takes)
    if above and below:
        return "real" if zero else "nonzero"
    if above and bool((x >= 0).all()):
        return "nonnegative" if zero else "positive"
    if below and bool((x < 0).all()):
        return "negative"
    if not (above or below) and bool((x.abs() <= 1).all()):
        return _bounded(x, takes)
    return "real"


def _takes_zero(x: Tensor, takes: Callable[[Tensor], bool]) -> bool:
    """Whether zero is taken anywhere: 0 ** b is finite for some exponents, and in a norm not all may be zero."""
    places = torch.eye(x.numel(), dtype=torch.bool)[:ZEROS].reshape(-1, *x.shape)
    return takes(torch.zeros_like(x)) or any(takes(x.masked_fill(place, 0)) for place in places)


def _bounded(x: Tensor, takes: Callable[[Tensor], bool]) -> str:
    """[-1, 1] or [0, 1], an end belonging where it is taken; an example beside it says that the domain is another."""
    ends = [0.0 if bool((x >= 0).all()) and not takes(-x.abs() / 2 - 0.25) else -1.0, 1.0]
    closed = all(takes(torch.full_like(x, end)) for end in ends)
    return f"{'closed' if closed else 'interval'}({ends[0]:g}, {ends[1]:g})"
