"""What a floating-point format can hold, and distances measured in it.

Terms as in Higham, Accuracy and Stability of Numerical Algorithms (2002), chapter 2: the unit roundoff u
is half the distance from 1 to the next number, so that round-to-nearest gives fl(a) = a (1 + d) + e with
abs(d) <= u, and abs(e) at most half the smallest subnormal number where the result underflows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import torch

REAL = {torch.complex32: torch.float16, torch.complex64: torch.float32, torch.complex128: torch.float64}
WIDE = dict.fromkeys(REAL, torch.complex128)


@dataclass(frozen=True)
class Format:
    """A floating-point format: unit roundoff, smallest subnormal and normal numbers, largest finite number."""

    unit: float
    subnormal: float
    normal: float
    largest: float

    @classmethod
    @cache
    def of(cls, dtype: torch.dtype) -> Format:
        """The format of ``dtype``'s real part; raises TypeError where it is not a floating-point dtype."""
        info = torch.finfo(REAL.get(dtype, dtype))
        return cls(info.eps / 2, info.smallest_normal * info.eps, info.smallest_normal, info.max)

    def holds(self, values: torch.Tensor) -> bool:
        """Whether each of ``values`` is zero or, in size, a normal number of this format."""
        size = widen(values.detach()).abs()
        return bool(((size == 0) | ((size >= self.normal) & (size <= self.largest))).all())


def wide(dtype: torch.dtype) -> torch.dtype:
    """The widest dtype of the same field: float64, or complex128."""
    return WIDE.get(dtype, torch.float64)


def widen(tensor: torch.Tensor) -> torch.Tensor:
    """The same values in float64 or complex128, exactly; other tensors (indices, masks) unchanged."""
    if tensor.is_floating_point() or tensor.is_complex():
        return tensor.to(wide(tensor.dtype))
    return tensor


def nearest(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """``values``, each part rounded to the nearest number of ``dtype``'s real part, in the dtype they have."""
    if values.is_complex():
        return torch.view_as_complex(nearest(torch.view_as_real(values.resolve_conj()), dtype))
    return values.to(REAL.get(dtype, dtype)).to(values.dtype)


def largest(tensors: Iterable[torch.Tensor]) -> float:
    """The largest finite magnitude in ``tensors``; zero where there is none."""
    sizes = (t.detach().abs().nan_to_num(nan=0.0, posinf=0.0).max().item() for t in tensors if t.numel())
    return max(sizes, default=0.0)


def ulp(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Elementwise unit in the last place of ``dtype`` at float64 ``values`` (real, finite), float64."""
    form = Format.of(dtype)
    _, exponent = torch.frexp(values.abs().clamp(min=form.normal))
    return torch.ldexp(torch.full_like(values, form.unit), exponent)


def inner(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """The real inner product Re sum conj(left) right, 0-d: the pairing that torch's complex gradients use."""
    if left.is_complex() or right.is_complex():
        return torch.vdot(left.flatten().to(torch.complex128), right.flatten().to(torch.complex128)).real
    return torch.dot(left.flatten(), right.flatten())


def paired(pairs: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """The sum of the inner products of wide tensors, 0-d float64."""
    zero = torch.zeros((), dtype=torch.float64)  # a tensor: under dispatch, a ZeroTensor cannot be added to a plain 0
    return sum((inner(left, right) for left, right in pairs), zero)
