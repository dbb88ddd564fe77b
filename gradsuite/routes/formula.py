"""The declared formula in ball arithmetic: rigorous enclosures of the truth, and the proof of the formula itself.

Ball arithmetic (van der Hoeven 2009; Johansson 2017, Arb) gives for each number a midpoint and a radius that
encloses every rounding error made. Inputs are binary floating-point numbers, so they enter exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import flint
import numpy as np
import torch

from gradsuite.numerics.estimate import Estimate
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import inner, widen
from gradsuite.routes.natural import Computation, Numbers
from gradsuite.routes.point import Point
from gradsuite.routes.room import on_kink
from gradsuite.spec.definition import Definition
from gradsuite.spec.formula import ball_reading, evaluate
from gradsuite.spec.lower import Scope, forward, vjp
from gradsuite.subject import TORCH

BITS = 400  # for a sample of ordinary magnitude
STEP = -120  # the differences step by 2**STEP


class Formula:
    """The formulas of ``definition`` at a point, in balls of BITS bits."""

    def __init__(self, definition: Definition, point: Point) -> None:
        self._definition, self._point = definition, point.wide
        low, self._high = _reach(self._point)
        # Enough bits that no step is lost beside the largest value, nor the largest value's step beside 1.
        self._reading = ball_reading.BallReading(bits=BITS + max(0, self._high) - min(0, low))

    @cached_property
    def _inputs(self) -> dict[str, Any]:
        return {name: None if t is None else _balls(t) for name, t in self._point.tensors.items()}

    @cached_property
    def _draws(self) -> dict[str, Any]:
        return dict(zip(self._definition.draws, map(_balls, self._point.draws), strict=False))

    def _scope(self, inputs: Mapping[str, Any]) -> Scope:
        sample = self._point.sample
        # Where no forward is declared, a derivative may still speak of y: the op's own output.
        own = {} if self._definition.forward else {"y": _balls(self._point.outputs[self._point.selected[0]])}
        return Scope(self._definition, inputs, sample.arguments, sample.symbols, self._draws, self._reading, own)

    @cached_property
    def scope(self) -> Scope:
        """The scope at the point itself."""
        return self._scope(self._inputs)

    @cached_property
    def outputs(self) -> dict[str, np.ndarray]:
        """The declared forward, by output name; empty where none is declared."""
        return forward(self._definition, self.scope)

    @cached_property
    def cotangents(self) -> dict[str, np.ndarray]:
        """The point's cotangents by output name."""
        return {name: _balls(ct) for name, ct in _named(self._definition, self._point, self._point.cotangents).items()}

    @cached_property
    def gradients(self) -> dict[str, np.ndarray]:
        """The declared derivative lowered to a VJP, by input name."""
        return self.vjp(self.scope, self.cotangents)

    def vjp(self, scope: Scope, cotangents: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The VJP in any scope, for the differentiable inputs."""
        derivative = self._definition.derivative
        return {name: vjp(derivative[name], name, scope, cotangents) for name in self._point.names}

    @cached_property
    def slope(self) -> Any:
        """<t, vjp(ct)> as a ball."""
        with self._reading.working():
            return _pair(self._tangents, self.gradients)

    @cached_property
    def _tangents(self) -> dict[str, np.ndarray]:
        return {name: _balls(t) for name, t in self._point.tangents.items()}

    @cached_property
    def proof(self) -> tuple[Estimate, float] | None:
        """Declared derivative minus difference of the declared forward, with its bar, and the digits they share.

        Central differences along the tangent at 2**-120 and 2**-121: their distance is three times the
        truncation error that is left. None on a kink, declared or met, where there is no derivative to prove.
        """
        if self._on_kink or not (self._definition.forward or self._definition.surrogate):
            return None
        with self._reading.working():
            slopes = self._slopes(self._forward_along)
            return None if slopes is None else _compare(self.slope, *slopes, self._scale)

    @cached_property
    def _on_kink(self) -> bool:
        return any(mask.any() for mask in on_kink(self._definition, self._point.sample, self._point.tensors))

    @cached_property
    def curvature(self) -> Any:
        """d/dh <t, vjp(x + h w)> by differences of the declared VJP along the second tangent; None on a kink."""
        if self._on_kink:
            return None
        with self._reading.working():
            slopes = self._slopes(self._gradient_along)
            return None if slopes is None else slopes[1] + (slopes[1] - slopes[0]).union(slopes[0] - slopes[1])

    def _forward_along(self, step: Any) -> Any:
        """<ct, f(x + step t)>."""
        return _pair(self.cotangents, self._declared(self._moved(step, self._tangents)))

    def _gradient_along(self, step: Any) -> Any:
        """<t, vjp(x + step w)>."""
        along = {name: _balls(t) for name, t in self._point.second_tangents.items()}
        return _pair(self._tangents, self.vjp(self._moved(step, along), self.cotangents))

    def _slopes(self, line: Callable[[Any], Any]) -> tuple[Any, Any] | None:
        """Central differences of ``line`` at a step and at half of it; None where it has a kink at 0.

        The one-sided slopes of a smooth line differ by about the step; those of a kink by much more than that.
        """
        h = flint.arb(2) ** (STEP - max(0, self._high))
        ends, halves = ((line(step), line(-step)) for step in (h, h / 2))
        middle = line(flint.arb(0))
        bend = abs((ends[0] - middle) - (middle - ends[1])) / h
        slopes = (ends[0] - ends[1]) / (2 * h), (halves[0] - halves[1]) / h
        if bend > abs(slopes[0]) * flint.arb(2) ** (STEP // 2) and bend > flint.arb(2) ** STEP:
            return None
        return slopes

    def _moved(self, step: Any, along: Mapping[str, Any]) -> Scope:
        return self._scope({**self._inputs, **{name: self._inputs[name] + step * t for name, t in along.items()}})

    def _declared(self, scope: Scope) -> Mapping[str, np.ndarray]:
        if self._definition.surrogate is not None:
            return {"y": evaluate(self._definition.surrogate, scope, self._reading)}
        return forward(self._definition, scope)

    @cached_property
    def _scale(self) -> float:
        """sum |t| |g|, in floats: may overflow to infinity for huge samples."""
        with np.errstate(all="ignore"):
            pairs = (
                (ball_reading.midpoints(self._tangents[n]), ball_reading.midpoints(g))
                for n, g in self.gradients.items()
            )
            return float(sum(np.abs(t * g).sum() for t, g in pairs))


def _reach(point: Point) -> tuple[int, int]:
    """The binary exponents of the smallest and the largest element of the tangents."""
    sizes = torch.cat([t.abs().reshape(-1) for t in point.tangents.values()] or [torch.zeros(0, dtype=torch.float64)])
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return 0, 0
    return math.frexp(sizes.min().item())[1], math.frexp(sizes.max().item())[1]


def _float(ball: Any) -> float:
    """The midpoint as a float; infinite where a float cannot hold it."""
    try:
        return float(ball)
    except OverflowError:
        return math.inf


def _named(definition: Definition, point: Point, cotangents: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Cotangents by the names of the outputs that carry a gradient."""
    names = list(definition.forward) or ["y"]
    return {names[i]: ct for i, ct in zip(point.selected, cotangents, strict=True)}


def _balls(tensor: torch.Tensor) -> Any:
    plain = tensor.detach().resolve_conj().resolve_neg().cpu()
    if plain.is_floating_point():
        plain = plain.to(torch.float64)
    return ball_reading.to_balls(plain.numpy())


def _pair(left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray]) -> Any:
    """Re sum conj(left) right over the names of ``left``, as a ball."""
    total = flint.arb(0)
    for name, a in left.items():
        for x, y in zip(np.asarray(a, object).ravel(), np.asarray(right[name], object).ravel(), strict=True):
            total += _real(x, y)
    return total


