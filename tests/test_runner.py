"""One case to one result: whatever an op does has an outcome, waivers are strict, samples are shared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.flight import OutOfTime
from gradsuite.group import Order, Source
from gradsuite.inputs import draw, example_definition, from_examples
from gradsuite.numerics.estimate import Agreement
from gradsuite.plan import Case, plan
from gradsuite.results import CaseResult, Culprit, Op, Outcome
from gradsuite.routes.evidence import Evidence
from gradsuite.runner import Session
from gradsuite.sample import Sample, Subject
from gradsuite.spec.definition import Spec
from gradsuite.spec.waivers import Waiver, Waivers
from gradsuite.subject import from_callable
from tests.planted.mutation import SoftmaxIntoItsCotangent, SoftmaxIntoItsInput
from tests.routes.points import catalogue, normal

PATH = "specs/test/op.grad.yaml"


def _spec(*tensors: torch.Tensor) -> Spec:
    definition = example_definition(tensors, [f"x{i}" for i in range(len(tensors))], [None] * len(tensors))
    return Spec(
        path=PATH, op="", name="op", family="test", summary="", reference="",
        complex=False, real=True, definitions=(definition,), text="",
    )  # fmt: skip


def _card() -> Op:
    return Op(op="", name="op", family="test", path=PATH, summary="", reference="")


def _session(function: Callable[..., Any], *tensors: torch.Tensor, **options: Any) -> Callable[..., CaseResult]:
    """Runs ``check`` in ``dtype`` on ``function`` around the example tensors."""
    spec = _spec(*tensors)
    definition = spec.definitions[0]
    subject = from_callable(function, "op", definition=definition)

    def drawn(_: Subject, order: Order) -> list[Sample]:
        names, domains = list(definition.inputs), [None] * len(tensors)
        strategy = from_examples(tensors, names, domains, dtype=order.dtype, device=order.device)
        return draw(strategy, count=order.count, identity=order.identity, seed=order.seed)

    source = Source(lambda: (subject,), drawn, lambda case, seed: f"again {case.id} {seed}", _card)
    session = Session(**{"profile": "quick", **options}, source=lambda _: source)
    return lambda check, dtype="float64": session.run(Case(spec, "cpu", dtype, check))


class Doubled(torch.autograd.Function):
    """A sine whose gradient is twice too large."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return 2 * ct * x.cos()


def _waivers(case: str) -> Waivers:
    return Waivers((Waiver(case, "known since long", "https://example.org/1", "waivers/0.yaml", 3, 1),))


