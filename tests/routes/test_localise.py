"""The entry that is wrong is found, and a kink that nobody declared accuses nobody."""

from __future__ import annotations

import pytest
import torch

from gradsuite.checks.reverse import compare
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.alone import _Probe
from gradsuite.routes.localise import locate
from tests.planted.planted import op as planted_op
from tests.routes.points import evidence_of, normal


class OneWrong(torch.autograd.Function):
    """A sine whose gradient is a thousandth too large in the element at flat index 5."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, ct):
        gradient = ct * ctx.saved_tensors[0].cos()
        gradient.view(-1)[5] *= 1.001
        return gradient


class NotBetween(torch.autograd.Function):
    """A relu whose gradient at zero is 2, outside the one-sided slopes 0 and 1."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.relu()

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct * torch.where(x > 0, 1.0, torch.where(x == 0, 2.0, 0.0))


X = torch.tensor([[0.5, -1.25, 2.0, 0.25], [1.5, 0.75, -0.5, 1.0]], dtype=torch.float64)
SLOPES = torch.tensor([9.0, 5.0, 1.0, 2.0], dtype=torch.float64)
WITH_ZEROS = torch.tensor([0.0, 1.0, -2.0, 0.0], dtype=torch.float64)


def test_the_wrong_entry_is_found() -> None:
    found = locate(evidence_of(OneWrong.apply, X))
    assert (found.agreement, found.entry) == (Agreement.DISAGREE, ("x0", 5))


def test_a_right_gradient_has_no_wrong_entry() -> None:
    found = locate(evidence_of(torch.sin, X))
    assert (found.agreement, found.entry) == (Agreement.AGREE, None)


@pytest.mark.parametrize(("op", "agreement"), [(torch.relu, Agreement.AGREE), (NotBetween.apply, Agreement.DISAGREE)])
def test_on_a_kink_the_gradient_must_be_a_subgradient(op, agreement: Agreement) -> None:
    assert locate(evidence_of(op, WITH_ZEROS)).agreement is agreement


@pytest.mark.parametrize(("factor", "agreement"), [(1.0, Agreement.AGREE), (1.01, Agreement.DISAGREE)])
def test_a_period_that_every_step_of_a_huge_argument_meets_hides_nothing(factor: float, agreement: Agreement) -> None:
    def wave(x: torch.Tensor) -> torch.Tensor:
        return x.remainder(4) * (4 - x.remainder(4))

    curved = planted_op(wave, lambda ct, x: factor * ct * (4 - 2 * x.remainder(4)))
    x = torch.tensor([946001858.6697416, 3.0, -149988.04453505974], dtype=torch.float64)
    assert locate(evidence_of(lambda x: curved(x), x)).agreement is agreement


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("x", [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, 1.0]])
def test_the_second_of_equal_numbers_is_right_wherever_it_is_taken(x: list[float], dtype: torch.dtype) -> None:
    """Which of three equal numbers is the largest and which the second is nobody's to say: neighbours show each."""
    for seed in range(6):
        evidence = evidence_of(lambda v: torch.topk(v, 2).values, torch.tensor(x, dtype=dtype), seed=seed)
        assert next(compare(evidence)).agreement is not Agreement.DISAGREE


