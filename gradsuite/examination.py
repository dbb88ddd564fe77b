"""A callable judged at the very values that it is given: nothing is drawn, and nothing is shrunk."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.overrides import is_tensor_like
from torch.utils._pytree import tree_flatten, tree_unflatten

from gradsuite import checks as known_checks
from gradsuite.devices import kept
from gradsuite.errors import Unsupported
from gradsuite.failure import tell
from gradsuite.inputs.layouts import layout_of
from gradsuite.reporters.text import failure_text
from gradsuite.results import Outcome
from gradsuite.routes.evidence import Evidence
from gradsuite.sample import Sample, Subject
from gradsuite.subject import in_wider_dtypes, outputs
from gradsuite.tally import Tally

DERIVATIVES = ("reverse", "forward_mode")  # the checks that a verdict rests upon
TOLD = 3  # distinct failures of one check that are told
PLAIN = (bool, int, float, complex, str, type(None))  # arguments that a failure shows


@dataclass(frozen=True)
class Verdict:
    """Passed, failed or inconclusive; ``text`` says what failed, or what could not be decided and why."""

    outcome: Outcome
    text: str = ""


def examine(fn: Callable[..., Any], inputs: tuple[Any, ...], checks: Sequence[str]) -> Verdict:
    """Judges the gradient of ``fn(*inputs)`` with respect to the tensors in ``inputs`` that require grad.

    ``inputs`` may hold anything: what is no tensor, or requires no grad, is passed on. ``checks``: names as
    ``gradsuite list --checks`` shows them. Where the inputs are narrow, the same values are judged in the widest dtype,
    too: that sees smaller mistakes.

    What ``fn``, its backward (for the check ``reverse``) and its forward-mode rule (for ``forward_mode``) raise goes to
    the caller. Raises ValueError where no tensor requires grad; Unsupported, with the reason, where only somebody who
    changes the given tensors in place, or looks at sparse ones, could judge, and where ``fn`` takes no other values.
    """
    with _undisturbed():
        evidence = _evidence(fn, inputs)
        if evidence is None:
            return Verdict(Outcome.PASSED)
        _demand(evidence, checks)
        every = [evidence] if evidence.is_wide else [evidence, _widened(evidence)]
        said = [(check, _judge(each, check)) for each in every for check in checks]
        first = [verdict for check, verdict in said if check in DERIVATIVES]
        if first and all(verdict.outcome is Outcome.ERROR for verdict in first):
            raise Unsupported(f"beside the given inputs, or in the widest dtype, the function raises: {first[0].text}")
        return _weigh([verdict for _, verdict in said])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """The host's state is kept; backwards stay on the calling thread, as dispatch modes see only that one."""
    with kept(threads=1), torch.autograd.set_multithreading_enabled(False):
        warnings.simplefilter("ignore")
        yield


def _evidence(fn: Callable[..., Any], inputs: tuple[Any, ...]) -> Evidence | None:
    """Everything known of ``fn`` at ``inputs``; None where it returns only numbers that nobody can differentiate."""
    leaves, structure = tree_flatten(inputs)
    tensors = {f"x{i}": leaf for i, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)}
    wanted = tuple(name for name, tensor in tensors.items() if tensor.requires_grad)
    _refuse_strange(leaves)
    if not wanted:
        raise ValueError("gradcheck expects at least one input tensor to require gradient")
    before = torch.get_rng_state()
    found = outputs(fn(*inputs))
    random = not torch.equal(before, torch.get_rng_state())
    _refuse_strange(found)

    called = in_wider_dtypes(fn)

    def call(moved: Any, sample: Sample) -> tuple[torch.Tensor, ...]:
        with torch.enable_grad():  # fn may differentiate what it is given
            given = dict(moved) | {name: _in_place_of(tensors[name], moved[name]) for name in wanted}
            placed = [given.get(f"x{i}", leaf) for i, leaf in enumerate(leaves)]
            return outputs(called(*tree_unflatten(placed, structure)))

    arguments = {f"x{i}": leaf for i, leaf in enumerate(leaves) if isinstance(leaf, PLAIN)}
    held = {name: tensor.detach() for name, tensor in tensors.items()}
    layouts = {name: layout_of(tensor) for name, tensor in held.items()}
    sample = Sample(held, arguments, wanted, seed=0, profile="example", layouts=layouts)
    evidence = Evidence(Subject(getattr(fn, "__name__", type(fn).__name__), call, random=random), sample)
    _refuse_captured(evidence, found, [tensors[name] for name in wanted])
    return evidence if evidence.point.selected else _of_zero(evidence)