@pytest.mark.parametrize("check", ["reverse", "forward_mode", "adjoint", "cotangent_linearity"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_right_op_passes(check: str, dtype: str) -> None:
    result = _session(lambda x: torch.softmax(x, -1), normal(3, 4))(check, dtype)
    assert result.outcome is Outcome.PASSED, result.reason
    assert result.samples >= result.conclusive > 0
    assert result.id == f"{PATH}::op::{check}[cpu-{dtype}]"


def test_a_wrong_op_fails_at_its_smallest_sample_and_its_culprit_is_named() -> None:
    result = _session(Doubled.apply, normal(3, 4))("reverse")
    assert result.outcome is Outcome.FAILED
    (failure,) = result.failures
    assert failure.culprit is Culprit.BACKWARD
    assert failure.hint == "2 times too large"
    assert failure.replay == f"again {result.id} 0"
    assert all(float.fromhex(value) == round(float.fromhex(value), 3) for value in failure.inputs[0].hex)
    assert {said.route: said.agrees for said in failure.says}["differences"] is False
    assert failure.picture is not None and failure.steps


def test_a_case_is_the_same_again() -> None:
    first, again = (_session(Doubled.apply, normal(3, 4))("reverse") for _ in range(2))
    assert first.model_copy(update={"seconds": 0.0}) == again.model_copy(update={"seconds": 0.0})


def test_a_slow_op_is_judged_by_what_there_was_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradsuite.runner.PATIENCE", 0.0)
    result = _session(torch.sin, normal(3))("reverse")
    assert (result.outcome, result.samples) == (Outcome.PASSED, 1)
    assert any("the op is slow" in note for note in result.notes)


def test_a_sample_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def slower_and_slower(x: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        time.sleep(0.0 if len(calls) < 15 else 0.5)
        return x.sin()

    monkeypatch.setattr("gradsuite.runner.PATIENCE", 1.0)
    result = _session(slower_and_slower, normal(3))("reverse")
    assert result.outcome is Outcome.PASSED
    assert any("the op is slow" in note for note in result.notes)
    assert len(calls) < 30  # all six samples take 54


def test_what_failed_before_the_time_was_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Evidence] = []

    def compare(evidence: Evidence) -> Iterator[Comparison]:
        seen.append(evidence)
        wrong = len(seen) > 1
        yield Comparison("one", Agreement.DISAGREE if wrong else Agreement.AGREE, Culprit.BACKWARD)
        if wrong:
            raise OutOfTime

    monkeypatch.setattr("gradsuite.checks.get", lambda name: Check(compare, shrinks=False))
    result = _session(torch.sin, normal(3))("reverse")
    assert result.outcome is Outcome.FAILED
    assert any("the op is slow" in note for note in result.notes)


def test_an_op_that_raises_is_an_error_and_the_rest_goes_on() -> None:
    def boom(x: torch.Tensor) -> torch.Tensor:
        raise ValueError("boom")

    run = _session(boom, normal(3))
    results = [run(check) for check in ("reverse", "value", "adjoint")]
    assert [r.outcome for r in results if r.outcome is not Outcome.UNSUPPORTED] == [Outcome.ERROR] * 2
    assert all("boom" in r.reason for r in results if r.outcome is Outcome.ERROR)
    assert _session(torch.sin, normal(3))("reverse").outcome is Outcome.PASSED


def test_an_op_that_returns_no_tensor_is_an_error() -> None:
    result = _session(lambda x: 3.0, normal(3))("reverse")
    assert result.outcome is Outcome.ERROR and "no tensor" in result.reason


def test_what_a_dtype_cannot_do_is_unsupported_and_never_passed() -> None:
    def picky(x: torch.Tensor) -> torch.Tensor:
        if x.dtype is torch.bfloat16:
            raise RuntimeError("\"picky\" not implemented for 'BFloat16'")
        return x.sin()

    run = _session(picky, normal(3))
    assert run("reverse", "bfloat16").outcome is Outcome.UNSUPPORTED
    assert run("reverse", "float32").outcome is Outcome.PASSED


def test_a_rule_that_does_not_exist_is_unsupported() -> None:
    result = _session(Doubled.apply, normal(3))("forward_mode")
    assert result.outcome is Outcome.UNSUPPORTED and result.reason


@pytest.mark.parametrize("check", ["kink", "edge", "identities", "equivalence"])
def test_what_is_not_declared_is_unsupported(check: str) -> None:
    result = _session(torch.sin, normal(3))(check)
    assert result.outcome is Outcome.UNSUPPORTED and result.samples == 0 and result.reason


def test_a_waived_failure_is_waived_with_its_reason_and_keeps_its_failures() -> None:
    result = _session(Doubled.apply, normal(3), waivers=_waivers("*::op::reverse[cpu-*]"))("reverse")
    assert result.outcome is Outcome.WAIVED
    assert "known since long" in result.reason and "https://example.org/1" in result.reason
    assert result.failures


def test_a_waiver_for_what_passes_is_an_error() -> None:
    run = _session(torch.sin, normal(3), waivers=_waivers("*::op::reverse[cpu-*]"), profile="default")
    result = run("reverse")
    assert result.outcome is Outcome.ERROR
    assert "remove the waiver" in result.reason and "waivers/0.yaml:3" in result.reason


def test_the_quick_profile_draws_too_little_to_hold_a_waiver_to_account() -> None:
    run = _session(torch.sin, normal(3), waivers=_waivers("*::op::reverse[cpu-*]"))
    assert run("reverse").outcome is Outcome.PASSED


def test_a_waiver_for_what_is_unsupported_is_an_error() -> None:
    assert _session(torch.sin, normal(3), waivers=_waivers("*::op::kink*"))("kink").outcome is Outcome.ERROR


def test_a_waiver_covers_nothing_else() -> None:
    run = _session(Doubled.apply, normal(3), waivers=_waivers("*::op::reverse[cpu-float32]"))
    assert run("reverse", "float64").outcome is Outcome.FAILED


def test_forward_and_backward_of_a_sample_are_computed_once_for_all_checks() -> None:
    runs: list[tuple[int, ...]] = []

    def counted(x: torch.Tensor) -> torch.Tensor:
        if x.requires_grad and x.is_leaf:
            runs.append(tuple(x.shape))
        return x.sin()

    run = _session(counted, normal(3))
    run("reverse")
    once = len(runs)
    run("reverse")
    assert len(runs) == once
    run("adjoint", "float32")
    assert len(runs) > once  # another dtype is another group


def test_samples_differ_from_case_to_case_but_not_from_check_to_check() -> None:
    seen: dict[str, list[float]] = {}

    def watched(name: str) -> Callable[[torch.Tensor], torch.Tensor]:
        def call(x: torch.Tensor) -> torch.Tensor:
            if x.requires_grad:
                seen.setdefault(name, []).append(x.detach().sum().item())
            return x.sin()

        return call

    _session(watched("one"), normal(3))("reverse")
    _session(watched("two"), normal(3))("reverse")
    assert seen["one"] == seen["two"]


@pytest.fixture(autouse=True)
def nothing_outside_changes() -> Iterator[None]:
    """Whatever is run, the caller's random state, threads and default dtype stay."""
    before = torch.get_rng_state(), torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()
    yield
    after = torch.get_rng_state(), torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]


def test_an_example_is_always_among_the_samples() -> None:
    example = normal(3)
    drawn = draw(
        from_examples([example], ["x"], [None], dtype=torch.float64, device=torch.device("cpu")),
        count=6, identity="any", seed=0,
    )  # fmt: skip
    assert any(torch.equal(sample.tensors["x"], example) for sample in drawn)


def test_an_edge_that_the_dtype_cannot_hold_is_told_not_dropped_in_silence() -> None:
    (case,) = plan([catalogue("activation/softmax.grad.yaml")], checks=["edge"], dtypes=["float16"])
    result = Session(profile="quick").run(case)
    assert any("overflows" in note for note in result.notes)


@pytest.mark.parametrize("op", [SoftmaxIntoItsInput, SoftmaxIntoItsCotangent])
@pytest.mark.parametrize("check", ["reverse", "cotangent_linearity", "second_order", "precision"])
def test_an_op_that_overwrites_what_it_is_given_fails_for_that_alone(op: Any, check: str) -> None:
    run = _session(op.apply, normal(3, 4))
    assert run("mutation").outcome is Outcome.FAILED
    assert run(check, "float32").outcome in (Outcome.PASSED, Outcome.UNSUPPORTED), run(check).reason
