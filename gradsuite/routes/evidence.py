"""All that the routes say of one sample, each computed on first use and shared by the checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property

import numpy as np
import torch

from gradsuite.errors import Unsupported
from gradsuite.numerics.blame import Ballot, blame
from gradsuite.numerics.estimate import RESOLUTION, Estimate
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import Format, inner, paired, widen
from gradsuite.results import Culprit, Says
from gradsuite.routes import differences, formula, forward_mode, graph, natural, overwriting, reverse
from gradsuite.routes.alone import Located
from gradsuite.routes.line import Line, flat
from gradsuite.routes.localise import locate
from gradsuite.routes.natural import Natural
from gradsuite.routes.point import Point
from gradsuite.routes.slope import Slope
from gradsuite.sample import Sample, Subject


class Evidence:
    """The routes at one point. ``dtype`` is the tested dtype; numbers are float64 unless said otherwise.

    ``pinned`` names the one comparison that is asked for while a failure is shrunk: a check may leave out the others.
    """

    def __init__(self, subject: Subject, sample: Sample, pinned: str = "") -> None:
        self.subject, self.sample, self.pinned = subject, sample, pinned
        self.point = Point(subject, sample)

    @cached_property
    def dtype(self) -> torch.dtype:
        """The tested dtype: that of the differentiable inputs."""
        return self.point.dtype

    @cached_property
    def is_wide(self) -> bool:
        """Whether the tested dtype is float64 or complex128 itself."""
        return self.point.wide is self.point

    @property
    def is_surrogate(self) -> bool:
        """Whether the declared derivative is, on purpose, not that of the op's values."""
        return self.subject.definition is not None and self.subject.definition.surrogate is not None

    @property
    def resolution(self) -> float:
        """The smallest relative mistake that this dtype's own rounding lets anybody see."""
        return max(RESOLUTION, 8 * natural.CONFIDENCE * Format.of(self.dtype).unit)

    @cached_property
    def overwritten(self) -> tuple[overwriting.Overwritten, ...]:
        """What the op, called as it is, changes that is not its own."""
        return overwriting.overwritten(self.subject.original or self.subject, self.sample, self.point.tensors)

    @property
    def overwrites(self) -> bool:
        """Whether it changes anything here, in the tested dtype or in the widest; what it raises is told elsewhere."""
        for twin in (self,) if self.is_wide else (self, self.wide):
            with suppress(Exception):
                if twin.overwritten:
                    return True
        return False

    @property
    def unshielded(self) -> Point:
        """The op as it is, at copies of what it would overwrite."""
        if self.subject.original is None:
            return self.point
        return overwriting.on_copies(Point(self.subject.original, self.sample), self.point.tensors)

    # Gradients, tensor by tensor.

    @cached_property
    def gradients(self) -> dict[str, torch.Tensor]:
        """Reverse mode in the tested dtype."""
        return reverse.gradients(self.point)

    @cached_property
    def reference(self) -> dict[str, torch.Tensor]:
        """Reverse mode in float64 at the same values."""
        return self.gradients if self.is_wide else reverse.gradients(self.point.wide)

    @cached_property
    def formula(self) -> formula.Formula | None:
        """The declared formulas in balls, where a derivative is declared for every input that can have one."""
        definition = self.subject.definition
        if definition is None or not (definition.derivative or definition.forward):
            return None
        if self.point.selected and set(self.point.names) - set(definition.derivative):
            return None
        return formula.Formula(definition, self.point)

    @cached_property
    def truth(self) -> dict[str, torch.Tensor]:
        """The gradients to believe, float64: the declared formula's, else float64 reverse mode's."""
        if self.formula is None:
            return self.reference
        return {
            name: torch.as_tensor(midpoints).reshape(self.gradients[name].shape)
            for name, midpoints in zip(self.formula.gradients, formula.tensors(self.formula.gradients), strict=True)
        }

    @cached_property
    def natural(self) -> Natural:
        """Natural errors of outputs (``output 0``), gradients (``gradient x``) and of the ``slope`` <t, vjp(ct)>."""
        return self._with_formula(self._through_op(natural.RUNS))

    @cached_property
    def inherent(self) -> Natural:
        """The same without the roundings that a hand-written backward's own arithmetic makes: what all must make."""
        if not graph.is_written_in_python(self.point):
            return self.natural
        return self._with_formula(self._through_op(natural.RUNS, inherent=True))

    @cached_property
    def glimpse(self) -> Natural:
        """The inherent error through the op from one run: never larger, so that what agrees within it agrees."""
        return self.__dict__.get("inherent") or self._through_op(1, inherent=True)

    def _through_op(self, runs: int, *, inherent: bool = False) -> Natural:
        found = natural.natural_error(self.point, _first_order, runs=runs, inherent=inherent)
        return found if self.formula is not None else natural.with_floor(found, self.point)

    def _with_formula(self, found: Natural) -> Natural:
        definition = self.subject.definition
        if definition is None or self.formula is None:
            return found
        computed = formula.as_computation(definition)
        return natural.larger(found, natural.natural_error(self.point, computed, salt=1, pure=True))

    @cached_property
    def trembling(self) -> Mapping[str, torch.Tensor]:
        """How far the same numbers move in float64 where the inputs differ by roundings alone."""
        return natural.trembling(self.point, _first_order)

    # One number: <t, vjp(ct)> = <ct, J t>.

    @cached_property
    def scale(self) -> float:
        """The natural magnitude of the slope: sum |t| |g|, or sum |ct| |y| where the gradient is zero."""
        total = self._paired[1]
        return total if total > 0 else self.output_scale

    @cached_property
    def _paired(self) -> tuple[float, float]:
        """sum t g and sum |t g| in float64, real and imaginary parts apart."""
        tangents = flat(list(self.point.tangents.values()))
        gradients = flat([self.gradients[name] for name in self.point.tangents])
        with np.errstate(all="ignore"):
            products = tangents * gradients
            return float(products.sum()), float(np.abs(products).sum())

    @cached_property
    def output_scale(self) -> float:
        """sum |ct| |y|."""
        pairs = zip(self.point.wide.cotangents, self.point.select(self.point.outputs), strict=True)
        return float(sum((ct.abs() * widen(y).abs()).nan_to_num(posinf=0.0).sum().item() for ct, y in pairs))

    @cached_property
    def reverse_slope(self) -> float:
        """<t, g> with the gradient in the tested dtype, summed in float64."""
        return self._paired[0]

    @cached_property
    def reverse_vote(self) -> Estimate:
        """The reverse slope with the natural error of computing it in the tested dtype."""
        return Estimate(self.reverse_slope, self.natural.bound("slope").item() + self._vanishing)

    @property
    def _vanishing(self) -> float:
        """What a gradient that underflows may take from the slope, u' sum |t| with the smallest number u'."""
        tangents = self.point.wide.tangents.values()
        return Format.of(self.dtype).subnormal * sum(t.abs().sum().item() for t in tangents)

    @cached_property
    def reference_vote(self) -> Estimate:
        """The slope of float64 reverse mode."""
        pairs = ((self.reference[name], t) for name, t in self.point.wide.tangents.items())
        value = float(sum(inner(g, t).item() for g, t in pairs))
        return Estimate(value, self.natural.bound("slope").item() * self._share_of_wide)

    @property
    def _share_of_wide(self) -> float:
        """How much smaller natural errors are in float64, or in what the op computes in there."""
        best = self.point.wide.computes_in or torch.float64
        return min(1.0, Format.of(best).unit / Format.of(self.dtype).unit)

    @cached_property
    def line(self) -> Line:
        """The op along the tangent."""
        return Line(self.point)

    @cached_property
    def quick(self) -> Slope:
        """Differences, four evaluations."""
        return differences.quick(self.line)

    @cached_property
    def thorough(self) -> Slope:
        """Differences with measured noise and one-sided slopes."""
        return differences.thorough(self.line)

    @property
    def known_noise(self) -> float:
        """The noise of <ct, f>, three standard deviations, as far as the long tableau had to measure it; else zero."""
        return self.thorough.noise if "thorough" in self.__dict__ else 0.0

    @property
    def blur(self) -> float:
        """The error of <ct, f> that is natural: that of the outputs, as the op itself is shaken."""
        return Line(self.point, errors=self.output_errors(self.natural)).blur

    @cached_property
    def parts(self) -> dict[tuple[object, ...], Slope]:
        """Thorough differences along parts of the tangent, by what moves; a mutant shares them with the op."""
        return {}

    def part(self, line: Line, *moves: object) -> Slope:
        """Thorough differences along ``line``, computed once for what ``moves`` in it."""
        if moves not in self.parts:
            self.parts[moves] = differences.thorough(line)
        return self.parts[moves]

    def output_errors(self, natural: Natural) -> list[torch.Tensor]:
        """The errors in float64 of the outputs that carry a gradient, as ``natural`` shows them."""
        errors = [natural.errors[f"output {i}"].cpu() * self._share_of_wide for i in self.point.selected]
        return [error.nan_to_num(nan=0.0, posinf=0.0) for error in errors]

    @cached_property
    def located(self) -> Located:
        """The reverse gradient judged entry by entry, for a joint probe that disagrees."""
        return locate(self)

    @cached_property
    def forward_slope(self) -> float:
        """<ct, J t> by forward mode in the tested dtype; raises Unsupported."""
        pairs = zip(self.point.cotangents, forward_mode.jvp(self.point), strict=True)
        return float(sum(inner(widen(ct), widen(tangent)).item() for ct, tangent in pairs))

    @cached_property
    def forward_vote(self) -> Estimate:
        """The forward-mode slope; raises Unsupported.

        Its bar is that of the reverse slope: the same chain of products, multiplied from the other end. (Stochastic
        arithmetic under forward mode meets ZeroTensors, which crash the interpreter when touched.)
        """
        return Estimate(self.forward_slope, self.natural.bound("slope").item() + self._vanishing)

    @cached_property
    def formula_vote(self) -> Estimate | None:
        """The declared formula's slope."""
        return None if self.formula is None else formula.estimate(self.formula.slope)

    @cached_property
    def proven(self) -> bool | None:
        """Whether the declared derivative is that of the declared forward here; None where nothing decides."""
        if self.formula is None or self.formula.proof is None:
            return None
        gap, digits = self.formula.proof
        if abs(gap.value) > gap.bar:
            return False
        return True if digits > 16 else None

    @cached_property
    def values_agree(self) -> bool | None:
        """Whether the op in float64 computes the declared forward, within the natural error; None without a forward."""
        if self.formula is None or not self.formula.outputs:
            return None
        twin = self.wide
        truths = formula.tensors(self.formula.outputs)
        for i, truth in enumerate(truths):
            apart = (widen(twin.point.outputs[i]) - truth).abs()
            if bool((apart > twin.natural.bound(f"output {i}")).any()):
                return False
        return True

    @property
    def wide(self) -> Evidence:
        """The evidence at the same values in float64; itself where they already are."""
        return self._widened or self

    @cached_property
    def _widened(self) -> Evidence | None:
        return None if self.is_wide else self.at(self.point.wide)

    def at(self, point: Point) -> Evidence:
        """The evidence of the same subject and sample at another point."""
        twin = Evidence(self.subject, self.sample)
        twin.point = point
        return twin

    @property
    def plain(self) -> Evidence:
        """The evidence at the same values, plainly laid out; itself where they are."""
        plain = self.point.plain
        return self if plain is self.point else self.at(plain)

    # Verdicts.

    @cached_property
    def ballot(self) -> Ballot:
        """Every route's vote on the slope, as far as it is to be had."""
        votes = {"reverse": self.reverse_vote, "differences": self.thorough.central, "reference": self.reference_vote}
        if self.is_wide:
            del votes["reference"]
        if self.is_surrogate:
            del votes["differences"]
        with suppress(Unsupported, RuntimeError):
            votes["forward_mode"] = self.forward_vote
        if self.formula_vote is not None:
            votes["formula"] = self.formula_vote
        known = {route: vote for route, vote in votes.items() if math.isfinite(vote.bar) and math.isfinite(vote.value)}
        return Ballot(known, self.proven, self.values_agree)

    def blame(self, accused: str) -> tuple[Culprit, str]:
        """Who is wrong, and one sentence that says why."""
        return blame(self.ballot, accused)

    def says(self, accused: str) -> tuple[Says, ...]:
        """The table of what each route says."""
        return says(self.ballot, accused)


def says(ballot: Ballot, accused: str) -> tuple[Says, ...]:
    """The votes as a table, each with whether it agrees with the route ``accused``."""
    return tuple(
        Says(
            route=route,
            value=f"{vote.value:.17g}",
            bar=f"{vote.bar:.2g}",
            agrees=ballot.agree(accused, route) is not False,
        )
        for route, vote in ballot.votes.items()
    )


def _first_order(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> natural.Numbers:
    if not point.selected:
        return {f"output {i}": output for i, output in enumerate(point.outputs) if _inexact(output)}
    gradients = reverse.gradients(point, cotangents)
    slope = paired((gradients[name], t) for name, t in point.tangents.items())
    numbers = {f"output {i}": output.detach() for i, output in enumerate(point.outputs) if _inexact(output)}
    numbers |= {f"gradient {name}": gradient for name, gradient in gradients.items()}
    return numbers | {"slope": slope}


def _inexact(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()