def _in_place_of(original: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
    """``moved``, or a view of it, that requires grad, and that modules register where they register the original."""
    given = moved if moved.requires_grad else moved.view_as(moved)  # a dual number stays one
    with suppress(RuntimeError):  # nothing may be made to require grad inside torch.func.jvp
        given.requires_grad_()
    if isinstance(original, torch.nn.Parameter):
        given._is_param = True
    return given


def _refuse_strange(values: Sequence[Any]) -> None:
    """Raises Unsupported for tensors that are not strided, and for what only looks like a tensor."""
    for value in values:
        if isinstance(value, torch.Tensor):
            if value.layout is not torch.strided:
                raise Unsupported(f"a tensor has the layout {value.layout}")
        elif is_tensor_like(value) and value.requires_grad:
            raise Unsupported(f"{type(value).__name__} is no tensor, but stands for one")


def _refuse_captured(evidence: Evidence, found: Sequence[torch.Tensor], originals: Sequence[torch.Tensor]) -> None:
    """Raises Unsupported where ``fn`` reaches for the caller's own tensors in place of those that it is given."""
    computed = evidence.point.graph[1]
    carrying = [output for output in computed if output.requires_grad]
    same = [output.requires_grad for output in found] == [output.requires_grad for output in computed]
    if carrying:
        weights = [torch.ones_like(output) for output in carrying]
        reached = torch.autograd.grad(carrying, originals, weights, retain_graph=True, allow_unused=True)
        same &= all(gradient is None for gradient in reached)
    if not same:
        raise Unsupported("the function does not use the tensors that it is given, but the caller's own")


def _of_zero(evidence: Evidence) -> Evidence | None:
    """The same with a gradient of zero: that is what outputs that carry none claim."""
    subject, sample = evidence.subject, evidence.sample
    if not any(output.is_floating_point() or output.is_complex() for output in evidence.point.outputs):
        return None

    def call(tensors: Any, sample: Sample) -> tuple[torch.Tensor, ...]:
        nothing = [tensors[name].reshape(-1)[:0].abs().sum() for name in sample.differentiable]
        found = [o for o in subject.call(tensors, sample) if o.is_floating_point() or o.is_complex()]
        return tuple(output + sum(n.to(output) for n in nothing) for output in found)

    return Evidence(Subject(subject.name, call, random=subject.random), sample)


def _widened(evidence: Evidence) -> Evidence:
    """The same values, as if they had been given in the widest dtype."""
    return Evidence(evidence.subject, replace(evidence.sample, tensors=evidence.point.wide.tensors))


def _demand(evidence: Evidence, checks: Sequence[str]) -> None:
    """Takes the derivatives that the checks are about, so that what these raise is not taken for a verdict."""
    try:
        if "forward_mode" in checks:
            _ = evidence.forward_slope
        if "reverse" in checks:
            _ = evidence.gradients
    except Unsupported as error:
        raise error.__cause__ or error from None
    if "reverse" not in checks:
        try:
            _ = evidence.gradients
        except Exception as error:
            raise Unsupported("without a backward the rounding of forward mode is not known") from error


def _judge(evidence: Evidence, name: str) -> Verdict:
    """What one check says; what ``fn`` raises at other values than the given, or in float64, leaves it open."""
    tally, title = Tally(), f"{name} in {str(evidence.dtype).removeprefix('torch.')}"
    tally.add(evidence, known_checks.get(name))
    outcome, reason = tally.verdict()
    told = [failure_text(tell(at, found, op="", replay="")) for at, found in tally.distinct(TOLD)]
    text = "\n\n".join(told) or (reason and f"{title}: {reason}")
    return Verdict(outcome, text)


def _weigh(said: Sequence[Verdict]) -> Verdict:
    """One failure fails; nothing passes that a check could not decide, or that none could."""
    open_ = (Outcome.INCONCLUSIVE, Outcome.ERROR)
    for outcome, kinds in (
        (Outcome.FAILED, (Outcome.FAILED,)),
        (Outcome.INCONCLUSIVE, open_),
        (Outcome.PASSED, (Outcome.PASSED,)),
    ):
        texts = [verdict.text for verdict in said if verdict.outcome in kinds]
        if texts:
            return Verdict(outcome, "\n\n".join(filter(None, texts)))
    return Verdict(Outcome.INCONCLUSIVE, "\n\n".join(verdict.text for verdict in said))