def _real(x: Any, y: Any) -> Any:
    if isinstance(x, flint.acb) or isinstance(y, flint.acb):
        x, y = flint.acb(x), flint.acb(y)
        return x.real * y.real + x.imag * y.imag
    return x * y


def _compare(declared: Any, coarse: Any, fine: Any, scale: float) -> tuple[Estimate, float]:
    apart, bar = declared - fine, abs(coarse - fine)
    error = _float(abs(apart).upper())
    limit = _float(bar.upper()) + _float(apart.rad())
    digits = math.log10(scale) - math.log10(error) if error and 0 < scale < math.inf else math.inf
    return Estimate(_float(apart.mid()), limit if math.isfinite(limit) else math.inf), digits


def estimate(ball: Any) -> Estimate:
    """A real ball as a float with its bar, half a unit in the last place included."""
    value, radius = _float(ball.mid()), _float(ball.rad())
    return Estimate(value, radius + abs(value) * 2.0**-53)


def tensors(outputs: Mapping[str, Any]) -> list[torch.Tensor]:
    """Midpoints as float64 or complex128 tensors, in order; NaN where a ball is too wide to tell a float64."""
    return [_told(output) for output in outputs.values()]


def _told(output: Any) -> torch.Tensor:
    middle, radius = torch.as_tensor(ball_reading.midpoints(output)), torch.as_tensor(ball_reading.radii(output))
    if not (middle.is_floating_point() or middle.is_complex()) or not middle.numel():
        return middle
    with_size = middle.abs()
    scale = with_size[torch.isfinite(with_size)].max() if bool(torch.isfinite(with_size).any()) else with_size.max()
    return torch.where(radius <= 2.0**-53 * scale + (radius == 0), middle, torch.nan)


