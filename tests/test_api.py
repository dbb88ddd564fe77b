"""``gradsuite.check`` as its users meet it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import gradsuite
from gradsuite.errors import UsageError
from gradsuite.results import Outcome
from tests.planted.mutation import SoftmaxIntoItsCotangent, SoftmaxIntoItsInput, SoftmaxUpcast
from tests.planted.planted import op

X = torch.tensor([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]])


def sin(x):
    return x.sin()


class Doubled(torch.autograd.Function):
    """A sine whose backward is twice too large."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, ct):
        return 2 * ct * ctx.saved_tensors[0].cos()


def check(fn, inputs=(X,), **options):
    return gradsuite.check(fn, inputs, **{"profile": "quick", **options})


def test_a_right_gradient_passes_and_says_so() -> None:
    report = check(torch.sin)
    assert (report.ok, report.verdict, report.culprit, report.failures) == (True, "passed", None, ())
    assert str(report).startswith("sin: passed")
    report.raise_for_failure()


def test_a_wrong_gradient_is_told_with_culprit_and_what_it_looks_like(tmp_path: Path) -> None:
    report = check(Doubled.apply)
    assert (report.ok, report.verdict, report.culprit) == (False, "failed", "backward")
    assert "2 times too large" in report.failures[0].hint
    with pytest.raises(gradsuite.GradientError, match="the backward is wrong"):
        report.raise_for_failure()
    page = report.to_html(tmp_path / "page.html").read_text()
    assert "the backward is wrong" in page and "2 times too large" in page


def test_the_examples_dtype_and_the_widest_are_checked_unless_told() -> None:
    assert {result.dtype for result in check(torch.sin).results} == {"float64", "float32"}
    told = check(torch.sin, dtypes=(torch.bfloat16,), checks=("reverse", "precision"), devices=("cpu",))
    assert {(r.dtype, r.check, r.device) for r in told.results} == {
        ("bfloat16", "reverse", "cpu"),
        ("bfloat16", "precision", "cpu"),
    }