@pytest.mark.parametrize(
    ("shared", "agreement"),
    [
        (lambda ties: ties / ties.sum(-1, keepdim=True), Agreement.AGREE),
        (lambda ties: ties * (ties.cumsum(-1) == 1), Agreement.AGREE),
        (lambda ties: ties, Agreement.DISAGREE),
        (lambda ties: ties / 4, Agreement.DISAGREE),
    ],
    ids=["shared", "the first", "each", "a quarter"],
)
def test_equal_numbers_share_what_one_of_them_gets(shared, agreement: Agreement) -> None:
    """Each of three that are the largest may get all or nothing, but together they get it once."""
    largest = planted_op(
        lambda x: x.amax(-1),
        lambda ct, x: ct[..., None] * shared((x == x.amax(-1, keepdim=True)).to(x.dtype)),
    )
    x = torch.tensor([[1.0, 0.5, 1.0, 1.0], [-2.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    for seed in range(6):
        told = next(compare(evidence_of(largest, x, seed=seed))).agreement
        assert told is agreement or (told is Agreement.INCONCLUSIVE and agreement is Agreement.AGREE)


@pytest.mark.parametrize(
    ("share", "agreement"), [(0.5, Agreement.AGREE), (1.0, Agreement.DISAGREE)], ids=["half each", "all to each"]
)
def test_equal_numbers_of_two_inputs_share_what_one_of_them_gets(share: float, agreement: Agreement) -> None:
    def backward(ct, x, y):
        return ct * ((x > y) + share * (x == y)), ct * ((y > x) + share * (x == y))

    larger = planted_op(torch.maximum, backward)
    x, y = torch.tensor([1.0, 2.0, -3.0]).double(), torch.tensor([1.0, 0.5, -3.0]).double()
    assert locate(evidence_of(lambda x, y: larger(x, y), x, y)).agreement is agreement


def test_a_gradient_is_known_where_the_values_of_another_input_jump() -> None:
    """No neighbour of a label is one, and what is right there says nothing of what is right here."""
    label = torch.tensor([1.0, -1.0, 1.0]).double()

    def loss(x, y):
        return torch.where(y == 1, x.sin(), torch.where(y == -1, x.exp(), torch.zeros_like(x)))

    def backward(factor):
        def of(ct, x, y):
            return factor * ct * torch.where(y == 1, x.cos(), torch.where(y == -1, x.exp(), 0 * x)), 0 * ct

        return of

    x = torch.tensor([0.5, 0.25, -0.75]).double()
    for factor in (1.0, 0.0, 1.001):
        told = next(compare(evidence_of(planted_op(loss, backward(factor)), x, label))).agreement
        assert (told is Agreement.DISAGREE) == (factor != 1)


def test_a_number_alone_and_all_of_its_equals_are_not_taken_for_each_other() -> None:
    """One that moves four times as far, and four that move once: in both the entries move by the same in sum."""
    evidence = evidence_of(lambda x: x * torch.arange(1.0, 5.0), torch.full((4,), 0.5))
    one, equals = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64), torch.full((4,), 0.25).double()
    for moving in (one, equals):
        assert _Probe(evidence, ("x0", 0), {"x0": moving}).verdict is Agreement.AGREE


def _routed(x: torch.Tensor) -> torch.Tensor:
    """Of four experts with slopes of their own the two that x scores highest, half of each at zero."""
    top, chosen = (x * torch.tensor([0.0, 1.0, 0.25, 4.0])).topk(2)
    return (top.softmax(-1) * x * SLOPES[chosen]).sum()


def test_what_torchs_own_rules_make_of_a_kink_is_nobodys_mistake() -> None:
    """All scores are zero, and the top two any two: just beside zero they are the first and last, or the others."""
    found = torch.func.grad(_routed)(torch.zeros(1, dtype=torch.float64)).item()
    assert found not in (SLOPES[[1, 3]].mean(), SLOPES[[0, 2]].mean())
    assert locate(evidence_of(_routed, torch.zeros(1, dtype=torch.float64))).agreement is Agreement.INCONCLUSIVE


def test_a_backward_that_somebody_wrote_must_find_a_limit_there() -> None:
    def backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return ct * torch.where(x == 0, 0.5, x.sign() * 2)

    wrong = planted_op(lambda x: torch.where(x > 0, 2 * x, x), backward)
    evidence = evidence_of(lambda x: wrong(x) + 0.0, torch.zeros(1, dtype=torch.float64))
    assert locate(evidence).agreement is Agreement.DISAGREE


def test_a_lost_entry_is_not_negligible_beside_large_ones_at_a_shorter_step() -> None:
    """Ten to the sixth beside a half: each step has its share of what is negligible."""
    forgetful = planted_op(torch.expm1, lambda ct, x: ct * torch.tensor([1.0, 1.0, 1.0, 0.0]).double() * x.exp())
    evidence = evidence_of(lambda x: forgetful(x), torch.tensor([13.0, 14.0, 12.0, -0.75]).double())
    assert locate(evidence).entry == ("x0", 3)


@pytest.mark.parametrize(("factor", "agreement"), [(1.0, Agreement.AGREE), (1.1, Agreement.DISAGREE)])
def test_kinks_a_little_further_on_hide_no_entry(factor: float, agreement: Agreement) -> None:
    """Long steps cross some of them, and know the slope of the whole but vaguely; the shortest ones cross none."""
    factors = torch.tensor([1.0] * 59 + [factor]).double()

    def backward(ct, x):
        rising = ct * (x - x[0] + 1 > 0)
        return factors * torch.cat([-rising[1:].sum()[None], rising[1:]])

    margins = planted_op(lambda x: (x - x[0] + 1).relu(), backward)
    evidence = evidence_of(lambda x: margins(x), 2 * normal(60, seed=5))
    assert evidence.thorough.central.bar > 2.0**-10 * evidence.scale
    told = next(compare(evidence))
    assert (told.agreement, told.culprit) == (agreement, None if factor == 1 else Culprit.BACKWARD)
