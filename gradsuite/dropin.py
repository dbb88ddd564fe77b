"""``gradsuite.gradcheck`` and ``gradsuite.gradgradcheck``: torch's own arguments, gradsuite's verdict.

They judge the very inputs that they are given: no other values are drawn. What gradsuite cannot judge (sparse tensors,
a function that does not use its arguments) torch's own function answers; that, and a verdict that stays open, is logged
under the name ``gradsuite``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch.autograd.gradcheck import GradcheckError

from gradsuite.api import GradientError
from gradsuite.devices import kept
from gradsuite.errors import Unsupported
from gradsuite.examination import Verdict, examine
from gradsuite.numerics.precision import wide
from gradsuite.results import Outcome
from gradsuite.routes.directions import signed

Asked = Mapping[str, Any]  # the arguments of a call, by name
# Held in a mapping: a suite's calls are redirected by rebinding every module's own name for these functions.
TORCH: Mapping[str, Callable[..., bool]] = {
    "gradcheck": torch.autograd.gradcheck,
    "gradgradcheck": torch.autograd.gradgradcheck,
}
IGNORED = "eps, atol and rtol are not used: every bound is derived"
_log = logging.getLogger("gradsuite")


class GradcheckFailure(GradientError, GradcheckError):
    """A gradient is wrong: an error of gradsuite, and of torch's gradcheck."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradient of ``func`` at ``inputs`` is right: ``torch.autograd.gradcheck`` without tolerances.

    The arguments are torch's. ``eps``, ``atol``, ``rtol`` and ``fast_mode`` change nothing, and the inputs may have any
    floating or complex dtype. With ``check_grad_dtypes`` the backward must itself return what the engine would mend;
    with a ``nondet_tol`` above zero the gradient need not repeat. An undecided verdict is no failure, but logged.

    Raises GradcheckFailure where the gradient is wrong, unless ``raise_exception`` is false; whatever ``func``, its
    backward and its forward-mode rule raise; ValueError where no input requires grad.
    """
    asked = dict(locals())
    return settle("gradcheck", asked, judge("gradcheck", asked))


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the gradient of the gradient of ``func`` is right: ``torch.autograd.gradgradcheck`` without tolerances.

    The gradient for the cotangents ``grad_outputs`` (signed ones that require grad, unless given) is itself judged as
    ``gradcheck`` judges a function. Raises what ``gradcheck`` raises.
    """
    asked = dict(locals())
    return settle("gradgradcheck", asked, judge("gradgradcheck", asked))


def judge(name: str, asked: Asked) -> Verdict:
    """The verdict on a call of torch's function called ``name``; unsupported, with the reason, where there is none."""
    if (asked["eps"], asked["atol"], asked["rtol"]) != (1e-6, 1e-5, 1e-3):
        _note_once()
    try:
        call = asked if name == "gradcheck" else _of_gradient(asked)
        inputs = _tuple(call["inputs"])
        verdict = examine(call["func"], inputs, _checks(call, inputs))
        return _batched(call, inputs) if verdict.outcome is Outcome.PASSED else verdict
    except Unsupported as reason:
        return Verdict(Outcome.UNSUPPORTED, str(reason))


def _batched(asked: Asked, inputs: tuple[Any, ...]) -> Verdict:
    """Passed, unless a batch that is asked for gives something else; where vmap refuses, torch says what that is."""
    wanted = {"batching": asked["check_batched_grad"], "batched_tangents": asked["check_batched_forward_grad"]}
    for check in (name for name, is_wanted in wanted.items() if is_wanted):
        batch = examine(asked["func"], inputs, [check])
        if batch.outcome is Outcome.FAILED:
            return batch
        if batch.outcome is not Outcome.PASSED:
            raise Unsupported(batch.text)
    return Verdict(Outcome.PASSED)


def settle(name: str, asked: Asked, verdict: Verdict) -> bool:
    """What the function of torch called ``name`` returns or raises on ``verdict``; its own answer where unsupported."""
    match verdict.outcome:
        case Outcome.UNSUPPORTED:
            _log.warning("torch's own %s answers: %s", name, verdict.text)
            return TORCH[name](**asked)
        case Outcome.FAILED if asked["raise_exception"]:
            raise GradcheckFailure(f"{verdict.text}\n\n({IGNORED})")
        case Outcome.INCONCLUSIVE:
            _log.warning("%s does not decide: %s", name, verdict.text)
    return verdict.outcome is not Outcome.FAILED


@cache
def _note_once() -> None:
    _log.warning(IGNORED)


def _checks(asked: Asked, inputs: tuple[Any, ...]) -> list[str]:
    """The checks that stand for what torch would look at."""
    backward, forward = asked["check_backward_ad"], asked["check_forward_ad"]
    if not (backward or forward):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    narrow = any(t.dtype != wide(t.dtype) for t in inputs if isinstance(t, torch.Tensor) and t.requires_grad)
    chosen = {
        "reverse": backward,
        "cotangent_linearity": backward,
        "precision": backward and narrow,
        "undefined_cotangents": backward,  # torch takes each output alone, whatever check_undefined_grad says
        "determinism": backward and not asked["nondet_tol"],
        "contract": backward and asked["check_grad_dtypes"],
        "forward_mode": forward,
    }
    return [name for name, wanted in chosen.items() if wanted]


def _of_gradient(asked: Asked) -> Asked:
    """A call of gradgradcheck as the call of gradcheck that it means: the function is the gradient."""
    func, inputs = asked["func"], _tuple(asked["inputs"])
    given = asked["grad_outputs"]
    cotangents = _cotangents(func, inputs) if given is None else _tuple(given)
    wanted = [i for i, x in enumerate(inputs) if isinstance(x, torch.Tensor) and x.requires_grad]

    def gradient(*moved: Any) -> tuple[torch.Tensor, ...]:
        primals, weights = moved[: len(inputs)], moved[len(inputs) :]
        sought = [primals[i] for i in wanted]
        found = torch.autograd.grad(_carrying(func(*primals)), sought, weights, create_graph=True, allow_unused=True)
        return tuple(torch.zeros_like(x) if g is None else g for x, g in zip(sought, found, strict=True))

    return {
        **asked,
        "func": gradient,
        "inputs": (*inputs, *cotangents),
        "check_forward_ad": asked["check_fwd_over_rev"],
        "check_backward_ad": asked["check_rev_over_rev"],
        "check_batched_forward_grad": False,
    }


def _cotangents(func: Callable[..., Any], inputs: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
    """A signed cotangent that requires grad for each output that carries a gradient."""
    with kept():
        carrying = _carrying(func(*inputs))
    return tuple(signed(y.detach(), (0, 0, place)).requires_grad_() for place, y in enumerate(carrying))


def _carrying(result: Any) -> list[torch.Tensor]:
    """Those of the outputs that carry a gradient."""
    return [y for y in _tuple(result) if isinstance(y, torch.Tensor) and y.requires_grad]


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)