def test_what_requires_grad_is_differentiated_and_the_rest_is_constant() -> None:
    class OnlyFirst(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(w)
            return x * w

        @staticmethod
        def backward(ctx, ct):
            return ct * ctx.saved_tensors[0], None

    x, w = X.clone().requires_grad_(), X + 3
    assert check(OnlyFirst.apply, (x, w), checks=("reverse",)).ok
    assert not check(OnlyFirst.apply, (x, w.requires_grad_()), checks=("reverse",)).ok


@pytest.mark.parametrize(
    "domain",
    [("positive",), {"x": "positive"}, lambda x: bool((x > 0).all())],
    ids=["by place", "by name", "predicate"],
)
def test_a_domain_keeps_samples_inside(domain) -> None:
    seen: list[torch.Tensor] = []

    def log(x):
        seen.append(x.detach())
        return x.log()

    assert check(log, (X.abs() + 1,), domain=domain, checks=("value", "reverse"), isolate=False).ok
    assert seen and all(bool((x.double() > 0).all()) for x in seen)


def test_without_a_domain_points_where_the_function_is_not_finite_are_left_out() -> None:
    assert check(torch.log, (X.abs() + 1,)).verdict == "passed"


class Power(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, careful):
        ctx.save_for_backward(a, b)
        ctx.careful = careful
        return a**b

    @staticmethod
    def backward(ctx, ct):
        a, b = ctx.saved_tensors
        by_exponent = a**b * a.log()
        if ctx.careful:
            by_exponent = torch.where(a > 0, by_exponent, torch.zeros_like(by_exponent))
        return ct * b * a ** (b - 1), ct * by_exponent, None


@pytest.mark.parametrize("careful", [True, False])
def test_zero_is_drawn_where_only_some_elements_take_it(careful: bool) -> None:
    a, b = torch.tensor([0.5, 1.5, 0.75], dtype=torch.float64), torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    checks = ["reverse", "second_order", "second_order_composed"]
    report = gradsuite.check(lambda a, b: Power.apply(a, b, careful), (a, b), checks=checks)
    assert report.ok == careful
    assert all(failure.when.startswith("only where a holds a zero") for failure in report.failures)


def test_a_right_formula_passes_and_a_wrong_one_is_the_spec_s_fault() -> None:
    assert check(sin, forward="sin(x)", derivative={"x": "cos(x)"}).verdict == "passed"
    wrong = check(sin, forward="sin(x)", derivative={"x": "-cos(x)"}, checks=("reverse",))
    assert wrong.culprit == "spec" and "sign is flipped" in wrong.failures[0].hint


def straight_through(factor: float):
    """A step whose backward gives the cotangent on, times a factor."""

    class Step(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.round()

        @staticmethod
        def backward(ctx, ct):
            return factor * ct

    def step(x):
        return Step.apply(x)

    return step


class Spike(torch.autograd.Function):
    """Fires from 0 on; its backward is that of an arctangent."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, ct):
        return ct / (1 + (torch.pi * ctx.saved_tensors[0]) ** 2)


def test_a_surrogate_is_no_derivative_and_passes_once_it_is_declared() -> None:
    found = check(straight_through(1.0), checks=("reverse",))
    assert found.culprit == "backward" and "declare the surrogate" in found.failures[0].hint
    assert check(straight_through(1.0), surrogate="x").verdict == "passed"
    assert check(straight_through(-1.0), surrogate="-x").verdict == "passed"
    assert check(lambda x: Spike.apply(x), surrogate="atan(pi * x) / pi").verdict == "passed"


def test_a_declared_surrogate_is_held_to_the_last_digits() -> None:
    wrong = check(straight_through(1 + 1e-9), dtypes=(torch.float64,), surrogate="x")
    assert wrong.culprit == "backward"
    assert check(lambda x: Spike.apply(x), surrogate="atan(2 * x) / 2", checks=("reverse",)).culprit == "backward"


def test_a_surrogate_s_derivative_may_be_given_and_is_proven() -> None:
    step = straight_through(1.0)
    assert check(step, surrogate="x", derivative={"x": "1"}).verdict == "passed"
    assert check(step, surrogate="x", derivative={"x": "2"}, checks=("reverse",)).culprit == "spec"


class RunsOnce(torch.autograd.Function):
    """A sine that forgets what it kept while its backward runs."""

    @staticmethod
    def forward(ctx, x):
        ctx.kept = [x.detach().clone()]
        return x.sin()

    @staticmethod
    def backward(ctx, ct):
        return ct * ctx.kept.pop().cos()


def test_a_backward_that_runs_only_once_fails_for_that_alone() -> None:
    report = check(lambda x: RunsOnce.apply(x))
    told = {result.check for result in report.results if result.outcome in (Outcome.FAILED, Outcome.ERROR)}
    assert told == {"accumulation"} and "a second time" in report.failures[0].sentence


def test_inputs_may_be_described() -> None:
    report = check(lambda a, b: a @ b, (gradsuite.Input("N K"), gradsuite.Input("K M")), dtypes=(torch.float64,))
    assert report.verdict == "passed"


def test_a_function_that_raises_is_an_error_of_its_own() -> None:
    def broken(x):
        raise ValueError("out of cheese")

    report = check(broken, checks=("reverse",))
    assert report.verdict == "error" and "out of cheese" in str(report)


def test_a_random_function_is_repeated_with_the_same_numbers() -> None:
    report = check(lambda x: x * torch.rand_like(x), checks=("reverse", "adjoint"))
    assert report.verdict == "passed" and "it draws random numbers" in str(report)
    assert "random" not in str(check(torch.sin, checks=("reverse",)))


def test_nothing_of_the_host_is_changed() -> None:
    torch.manual_seed(7)
    before, threads, x = torch.get_rng_state(), torch.get_num_threads(), X.clone().requires_grad_()
    check(torch.sin, (x,))
    assert torch.equal(before, torch.get_rng_state()) and torch.get_num_threads() == threads
    assert x.grad is None and torch.equal(x.detach(), X)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": ()}, "at least one"),
        ({"inputs": (1.0,)}, "float"),
        ({"checks": ("revers",)}, "reverse"),
        ({"profile": "slow"}, "quick, default, thorough"),
        ({"forward": "sin(z)"}, "'z'"),
        ({"domain": {"z": "real"}}, "'z'"),
        ({"domain": ("reel",)}, "real"),
        ({"domain": ("real", "real")}, "one domain"),
        ({"derivative": {"z": "1"}}, "'z'"),
        ({"derivative": {"x": {"vjp": "ct", "gradient": "1"}}}, "exactly one"),
        ({"derivative": {"x": "__import__('os')"}}, "__import__"),
        ({"surrogate": "z"}, "'z'"),
        ({"surrogate": "sum(x)"}, "derivative={'x': ...}"),
    ],
)
def test_a_wrong_argument_is_told_clearly(options, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(sin, **options)


@pytest.mark.parametrize("op", [SoftmaxIntoItsInput, SoftmaxUpcast, SoftmaxIntoItsCotangent])
def test_an_op_that_overwrites_what_it_is_given_fails_for_that_alone_and_spoils_no_example(op) -> None:
    x = X.double().requires_grad_()
    report = check(op.apply, (x,))
    assert {result.check for result in report.results if result.outcome is Outcome.FAILED} == {"mutation"}
    assert not any(result.outcome is Outcome.ERROR for result in report.results), str(report)
    assert torch.equal(x.detach(), X.double())


def test_the_smallest_sample_lies_in_the_domain_that_was_given() -> None:
    """The gradient is wrong everywhere; outside the domain there are plainer numbers."""
    wrong = op(torch.sin, lambda ct, x: 2 * ct * x.cos())

    def inside(x: torch.Tensor) -> bool:
        if bool((x < 0.3).any()):
            raise ValueError("not to be asked")
        return bool((x > 0.375).all())

    report = gradsuite.check(wrong, (X.abs() + 0.5,), domain=inside, checks=["reverse"], profile="quick")
    assert report.failures
    for failure in report.failures:
        (x,) = failure.inputs
        assert x.hex and all(float.fromhex(number) > 0.375 for number in x.hex), x.text
