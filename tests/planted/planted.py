"""A planted fault beside its right twin, and an op made of the rules that a member writes down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from gradsuite.results import Culprit

HOLE = "PLANTED"


@dataclass(frozen=True)
class Planted:
    """A spec with a hole (``PLANTED``), what is wrong in it, what is right in it, and who is then the culprit.

    ``wrong`` and ``right`` are any text: the name of an op, a formula, a whole line. ``hint`` must stand in what the
    failure says that the mistake looks like.
    """

    fault: str
    spec: str
    wrong: str
    right: str
    culprit: Culprit
    hint: str = ""
    dtype: str = "float64"
    device: str = "cpu"

    @property
    def broken(self) -> str:
        """The spec with the fault in it."""
        return self._filled(self.wrong)

    @property
    def twin(self) -> str:
        """The spec as it should be."""
        return self._filled(self.right)

    def _filled(self, part: str) -> str:
        assert HOLE in self.spec, self.fault
        return f"gradsuite: 1\nname: planted\nsummary: Planted.\nreference: None.\n{self.spec.replace(HOLE, part)}"


def op(
    forward: Callable[..., Any], backward: Callable[..., Any], jvp: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """The op whose rules are ``forward(*inputs)``, ``backward(ct, *inputs)`` and ``jvp(*tangents, *inputs)``.

    Arguments that are no tensors are passed to each of them by keyword.
    """

    class Op(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, arguments: dict[str, Any], *inputs: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)
            ctx.arguments = arguments
            return forward(*inputs, **arguments)

        @staticmethod
        def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
            found = backward(ct, *ctx.saved_tensors, **ctx.arguments)
            return (None, *found) if isinstance(found, tuple) else (None, found)

    if jvp is not None:
        Op.jvp = staticmethod(lambda ctx, _, *tangents: jvp(*tangents, *ctx.saved_tensors, **ctx.arguments))
    return lambda *inputs, **arguments: Op.apply(arguments, *inputs)
