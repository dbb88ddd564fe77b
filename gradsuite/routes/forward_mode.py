"""Forward mode: what the JVP rules say, by dual numbers (torch.autograd.forward_ad)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.autograd import forward_ad

from gradsuite.errors import Unsupported
from gradsuite.routes.graph import custom
from gradsuite.routes.point import Point

UNSUPPORTED = (
    "forward AD",
    "forward mode AD",
    "jvp is not implemented",
    "Trying to use forward",
    "You must implement the jvp",
    "must implement the jvp",
)
REGISTERED = "GeneratedBackwardFor_"  # how the nodes of torch.library.register_autograd are called
DROPS = "torch.library.register_autograd has no forward mode: torch drops the tangent of such an op, and says nothing"


def jvp(point: Point, tangents: Mapping[str, torch.Tensor] | None = None) -> list[torch.Tensor]:
    """The Jacobian-vector product along ``tangents``, one tensor for each output that carries a gradient.

    The point's own tangents unless given; an input that is left out does not move.

    Raises Unsupported where the op has no forward-mode rule, or torch does not ask for it.
    """
    if not point.selected:
        raise Unsupported("no output carries a gradient")
    if any(node.name().startswith(REGISTERED) for node in custom(point)):
        raise Unsupported(DROPS)
    try:
        with torch.no_grad(), forward_ad.dual_level():
            duals = {name: None if t is None else t.detach() for name, t in point.tensors.items()}
            for name, tangent in (point.tangents if tangents is None else tangents).items():
                duals[name] = forward_ad.make_dual(duals[name], tangent)
            outputs = point.select(point.call(duals))
            return [_tangent(output) for output in outputs]
    except (RuntimeError, NotImplementedError) as error:
        if any(words in str(error) for words in UNSUPPORTED):
            raise Unsupported(str(error).splitlines()[0]) from error
        raise


def _tangent(output: torch.Tensor) -> torch.Tensor:
    primal, tangent = forward_ad.unpack_dual(output)
    return torch.zeros_like(primal) if tangent is None else tangent.detach()
