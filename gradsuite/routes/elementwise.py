"""Tensors against their truth, element by element, in units of the natural error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import Format, ulp, widen
from gradsuite.routes.natural import CONFIDENCE


@dataclass(frozen=True)
class Match:
    """How far a tensor lies from its truth. ``ulps`` and ``ratios`` (to the natural error) are flat, one an element."""

    agreement: Agreement
    ulps: tuple[float, ...]
    ratios: tuple[float, ...]
    worst: int | None  # flat index of the worst element

    def place(self, shape: tuple[int, ...]) -> str:
        """The worst element's index in ``shape``, as text."""
        if self.worst is None or not shape:
            return ""
        return "[" + ", ".join(str(int(i)) for i in torch.unravel_index(torch.tensor(self.worst), shape)) + "]"

    def at(self, number: str, shape: tuple[int, ...]) -> str:
        """``number, element [1, 2]``: the worst element of what ``number`` names, which has this shape."""
        place = self.place(shape)
        return f"{number}, element {place}" if place else number


def match(got: torch.Tensor, truth: torch.Tensor, natural: torch.Tensor, *, overflows: bool = False) -> Match:
    """Compares ``got`` (any dtype) with ``truth`` (float64 or complex128) of the same shape.

    An element counts where the truth is finite and representable in the dtype of ``got``; where an intermediate
    value overflows the dtype (``overflows``), a result that is not finite is natural.
    """
    form = Format.of(got.dtype)
    wide, truth = widen(got).cpu().reshape(-1), truth.cpu().reshape(-1)
    error, natural = (wide - truth).abs(), natural.cpu().reshape(-1)
    counts = torch.isfinite(truth.abs()) & (truth.abs() < form.largest) & ~torch.isnan(natural)
    if overflows:
        counts &= torch.isfinite(error)
    error, natural, size = error[counts], natural[counts], truth[counts].abs()
    ratios = torch.where(error == 0, 0.0, error / natural).nan_to_num(nan=math.inf, posinf=math.inf)
    ulps = (error / ulp(size, got.dtype)).nan_to_num(nan=math.inf, posinf=math.inf)
    if not len(ratios):
        return Match(Agreement.INCONCLUSIVE if truth.numel() else Agreement.AGREE, (), (), None)
    peak = int(ratios.argmax())
    verdict = Agreement.AGREE if ratios[peak] <= CONFIDENCE else Agreement.DISAGREE
    return Match(verdict, tuple(ulps.tolist()), tuple(ratios.tolist()), int(counts.nonzero()[peak]))
