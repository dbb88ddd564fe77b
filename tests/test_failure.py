"""The story of a failure: everything needed to believe it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gradsuite.checks.reverse import compare
from gradsuite.failure import tell
from gradsuite.results import Culprit, Failure
from tests.planted.planted import op
from tests.routes.points import evidence_of, normal

Gradient = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _softmax_with(wrong: Gradient) -> Callable[[torch.Tensor], torch.Tensor]:
    """softmax, with a gradient made by ``wrong`` from the result and the cotangent."""

    class Softmax(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = torch.softmax(x, -1)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, ct):
            return wrong(ctx.saved_tensors[0], ct)

    return Softmax.apply


def _right(y: torch.Tensor, ct: torch.Tensor) -> torch.Tensor:
    return y * (ct - (ct * y).sum(-1, keepdim=True))


WRONG: dict[str, tuple[Gradient, str]] = {
    "flipped sign": (lambda y, ct: -_right(y, ct), "the sign is flipped"),
    "three times": (lambda y, ct: 3 * _right(y, ct), "3 times too large"),
    "diagonal": (lambda y, ct: ct * y * (1 - y), "only the diagonal"),
    "diagonal, flipped": (lambda y, ct: ct * (y * y - y), "the sign is flipped, and only the diagonal"),
    "zero": (lambda y, ct: torch.zeros_like(y), "zero everywhere"),
    "rolled": (lambda y, ct: _right(y, ct).roll(1, -1), "rolled by 1"),
    "relu of the cotangent": (lambda y, ct: _right(y, ct.relu()), "only positive cotangents count"),
    "last entry": (lambda y, ct: _right(y, ct) * (torch.arange(4) < 3), "tail of 1 zeros"),
}


def _told(wrong: Gradient, seed: int = 3) -> Failure:
    evidence = evidence_of(_softmax_with(wrong), normal(4, seed=seed), seed=seed)
    (found,) = compare(evidence)
    return tell(evidence, found, op="", replay="again")


@pytest.mark.parametrize("mistake", WRONG)
def test_a_story_says_what_the_mistake_looks_like(mistake: str) -> None:
    wrong, words = WRONG[mistake]
    failure = _told(wrong)
    assert failure.culprit is Culprit.BACKWARD
    assert words in failure.hint


def test_a_story_is_complete() -> None:
    failure = _told(WRONG["diagonal"][0])
    assert failure.comparison and failure.sentence and failure.replay == "again"
    assert {said.route for said in failure.says} >= {"reverse", "differences"}
    assert failure.where and failure.got and failure.expected
    assert failure.picture is not None and (failure.picture.rows, failure.picture.columns) == (4, 4)
    error = [g - t for g, t in zip(failure.picture.got, failure.picture.truth, strict=True)]
    assert error == pytest.approx(failure.picture.error)
    assert len(failure.steps) >= 3 and all(step.size > 0 for step in failure.steps)
    assert Failure.model_validate_json(failure.model_dump_json()) == failure


def test_a_complex_output_of_a_real_input_has_a_row_for_each_part() -> None:
    class Polar(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            ctx.save_for_backward(t)
            return torch.polar(torch.ones_like(t), t)

        @staticmethod
        def backward(ctx, ct):
            (t,) = ctx.saved_tensors
            return (ct * 1j * torch.polar(torch.ones_like(t), t)).real  # ct is not conjugated

    evidence = evidence_of(Polar.apply, torch.tensor([0.0, 1.0]).double())
    told = tell(evidence, next(compare(evidence)), op="polar", replay="")
    assert told.culprit is Culprit.BACKWARD
    assert told.picture is not None and (told.picture.rows, told.picture.columns) == (4, 2)
    assert (told.where, told.got, told.expected) == ("Jacobian of x0, dy[1]/dx0[0] in flat indices", "-1.0", "1.0")


def test_in_a_gradient_too_large_for_a_jacobian_the_wrong_entry_is_told() -> None:
    factors = torch.ones(2, 300, dtype=torch.float64)
    factors[1, 70] = 1.5
    wrong = op(torch.mul, lambda ct, x, w: (ct * w, ct * x * factors))
    evidence = evidence_of(lambda x, w: wrong(x, w), normal(2, 300), normal(2, 300, seed=1))
    told = tell(evidence, next(compare(evidence)), op="", replay="")
    assert told.where == "gradient of x1, flat element 370"
    assert float(told.got) == pytest.approx(1.5 * float(told.expected))
