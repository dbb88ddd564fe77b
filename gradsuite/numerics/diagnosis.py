"""What a mistake looks like: the wrong Jacobian fitted to the mistakes that people make.

Each hypothesis turns the true Jacobian into what a well-known mistake would make of it; the first one that
explains what was seen, alone or times a constant factor, is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from gradsuite.numerics.precision import Format

FLAT = "the values are flat here and the gradient is not: where that is meant, declare the surrogate"


@dataclass(frozen=True)
class Fit:
    """Two Jacobians, outputs x inputs flattened, and the shapes that their axes stand for."""

    got: torch.Tensor
    truth: torch.Tensor
    bound: torch.Tensor  # elementwise: how far apart they may lie and still be equal
    output_shape: tuple[int, ...]
    input_shape: tuple[int, ...]

    def explains(self, candidate: torch.Tensor) -> bool:
        """Whether ``candidate`` is what was seen, within the bound."""
        slack = self.bound * max(1.0, _ratio(candidate, self.truth))
        return bool(
            ((self.got - candidate).abs() <= slack + 1e3 * Format.of(torch.float64).unit * candidate.abs()).all()
        )


def diagnose(fit: Fit) -> str:
    """What the mistake looks like, or an empty string where nothing fits."""
    if not bool(torch.isfinite(fit.got).all()):
        return "not finite where the true derivative is" if bool(torch.isfinite(fit.truth.abs()).all()) else ""
    if not bool(fit.truth.any()):
        return FLAT if bool(fit.got.any()) else ""
    if fit.explains(torch.zeros_like(fit.truth)):
        return "zero everywhere"
    if fit.explains(fit.truth):
        return ""
    factor = _named_factor(fit, fit.truth)
    if factor:
        return factor
    for name, candidate in _candidates(fit):
        if fit.explains(candidate):
            return name
        factor = _named_factor(fit, candidate)
        if factor:
            return f"{factor}, and {name}"
    return _small(fit)


def _candidates(fit: Fit) -> Iterator[tuple[str, torch.Tensor]]:
    truth, rows, columns = fit.truth, *fit.truth.shape
    if truth.is_complex():
        yield "a conjugate is missing", truth.conj()
    if rows == columns and rows > 1:
        yield "only the diagonal is there", torch.diag(torch.diag(truth))
        yield "the diagonal is missing", truth - torch.diag(torch.diag(truth))
        yield "transposed (the Jacobian)", truth.T
    yield from _moved(fit)
    yield from _blocks(fit)


def _moved(fit: Fit) -> Iterator[tuple[str, torch.Tensor]]:
    """The gradient moved along the axes of the input: transposed, flipped, rolled."""
    shape = fit.input_shape
    cube = fit.truth.reshape(fit.truth.shape[0], *shape)
    if len(shape) >= 2 and shape[-1] == shape[-2] > 1:
        yield "transposed (the last two axes of the gradient)", cube.mT.reshape(fit.truth.shape)
    for axis, size in enumerate(shape):
        if size > 1:
            yield f"flipped along axis {axis}", cube.flip(axis + 1).reshape(fit.truth.shape)
        for shift in range(1, size if size > 2 else 0):
            yield f"rolled by {shift} along axis {axis}", cube.roll(shift, axis + 1).reshape(fit.truth.shape)


def _blocks(fit: Fit) -> Iterator[tuple[str, torch.Tensor]]:
    """Blocks of zeros: columns (inputs that get nothing) or rows (outputs that are not counted)."""
    dead = (fit.got == 0).all(0) & ~(fit.truth == 0).all(0)
    if dead.any():
        where = dead.nonzero().flatten().tolist()
        tail = where == list(range(where[0], dead.numel()))
        name = f"a tail of {len(where)} zeros" if tail else f"zero at elements {_few(where)}"
        yield name, fit.truth * ~dead
    silent = (fit.got == 0).all(1) & ~(fit.truth == 0).all(1)
    if silent.any():
        yield f"blind to outputs {_few(silent.nonzero().flatten().tolist())}", fit.truth * ~silent[:, None]
    for axis, size in enumerate(fit.input_shape):
        if size > 1:
            cube = fit.truth.reshape(fit.truth.shape[0], *fit.input_shape)
            spread = cube.sum(axis + 1, keepdim=True).expand_as(cube).reshape(fit.truth.shape)
            yield f"summed over axis {axis} and spread again", spread


def _named_factor(fit: Fit, candidate: torch.Tensor) -> str:
    """A constant factor between ``candidate`` and what was seen, in words; empty where there is none."""
    weight = (candidate.abs() ** 2).sum().item()
    if not weight or not math.isfinite(weight):
        return ""
    factor = ((candidate.conj() * fit.got).sum() / weight).real.item()
    if not math.isfinite(factor) or not fit.explains(candidate * factor):
        return ""
    return factor_in_words(
        factor, {"the number of inputs": fit.truth.shape[1], "the number of outputs": fit.truth.shape[0]}
    )


def factor_in_words(factor: float, counts: dict[str, int]) -> str:
    """``-1`` is "the sign is flipped", 2 "2 times too large", 1/N "divided by N, the number of inputs"."""
    sign = "the sign is flipped" if factor < 0 else ""
    size = abs(factor)
    if _near(size, 1):
        return sign
    words = f"{size:.4g} times too large" if size > 1 else f"{1 / size:.4g} times too small"
    for name, count in counts.items():
        if count > 2 and (_near(size, count) or _near(size * count, 1)):
            words += f" ({count} is {name})"
            break
    return f"{sign}, and {words}" if sign else words


def _small(fit: Fit) -> str:
    """An error of the size of a narrower format's roundoff."""
    scale = fit.truth.abs().max().item()
    worst = (fit.got - fit.truth).abs().max().item()
    single, half = Format.of(torch.float32).unit, Format.of(torch.float16).unit
    if not scale or worst / scale > 8 * half:
        return ""
    return "an error of the size of float32's roundoff" if worst / scale <= 16 * single else "a small relative error"


def _ratio(candidate: torch.Tensor, truth: torch.Tensor) -> float:
    reference = truth.abs().max().item() if truth.numel() else 0.0
    size = candidate.abs().max().item() if candidate.numel() else 0.0
    return size / reference if reference and math.isfinite(size / reference) else 1.0


def _near(value: float, target: float) -> bool:
    return abs(value - target) <= 2**-7 * target


def _few(indices: list[int]) -> str:
    shown = ", ".join(map(str, indices[:6]))
    return shown + (", ..." if len(indices) > 6 else "")
