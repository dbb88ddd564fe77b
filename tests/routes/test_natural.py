"""Natural error: what a right op costs lies below the one constant, what a worse one costs lies above it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional

from gradsuite.checks import cotangent_linearity, forward_mode, identities, value
from gradsuite.checks.reverse import compare
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE
from gradsuite.sample import Sample
from gradsuite.subject import subjects
from tests.routes.points import catalogue, evidence_of, normal

LOW = [torch.float32, torch.bfloat16, torch.float16]
RIGHT: dict[str, tuple[Callable[..., torch.Tensor], tuple[tuple[int, ...], ...]]] = {
    "exp": (torch.exp, ((4, 5),)),
    "tanh": (torch.tanh, ((20,),)),
    "softmax": (lambda x: functional.softmax(x, -1), ((4, 5),)),
    "log_softmax": (lambda x: functional.log_softmax(x, -1), ((4, 5),)),
    "layer_norm": (lambda x: functional.layer_norm(x, (6,)), ((3, 6),)),
    "matmul": (torch.matmul, ((3, 8), (8, 4))),
    "product": (lambda a, b: a * b + a, ((7,), (7,))),
    "mean": (torch.mean, ((30,),)),
    "gelu": (functional.gelu, ((12,),)),
}


def _worst(evidence, name: str) -> float:
    found = match(evidence.gradients[name], evidence.reference[name], evidence.natural.errors[f"gradient {name}"])
    return max(found.ratios, default=0.0)


@pytest.mark.parametrize("dtype", LOW, ids=str)
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_op_stays_below_the_constant(name: str, dtype: torch.dtype) -> None:
    function, shapes = RIGHT[name]
    for seed in range(4):
        xs = [normal(*shape, seed=seed + 50 * i, dtype=dtype) for i, shape in enumerate(shapes)]
        evidence = evidence_of(function, *xs, seed=seed)
        assert all(_worst(evidence, each) <= CONFIDENCE for each in evidence.point.names)


class _Coarse(torch.autograd.Function):
    """exp whose backward goes through three bits less than the dtype has."""

    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, ct):
        (y,) = ctx.saved_tensors
        if y.dtype == torch.float64:
            return ct * y
        narrower = {
            torch.float32: torch.bfloat16,
            torch.float16: torch.float8_e4m3fn,
            torch.bfloat16: torch.float8_e5m2,
        }
        return ct * y.to(narrower[y.dtype]).to(y.dtype)


@pytest.mark.parametrize("dtype", LOW, ids=str)
def test_an_op_computed_at_lower_precision_inside_lies_above(dtype: torch.dtype) -> None:
    worst = [_worst(evidence_of(_Coarse.apply, normal(20, seed=s, dtype=dtype), seed=s), "x0") for s in range(4)]
    right = [_worst(evidence_of(torch.exp, normal(20, seed=s, dtype=dtype), seed=s), "x0") for s in range(4)]
    assert min(worst) > 4 * max(right)
    if dtype is not torch.bfloat16:  # five bits are lost in bfloat16: caught at some samples, not at each
        assert min(worst) > CONFIDENCE


def test_overflow_is_natural_where_an_intermediate_value_overflows() -> None:
    huge = evidence_of(lambda x: (x * x).sqrt(), torch.tensor([1000.0], dtype=torch.float16))
    assert huge.natural.overflows
    assert not evidence_of(lambda x: (x * x).sqrt(), torch.tensor([10.0], dtype=torch.float16)).natural.overflows


def test_the_random_state_of_others_is_untouched() -> None:
    before = torch.get_rng_state()
    assert evidence_of(torch.exp, normal(5, dtype=torch.float32)).natural
    assert torch.equal(before, torch.get_rng_state())


def test_natural_errors_are_the_same_again() -> None:
    x = normal(6, dtype=torch.float16)
    first, again = (evidence_of(torch.tanh, x).natural.errors for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_moving_values_costs_no_more_than_rounding_the_result() -> None:
    evidence = evidence_of(lambda x: x.flip(0), normal(8, dtype=torch.float16))
    gradient = evidence.gradients["x0"]
    assert torch.equal(gradient, evidence.reference["x0"].to(torch.float16))
    assert _worst(evidence, "x0") == 0


def test_an_op_on_two_dtypes_is_given_the_rounding_of_the_coarser() -> None:
    (found,) = compare(evidence_of(lambda x, w: x * (w / w.sum()), normal(6), normal(6, seed=1).abs().float()))
    assert found.agreement is Agreement.AGREE


def test_a_gradient_that_is_a_zero_tensor_can_be_judged() -> None:
    (found,) = compare(evidence_of(torch.sgn, normal(6, dtype=torch.bfloat16)))
    assert found.agreement is Agreement.AGREE


def test_a_jvp_that_the_dtype_cannot_hold_is_no_mistake() -> None:
    evidence = evidence_of(torch.expm1, torch.full((9,), 8.9, dtype=torch.float16))  # J t reaches 90000
    (found,) = forward_mode.compare(evidence)
    assert found.agreement is Agreement.INCONCLUSIVE and "leave the range" in found.sentence


def test_a_complex_output_of_half_precision_is_judged_as_such() -> None:
    evidence = evidence_of(torch.complex, normal(4, dtype=torch.float16), normal(4, seed=1, dtype=torch.float16))
    (found,) = value.compare(evidence)
    assert found.agreement is Agreement.AGREE


def test_a_mask_that_an_op_keeps_beside_its_result_is_not_rounded() -> None:
    target = torch.tensor([[3, 0, -1, 1]])
    evidence = evidence_of(lambda x: functional.multilabel_margin_loss(x, target), normal(1, 4))
    found = next(cotangent_linearity.compare(evidence))
    assert found.agreement is Agreement.AGREE


def test_what_a_kernel_rounds_inside_shows_in_float64() -> None:
    for seed in range(8):  # rows of one entry: the gradient is zero, what is computed is rounding times 1 / sqrt(eps)
        evidence = evidence_of(lambda x, w: functional.layer_norm(x, (1,), w), normal(6, 1, seed=seed), normal(1))
        assert all(found.agreement is Agreement.AGREE for found in cotangent_linearity.compare(evidence))


class _Largest(torch.autograd.Function):
    """The largest entry, as a kernel computes it; the backward looks for the entry that equals it."""

    sign = 1.0

    @staticmethod
    def forward(ctx, x):
        y = torch.linalg.vector_norm(x, ord=float("inf"))  # rounds for other orders
        ctx.save_for_backward(x, y)
        return y

    @classmethod
    def backward(cls, ctx, ct):
        x, y = ctx.saved_tensors
        chosen = x.abs() == y
        return cls.sign * ct * chosen * x.sign() / chosen.sum()


class _Least(_Largest):
    sign = -1.0


@pytest.mark.parametrize("dtype", [torch.float64, *LOW], ids=str)
def test_a_backward_that_looks_for_the_number_that_was_chosen_is_judged(dtype: torch.dtype) -> None:
    x = torch.tensor([0.5, -2.25, 1.5, 0.75], dtype=dtype)
    assert next(compare(evidence_of(_Largest.apply, x))).agreement is Agreement.AGREE
    assert next(compare(evidence_of(_Least.apply, x))).agreement is Agreement.DISAGREE


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_labels_in_a_floating_tensor_are_no_numbers_to_round(sign: float) -> None:
    class Hinge(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, label):
            ctx.save_for_backward(x, label)
            return torch.where(label == 1, 3 * x, torch.where(label == -1, -x, 0 * x))

        @staticmethod
        def backward(ctx, ct):
            _, label = ctx.saved_tensors
            return sign * ct * torch.where(label == 1, 3.0, torch.where(label == -1, -1.0, 0.0)), None

    evidence = evidence_of(
        Hinge.apply, normal(4), torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64), constant=["x1"]
    )
    expected = Agreement.AGREE if sign == 1 else Agreement.DISAGREE
    assert next(compare(evidence)).agreement is expected


def test_two_scores_that_half_precision_holds_for_one_are_a_tie() -> None:
    """304,640 and 305,100: noise nearly never makes them equal, and rounding each to the nearest number does."""

    def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return (q @ k.mT).softmax(-1) @ v

    q, k = torch.tensor([[400.0, 400.0]]), torch.tensor([[101.5, 660.0], [10.875, 752.0], [11.75, 548.0]])
    v = torch.tensor([[-34.5, -27.875], [868.0, 179.0], [692.0, 27.75]])
    evidence = evidence_of(attention, *(x.bfloat16() for x in (q, k, v)))
    assert evidence.gradients["x0"].abs().amax() > 1000 and evidence.reference["x0"].abs().amax() < 1e-20
    apart = (evidence.gradients["x0"].double() - evidence.reference["x0"]).abs()
    assert bool((apart <= evidence.natural.bound("gradient x0")).all())


def test_rounding_to_the_nearest_number_overflows_no_bar() -> None:
    evidence = evidence_of(lambda x: x.square().sqrt(), torch.tensor([300.0, 2.0], dtype=torch.float16))
    assert bool(evidence.natural.errors["gradient x0"].isfinite().all()) and evidence.natural.overflows


@pytest.mark.parametrize(
    "fn", [torch.linalg.eigvalsh, lambda a: torch.linalg.pinv(a, hermitian=True)], ids=["eigvalsh", "pinv"]
)
def test_what_a_factorisation_loses_is_natural(fn: Callable[..., torch.Tensor]) -> None:
    """LAPACK errs by a rounding of the largest entry for each of the rows."""
    for seed in range(12):
        a = normal(6, 6, seed=seed, dtype=torch.float32)
        evidence = evidence_of(fn, a + a.mT, seed=seed)
        assert _worst(evidence, "x0") < CONFIDENCE / 2


def test_natural_errors_are_not_found_under_the_noise_of_what_needs_them() -> None:
    """Rounded to float32, half of its smallest number is nothing, and no error would be natural."""
    (subject,) = subjects(catalogue("activation/softmax.grad.yaml"))
    x = torch.tensor([[0.0, -200.0]])
    sample = Sample({"x": x}, {"dim": -1}, ("x",), 1, symbols={"B": (1,), "C": 2})
    evidence, fresh = Evidence(subject, sample), Evidence(subject, sample)
    assert list(identities.compare(evidence))
    for number, error in fresh.natural.errors.items():
        assert torch.equal(error, evidence.natural.errors[number])
