"""Stochastic arithmetic: what rounding must cost, seen by adding rounding on purpose.

A float64 computation runs under a dispatch mode that perturbs the result of every ATen operation that
rounds as the tested format would: a (1 + u d) + e d' with d, d' uniform in [-1, 1] (Monte Carlo arithmetic,
D. S. Parker, 1997, at the granularity of ATen operations). In float32 a fused kernel moves its results by what it loses
inside, where that is more (numerics.kernels). Operations that only select, move or compare
values are exact in every format and stay exact here; a perturbed copy would break ``==`` in their backward.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import zip_longest
from typing import Any

import torch
from torch.utils._pytree import tree_leaves, tree_map_only

from gradsuite.numerics.dispatch import DispatchMode, is_in_backward
from gradsuite.numerics.kernels import SINGLE, lost_inside
from gradsuite.numerics.precision import Format, nearest

# Families of operations whose results are exact: selection, movement, comparison, creation.
EXACT_NAMES = """
_reshape_alias _to_copy _unsafe_view abs alias amax amin aminmax arange argmax argmin argsort as_strided
bernoulli bitwise_and bitwise_not bitwise_or bitwise_xor broadcast_to bucketize cat ceil clamp clamp_max
clamp_min clone complex conj constant_pad_nd contiguous copy copysign count_nonzero cummax cummin detach diag
diag_embed diagonal_scatter embedding empty empty_like empty_strided eq equal expand exponential eye fill flip
floor fmax fmin full full_like gather ge gt heaviside im2col imag index index_fill index_select isfinite isinf
isnan isneginf isposinf kthvalue le lift_fresh lift_fresh_copy logical_and logical_not logical_or logical_xor
lt masked_fill masked_scatter masked_select max max_pool2d_with_indices max_pool3d_with_indices maximum median
min minimum mode nan_to_num nanmedian native_dropout ne neg new_empty new_empty_strided new_full new_ones
new_zeros nonzero normal one_hot ones ones_like permute pixel_shuffle pixel_unshuffle rand rand_like randint
randn randn_like randperm real reflection_pad1d reflection_pad2d relu repeat replication_pad1d
replication_pad2d resolve_conj resolve_neg roll round scalar_tensor scatter select_backward select_scatter sgn
sign signbit slice_backward slice_scatter sort split split_with_sizes squeeze stack take threshold
threshold_backward topk tril tril_indices triu triu_indices trunc unbind unfold uniform unsqueeze
view_as_complex view_as_real where zero zeros zeros_like
"""
EXACT = frozenset(EXACT_NAMES.split())
# Factorisations and what solves with them, from LAPACK and its like: exact for a matrix that lies within roundings of
# the given one's largest entry, not of each entry (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
# chapters 9, 10 and 19; Golub and Van Loan, Matrix Computations, 2013, section 8.7). It takes as many roundings as the
# matrix has rows or columns: p(n) u max|A| with p(n) = n is typical (LAPACK Users' Guide, 1999, section 4.1; eigh of
# random matrices of 3, 5 and 10 rows errs by 3, 5 and 7 times what p(n) = 1 would give, in the median).
NORMWISE_NAMES = """
_linalg_det _linalg_eigh _linalg_slogdet _linalg_solve_ex _linalg_svd cholesky_inverse cholesky_solve linalg_cholesky_ex
linalg_eig linalg_eigvals linalg_inv_ex linalg_ldl_factor_ex linalg_lstsq linalg_lu linalg_lu_factor_ex linalg_lu_solve
linalg_matrix_exp linalg_pinv linalg_qr
"""
NORMWISE = frozenset(NORMWISE_NAMES.split())
COPIES = ("_to_copy", "copy")  # exact unless the copy is narrower
WIDE = frozenset({torch.float64, torch.complex128})


class Noise(DispatchMode):
    """Perturbs what rounds by the larger of u |a| and the smallest subnormal number, times ``scale``, from a seed.

    ``largest`` is the largest magnitude that any operation produced (infinite where one was not finite): where it
    exceeds what a format holds, an overflow in that format is natural. ``vanished`` says that a result was not zero,
    but nearer to zero than the format's numbers: there it underflows, and what is divided by it overflows.

    Tensors narrower than float64 are left alone, as far as ``inside`` does not say that the computation may round so.
    ``spares_chosen``: so is a result all of whose magnitudes stand among the arguments, of whatever operation: it was
    chosen, not computed. It costs a comparison with every argument.
    ``spares_backward``: so is what a hand-written backward computes, where it does not differentiate a forward again.
    ``rounds_to``: in place of noise each such result is rounded to this dtype, as a computation in it does.
    """

    def __init__(
        self, form: Format, *, scale: float, seed: int, inside: torch.dtype | None = None, spares_chosen: bool = False,
        spares_backward: bool = False, rounds_to: torch.dtype | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._spares_backward, self._rounds_to = spares_backward, rounds_to
        self._spares_chosen = spares_chosen
        self._inside = 0.0 if inside is None else Format.of(inside).unit
        self._unit, self._subnormal, self._scale = form.unit * scale, form.subnormal * scale, scale
        # Kernels of half precision compute in float32 inside, or else lose what they need not; what those of float64
        # lose is less than differences see.
        self._sees_kernels = SINGLE in (form.unit, self._inside)
        self._generator = torch.Generator().manual_seed(seed)
        self.largest, self.vanished, self._smallest = 0.0, False, form.subnormal

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if _family(func) in NORMWISE and self._rounds_to is None:
            args = tree_map_only(torch.Tensor, self._shaken, args)
        given = [x.detach().clone() for x in _numbers(args)] if self._spares_chosen else []
        result = func(*args, **(kwargs or {}))
        if func.is_view or (_family(func) in EXACT and not self._narrows(func, result)):
            return result
        if self._spares_backward and is_in_backward() and _family(func) not in NORMWISE:
            return result
        if given and _is_chosen(result, given):
            return result
        if func._schema.is_mutable:
            return tree_map_only(torch.Tensor, lambda written: written.copy_(self.perturb(written)), result)
        lost = lost_inside(func, args, kwargs or {}) if self._sees_kernels and _family(func) not in NORMWISE else ()
        if isinstance(result, tuple):
            masks = {place for place, each in enumerate(result) if place and _is_mask(each)}
            pairs = enumerate(zip_longest(result, lost[: len(result)]))
            return tuple(each if place in masks else self._spread(each, inside) for place, (each, inside) in pairs)
        return self._spread(result, *lost)

    def _narrows(self, func: Any, result: Any) -> bool:
        """Whether a copy rounds to a narrower dtype, as the computation may."""
        return _family(func) in COPIES and result.dtype not in WIDE and self._unit_of(result.dtype) > 0

    def _unit_of(self, dtype: torch.dtype) -> float:
        """How far rounding in ``dtype`` goes, relative to a number; zero where it is left alone."""
        if dtype in WIDE:
            return self._unit
        if not (dtype.is_floating_point or dtype.is_complex) or Format.of(dtype).unit > self._inside:
            return 0.0
        # Twice a rounding: the sum is rounded to the dtype again, and half a unit would mostly be lost in that.
        return max(self._unit, 2 * Format.of(dtype).unit * self._scale)

    def _spread(self, result: Any, lost: torch.Tensor | None = None) -> Any:
        if isinstance(result, torch.Tensor):  # nearly always
            return self.perturb(result, lost)
        return tree_map_only(torch.Tensor, lambda tensor: self.perturb(tensor, lost), result)

    def perturb(self, tensor: torch.Tensor, lost: torch.Tensor | None = None) -> torch.Tensor:
        """``tensor`` with one rounding of the tested format in every element; others pass unchanged.

        ``lost``: how many units of one it is off by in each element, where that is more.
        """
        unit = self._unit_of(tensor.dtype)
        if not unit or not tensor.numel():
            return tensor
        if tensor.layout != torch.strided or tensor._is_zerotensor() or tensor.is_meta:
            return tensor
        if self._rounds_to is not None:
            return nearest(tensor, self._rounds_to)
        size = tensor.detach().abs()
        self._observe(size)
        # A result that is exactly zero is exact in every format: it gets no underflow error. So is an infinity.
        error = (size.double() * unit).clamp_(min=self._subnormal).mul_(size.sign())
        if lost is not None and lost.shape == error.shape:
            error = torch.maximum(error, lost * unit)
        if math.isinf(self.largest):
            error.masked_fill_(error.isinf(), 0.0)
        return (tensor + error * self._draw(tensor)).to(tensor.dtype)

    def _shaken(self, matrices: torch.Tensor) -> torch.Tensor:
        """``matrices`` with roundings of the largest entry of each in every element, one for each of its rows."""
        unit = self._unit_of(matrices.dtype)
        if not unit or matrices.dim() < 2 or not matrices.numel():
            return matrices
        largest = matrices.detach().abs().amax((-2, -1), keepdim=True).nan_to_num(posinf=0.0)
        error = unit * max(matrices.shape[-2:]) * largest
        return (matrices + error * self._draw(matrices)).to(matrices.dtype)

    def shake(self, tensor: torch.Tensor, error: torch.Tensor) -> torch.Tensor:
        """``tensor`` moved by up to ``error``, elementwise: for an error that is known and not made by an operation."""
        return tensor + self._scale * error.nan_to_num(nan=0.0, posinf=0.0) * self._draw(tensor)

    def _draw(self, tensor: torch.Tensor) -> torch.Tensor:
        """Uniform in [-1, 1], in the shape of ``tensor`` and on its device; complex: in both parts."""
        parts = (2,) if tensor.is_complex() else ()
        uniform = torch.empty((*tensor.shape, *parts), dtype=torch.float64)
        uniform.uniform_(-1.0, 1.0, generator=self._generator)
        return (torch.view_as_complex(uniform) if parts else uniform).to(tensor.device)

    def _observe(self, size: torch.Tensor) -> None:
        least, magnitude = (bound.item() for bound in torch.aminmax(size))
        self.largest = max(self.largest, magnitude if magnitude == magnitude else math.inf)
        if not (self.vanished or least >= self._smallest):
            self.vanished = bool(((size > 0) & (size < self._smallest)).any())


def _numbers(tree: Any) -> list[torch.Tensor]:
    """The tensors of floating-point or complex numbers in ``tree``."""
    leaves = (leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor))
    return [leaf for leaf in leaves if leaf.is_floating_point() or leaf.is_complex()]


def _is_chosen(result: Any, given: list[torch.Tensor]) -> bool:
    """Whether every magnitude in ``result`` is one of those in ``given``."""
    among = torch.cat([x.abs().double().flatten() for x in given])
    return all(bool(torch.isin(y.detach().abs().double(), among).all()) for y in _numbers(result))


def _is_mask(result: Any) -> bool:
    """Whether what an operation returns beside its result is a mask in numbers: it was chosen, not computed."""
    return isinstance(result, torch.Tensor) and bool(((result == 0) | (result == 1)).all())


@cache
def _family(func: Any) -> str:
    """The operation's name without namespace, overload and in-place mark: ``aten::relu_`` is ``relu``."""
    name: str = func._schema.name.rpartition("::")[2]
    return name if name.startswith("_") else name.rstrip("_")