def curvature_as_computation(
    definition: Definition, t: Mapping[str, torch.Tensor], w: Mapping[str, torch.Tensor]
) -> Computation:
    """<w, d/dx <t, vjp(x; ct)>> by autograd through the declared VJP in torch."""

    def compute(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
        leaves = point.leaves()
        draws = dict(zip(definition.draws, map(widen, point.draws), strict=False))
        own = {} if definition.forward else {"y": point.outputs[point.selected[0]]}
        scope = Scope(definition, leaves, point.sample.arguments, point.sample.symbols, draws, TORCH, own)
        weights = _named(definition, point, cotangents)
        with torch.enable_grad():
            first = {n: torch.as_tensor(vjp(definition.derivative[n], n, scope, weights)) for n in point.names}
            slope = sum(inner(g, t[n]) for n, g in first.items() if n in t and g.requires_grad)
        if not isinstance(slope, torch.Tensor):
            return {"curvature": torch.zeros((), dtype=torch.float64)}
        wanted = [leaf for name in point.names if (leaf := leaves[name]) is not None]
        second = torch.autograd.grad(slope, wanted, allow_unused=True)
        pairs = [(g, w[n]) for n, g in zip(point.names, second, strict=True) if n in w and g is not None]
        return {"curvature": torch.as_tensor(sum(inner(g, w) for g, w in pairs), dtype=torch.float64)}

    return compute


def as_computation(definition: Definition) -> Computation:
    """The declared formulas as a computation in torch, whose natural error sees every operation they name."""

    def compute(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
        draws = dict(zip(definition.draws, map(widen, point.draws), strict=False))
        own = {} if definition.forward else {"y": point.outputs[point.selected[0]]}
        scope = Scope(definition, point.tensors, point.sample.arguments, point.sample.symbols, draws, TORCH, own)
        outputs = forward(definition, scope)
        weights = _named(definition, point, cotangents)
        numbers = {f"output {i}": torch.as_tensor(output) for i, output in enumerate(outputs.values())}
        if not point.selected:
            return numbers
        gradients = {name: vjp(definition.derivative[name], name, scope, weights) for name in point.names}
        numbers |= {f"gradient {name}": torch.as_tensor(gradient) for name, gradient in gradients.items()}
        slope = sum(inner(torch.as_tensor(gradients[name]), t) for name, t in point.tangents.items())
        return numbers | {"slope": torch.as_tensor(slope, dtype=torch.float64)}

    return compute
