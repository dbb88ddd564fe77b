"""unfold and fold: the windows of a convolution as columns, and back (im2col, col2im), from index arithmetic.

``unfold`` takes (..., C, *spatial) to (..., C * prod(kernel), L), in the order of torch.nn.functional.unfold;
``fold`` is its adjoint: overlapping windows add up. Any number of spatial axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from flint import arb

from gradsuite.spec.formula import bounds
from gradsuite.spec.formula.balls import array
from gradsuite.spec.formula.bounds import several
from gradsuite.spec.formula.registry import register


@dataclass(frozen=True)
class Windows:
    """Where each window reads: ``table[k, l]`` is the place, in the flattened padded plane, of its k-th value."""

    spatial: tuple[int, ...]
    padding: tuple[int, ...]
    padded: tuple[int, ...]
    table: np.ndarray

    @classmethod
    def over(cls, spatial: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Windows:
        """The windows of a kernel over a plane of these sizes."""
        spatial = tuple(spatial)
        kernel, stride, padding, dilation = (
            several(each, len(spatial)) for each in (kernel, stride, padding, dilation)
        )
        padded = bounds.shape([size + 2 * width for size, width in zip(spatial, padding, strict=True)])
        places = [
            _places(*numbers) for numbers in zip(padded, kernel, stride, dilation, strict=True)
        ]  # one (kernel, windows) array an axis
        bounds.shape([part for each in places for part in each.shape])
        table = np.zeros((1, 1), dtype=np.int64)
        for size, each in zip(padded, places, strict=True):
            grown = table[:, None, :, None] * size + each[None, :, None, :]
            table = grown.reshape(table.shape[0] * each.shape[0], table.shape[1] * each.shape[1])
        return cls(spatial, padding, padded, table)

    @property
    def inner(self) -> Any:
        """The padded plane without its padding."""
        return (..., *(slice(width, width + size) for width, size in zip(self.padding, self.spatial, strict=True)))


def _places(padded: int, kernel: int, stride: int, dilation: int) -> np.ndarray:
    """Along one axis: the place of each kernel element (row) in each window (column)."""
    windows = (padded - dilation * (kernel - 1) - 1) // stride + 1
    if windows <= 0:
        raise ValueError(f"a kernel of {kernel} (dilation {dilation}) does not fit in {padded}")
    return np.arange(kernel)[:, None] * dilation + np.arange(windows) * stride


def _spatial(shape: Any, kernel: Any) -> tuple[int, ...]:
    count = len(shape) - 2 if isinstance(kernel, int) else len(kernel)
    return tuple(shape[len(shape) - count :])


def _unfold_torch(r: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    windows = Windows.over(_spatial(x.shape, kernel), kernel, stride, padding, dilation)
    lead = tuple(x.shape[: x.ndim - len(windows.spatial)])
    pads = [width for each in reversed(windows.padding) for width in (each, each)]
    grown = r.torch.nn.functional.pad(x, pads) if any(pads) else x
    flat = grown.reshape(*lead, prod(windows.padded))
    table = r.torch.from_numpy(windows.table).to(x.device)
    columns = flat[..., table]
    return columns.reshape(*lead[:-1], lead[-1] * table.shape[0], table.shape[1])


def _unfold_balls(r: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    x = array(x)
    windows = Windows.over(_spatial(x.shape, kernel), kernel, stride, padding, dilation)
    lead = x.shape[: x.ndim - len(windows.spatial)]
    grown = _zeros(x, (*lead, *windows.padded))
    grown[windows.inner] = x
    columns = grown.reshape(*lead, prod(windows.padded))[..., windows.table]
    return columns.reshape(*lead[:-1], lead[-1] * windows.table.shape[0], windows.table.shape[1])


def _channels(columns: Any, windows: Windows) -> tuple[int, ...]:
    """The leading sizes of what the columns fold into: (..., C)."""
    kernel, count = windows.table.shape
    if columns.shape[-1] != count or columns.shape[-2] % kernel:
        raise ValueError(f"columns of shape {tuple(columns.shape)} for {count} windows of {kernel} values")
    return (*columns.shape[:-2], columns.shape[-2] // kernel)


def _fold_torch(r: Any, columns: Any, output_size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    windows = Windows.over(
        several(output_size, 1) if isinstance(output_size, int) else output_size, kernel, stride, padding, dilation
    )
    lead = _channels(columns, windows)
    flat = columns.reshape(*lead, windows.table.size)
    table = r.torch.from_numpy(windows.table.ravel()).to(columns.device)
    plane = columns.new_zeros((*lead, prod(windows.padded))).index_add(len(lead), table, flat)
    return plane.reshape(*lead, *windows.padded)[windows.inner]


def _fold_balls(r: Any, columns: Any, output_size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    columns = array(columns)
    windows = Windows.over(
        several(output_size, 1) if isinstance(output_size, int) else output_size, kernel, stride, padding, dilation
    )
    lead = _channels(columns, windows)
    plane = _zeros(columns, (*lead, prod(windows.padded)))
    by_element = columns.reshape(*lead, *windows.table.shape)
    for element, places in enumerate(windows.table):  # within one kernel element no place occurs twice
        plane[..., places] += by_element[..., element, :]
    return plane.reshape(*lead, *windows.padded)[windows.inner]


def _zeros(like: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.full(bounds.shape(shape), arb(0) if like.dtype == object else 0, dtype=like.dtype)


register(
    "unfold",
    "x, kernel, stride=1, padding=0, dilation=1",
    "the windows of a sliding kernel as columns (im2col)",
    torch=_unfold_torch,
    balls=_unfold_balls,
)
register(
    "fold",
    "cols, output_size, kernel, stride=1, padding=0, dilation=1",
    "columns laid back as the windows of a sliding kernel, adding up where they overlap (col2im)",
    torch=_fold_torch,
    balls=_fold_balls,
    rounds=True,
)
