"""What a callable is asked before it is judged: whether it takes such inputs, and whether its gradient fits there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gradsuite import checks
from gradsuite.flight import FLIGHT, OutOfTime
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.directions import signed
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import copied
from gradsuite.routes.point import Point
from gradsuite.sample import Sample, Subject
from gradsuite.survival import survives

Tensors = Mapping[str, Tensor]
LONGEST = 5.0  # seconds of judging a gradient; it is not known whether it is right by then


@dataclass(frozen=True)
class Asked:
    """The callable ``subject``, asked at inputs by name; those in ``constant`` are not differentiated."""

    subject: Subject
    constant: Collection[str]

    def sample(self, tensors: Tensors) -> Sample:
        """``tensors`` as a sample, in memory of their own: the callable may overwrite them."""
        names = tuple(name for name in tensors if name not in self.constant)
        return Sample({name: copied(x.detach()) for name, x in tensors.items()}, {}, names, seed=0)

    def refusal(self, tensors: Tensors) -> str:
        """Why the callable, its backward or the given domain refuses ``tensors``; empty where none does."""
        sample = self.sample(tensors)
        try:
            if not self.subject.admits(sample.tensors):
                return "outside the given domain"
            if _may_index(sample) and not survives(lambda: self._differentiated(self.sample(tensors))):
                return "it kills the interpreter"
            self._differentiated(sample)
        except Exception as error:  # whatever it is, the callable does not take such inputs
            return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
        return ""

    def _differentiated(self, sample: Sample) -> None:
        """Calls the callable and its backward."""
        with torch.enable_grad():
            leaves, outputs = Point(self.subject, sample).graph
            chosen = [output for output in outputs if output.requires_grad]
            weights = [signed(output.detach(), (0, 0, place)) for place, output in enumerate(chosen)]
            wanted = [leaf for name in sample.differentiable if (leaf := leaves[name]) is not None]
            if chosen:
                torch.autograd.grad(chosen, wanted, weights, allow_unused=True)

    def _values(self, tensors: Tensors) -> tuple[Tensor, ...]:
        sample = self.sample(tensors)
        with torch.no_grad():
            return self.subject.call(sample.tensors, sample)

    def agree(self, one: Tensors, other: Tensors) -> bool:
        """Whether the callable takes both, and its values are the same to the bit."""
        if self.refusal(one) or self.refusal(other):
            return False
        return all(map(torch.equal, self._values(one), self._values(other)))

    def mirrors(self, one: Tensors, other: Tensors) -> bool:
        """Whether the callable takes both, and its values are the same to the bit but for their signs."""
        if self.refusal(one) or self.refusal(other):
            return False
        pairs = zip(self._values(one), self._values(other), strict=True)
        return all(torch.equal(y.abs(), z.abs()) for y, z in pairs)

    def is_finite(self, tensors: Tensors) -> bool:
        """Whether the callable and its backward take ``tensors``, and its values are finite there."""
        if self.refusal(tensors):
            return False
        outputs = self._values(tensors)
        return all(bool(torch.isfinite(o).all()) for o in outputs if o.is_floating_point() or o.is_complex())

    def has_finite_gradients(self, tensors: Tensors) -> bool:
        """Whether reverse mode gives finite numbers at ``tensors``, which must be taken."""
        gradients = Evidence(self.subject, self.sample(tensors)).gradients
        return all(bool(torch.isfinite(gradient.abs()).all()) for gradient in gradients.values())

    def is_right(self, tensors: Tensors) -> bool:
        """Whether reverse mode agrees with differences at ``tensors``; not where no output carries a gradient."""
        return self._told(self.sample(tensors), lambda agreement: agreement is Agreement.AGREE, otherwise=False)

    def fits(self, name: str, tensors: Tensors) -> bool:
        """Whether the callable takes ``tensors``, and its gradient for one input does not disagree with differences."""
        if self.refusal(tensors):
            return False
        return self._told(self._moving(name, tensors), lambda told: told is not Agreement.DISAGREE, otherwise=True)

    def confirms(self, name: str, tensors: Tensors) -> bool:
        """Whether the callable takes ``tensors``, and its gradient for one input agrees with differences.

        Or is not finite: that is wrong wherever values are, and no sign that they are not meant.
        """
        if self.refusal(tensors):
            return False
        if not self.has_finite_gradients(tensors):
            return True
        return self._told(self._moving(name, tensors), lambda told: told is Agreement.AGREE, otherwise=False)

    def _moving(self, name: str, tensors: Tensors) -> Sample:
        return replace(self.sample(tensors), differentiable=(name,))

    def _told(self, sample: Sample, good: Callable[[Agreement], bool], *, otherwise: bool) -> bool:
        with suppress(Exception, OutOfTime), FLIGHT.within(LONGEST):  # whatever the callable raises, nothing is known
            return all(good(found.agreement) for found in checks.get("reverse").compare(Evidence(self.subject, sample)))
        return otherwise


def _may_index(sample: Sample) -> bool:
    """Whether an input holds integers, which a kernel may take for places in memory."""
    given = (t for t in sample.tensors.values() if t is not None)
    return any(not (t.is_floating_point() or t.is_complex() or t.dtype == torch.bool) for t in given)
