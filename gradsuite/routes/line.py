"""The op along a line through the point: what differences evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import numpy as np
import torch

from gradsuite.numerics.precision import Format, widen
from gradsuite.routes.point import Point


class Line:
    """<ct, f(x + h t)> as a function of h, in float64, one row of outputs at each h.

    ``errors``, one tensor for each output that carries a gradient, say how far each value is from what the op means to
    compute (``blur`` in all, with what rounding costs a number next to zero); the rounding of the outputs themselves
    comes on top.
    """

    def __init__(
        self,
        point: Point,
        tangents: Mapping[str, torch.Tensor] | None = None,
        errors: Sequence[torch.Tensor] = (),
    ) -> None:
        self.point = point = point.wide
        self._tangents = dict(point.tangents if tangents is None else tangents)
        self._weigh(point.cotangents)
        if errors:
            pairs = zip(errors, point.cotangents, strict=True)
            self.blur += sum((error.cpu() * widen(ct).abs().cpu()).sum().item() for error, ct in pairs)

    def _weigh(self, weights: Sequence[torch.Tensor]) -> None:
        """The outputs are paired with ``weights``, in whose dtypes they are rounded, or in that of the op inside."""
        self.weights = flat(weights)
        least = Format.of(self.point.computes_in or torch.float64).unit
        formats = [Format.of(weight.dtype) for weight in weights]
        pairs = list(zip(map(widen, weights), formats, strict=True))
        self.units = np.abs(flat([weight * max(least, form.unit) for weight, form in pairs]))
        self.blur = float(np.abs(flat([weight * (form.subnormal / 2) for weight, form in pairs])).sum())
        self.blur += self.weights.size * Format.of(torch.float64).subnormal  # products with them may vanish

    @property
    def reach(self) -> float:
        """The largest entry of the tangents."""
        return max((t.abs().max().item() for t in self._tangents.values() if t.numel()), default=0.0)

    @property
    def here(self) -> np.ndarray:
        """The outputs at the point itself."""
        return flat(self.point.select(self.point.outputs))

    def row(self, step: float) -> np.ndarray:
        """The outputs, or NaN where the op refuses its inputs: the step has left its domain."""
        try:
            return self.outputs(step)
        except Exception:  # in whatever words
            if step == 0:
                raise
            return np.full_like(self.weights, np.nan)

    def through(self, offsets: Mapping[str, torch.Tensor]) -> Line:
        """The parallel line through a neighbouring point."""
        twin, tensors = copy(self), dict(self.point.tensors)
        twin.point = self.point.at(tensors | {n: tensors[n] + offset for n, offset in offsets.items()})  # type: ignore[operator]
        return twin

    def shifted(self, step: float) -> dict[str, torch.Tensor | None]:
        """The inputs at x + step t."""
        tensors = dict(self.point.tensors)
        for name, tangent in self._tangents.items():
            tensors[name] = torch.add(tensors[name], tangent, alpha=step)  # type: ignore[arg-type]
        return tensors

    def outputs(self, step: float) -> np.ndarray:
        """All outputs that carry a gradient at x + step t, flat, float64."""
        return flat(self.point.select(self.point.call(self.shifted(step))))


def flat(tensors: Sequence[torch.Tensor]) -> np.ndarray:
    """All elements in a row, float64; of a complex one the real and the imaginary part."""
    rows = [_row(tensor) for tensor in tensors]
    return rows[0] if len(rows) == 1 else np.concatenate(rows)


def _row(tensor: torch.Tensor) -> np.ndarray:
    if tensor.dtype is not torch.float64:
        tensor = widen(tensor)
        tensor = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
    return tensor.numpy(force=True).ravel()
