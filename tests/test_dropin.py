"""``gradsuite.gradcheck`` and ``gradgradcheck`` in the place of torch's."""

from __future__ import annotations

import inspect
import logging
import random
import warnings

import numpy as np
import pytest
import torch
from torch.autograd.gradcheck import GradcheckError

import gradsuite
from gradsuite.errors import GradsuiteError
from tests.planted.batched_tangents import Cube, CubeWithTheFirstTangent

X = torch.tensor([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]], dtype=torch.float64)


def leaf(dtype=torch.float64):
    return X.to(dtype, copy=True).requires_grad_()


def op(forward, backward, jvp=None):
    """A Function of one tensor from ``forward(x)``, ``backward(ct, x)`` and ``jvp(t, x)``."""

    class Op(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, ct):
            return backward(ct, *ctx.saved_tensors)

    if jvp is not None:
        Op.jvp = staticmethod(lambda ctx, t: jvp(t, *ctx.saved_tensors))
    return Op.apply


sin = op(torch.sin, lambda ct, x: ct * x.cos())
wrong = op(torch.sin, lambda ct, x: ct * x.cos() * 1.0001)


@pytest.mark.parametrize("name", ["gradcheck", "gradgradcheck"])
def test_the_arguments_are_those_of_torch(name: str) -> None:
    def arguments(function):
        return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]

    assert arguments(getattr(gradsuite, name)) == arguments(getattr(torch.autograd, name))


def test_a_right_gradient_is_true_and_a_wrong_one_raises_an_error_of_both_houses() -> None:
    assert gradsuite.gradcheck(sin, (leaf(),)) is True
    assert gradsuite.gradcheck(sin, leaf()) is True
    with pytest.raises(GradcheckError, match="the backward is wrong") as caught:
        gradsuite.gradcheck(wrong, (leaf(),))
    assert isinstance(caught.value, GradsuiteError | RuntimeError)
    assert "eps, atol and rtol are not used" in str(caught.value)
    assert gradsuite.gradcheck(wrong, (leaf(),), raise_exception=False) is False


def test_no_tolerance_hides_a_mistake(caplog: pytest.LogCaptureFixture) -> None:
    generous = {"eps": 1.0, "atol": 1e9, "rtol": 1e9}
    assert torch.autograd.gradcheck(wrong, (leaf(),), **generous)
    assert not gradsuite.gradcheck(wrong, (leaf(),), raise_exception=False, **generous)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.complex64, torch.complex128])
def test_inputs_need_not_be_double(dtype: torch.dtype) -> None:
    half = op(torch.sin, lambda ct, x: ct * x.cos().conj() / 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradsuite.gradcheck(torch.sin, (leaf(dtype),))
        assert not gradsuite.gradcheck(half, (leaf(dtype),), raise_exception=False)


def test_a_function_is_called_with_the_given_shapes_and_whatever_else_it_was_given() -> None:
    index, mark, seen = torch.tensor([2, 0]), object(), set()

    def fn(x, where, options, factor, nothing):
        seen.add((x.shape, x.dtype, torch.equal(where, index), options["mark"] is mark, factor, nothing))
        return [x[:, where] * factor * options["more"][0], {"ignored": None}]

    more = torch.ones(2, dtype=torch.float64)
    assert gradsuite.gradcheck(fn, (leaf(), index, {"mark": mark, "more": [more]}, 3, None))
    assert seen == {(X.shape, torch.float64, True, True, 3, None)}


def test_only_tensors_that_require_grad_are_differentiated() -> None:
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, ct):
            return ct * ctx.saved_tensors[1], ct  # wrong for y

    assert gradsuite.gradcheck(Half.apply, (leaf(), X.clone()))
    assert gradsuite.gradcheck(lambda pair: Half.apply(*pair), ([leaf(), X.clone()],))
    assert not gradsuite.gradcheck(Half.apply, (leaf(), leaf()), raise_exception=False)
    with pytest.raises(ValueError, match="at least one input"):
        gradsuite.gradcheck(Half.apply, (X, X))


def test_a_function_may_differentiate_what_it_is_given() -> None:
    def slope(x):
        return torch.autograd.grad(x.sin().sum(), x, create_graph=True)[0]

    assert gradsuite.gradcheck(slope, (leaf(),), check_forward_ad=True)
    assert gradsuite.gradgradcheck(slope, (leaf(),))


def test_a_parameter_stays_one_for_the_module_that_the_function_builds() -> None:
    def built(weight, x):
        layer = torch.nn.Linear(3, 2, bias=False)
        layer.weight = weight
        return torch.func.functional_call(layer, dict(layer.named_parameters()), (x,))

    weight = torch.nn.Parameter(X.clone())
    assert gradsuite.gradcheck(built, (weight, leaf()), check_forward_ad=True)
    assert gradsuite.gradgradcheck(built, (weight, leaf()))


def test_outputs_that_carry_no_gradient_claim_that_it_is_zero() -> None:
    assert gradsuite.gradcheck(lambda x: torch.ones(3), (leaf(),))
    assert gradsuite.gradcheck(lambda x: x.argmax(), (leaf(),))
    assert not gradsuite.gradcheck(lambda x: x.detach() ** 2, (leaf(),), raise_exception=False)


def test_what_the_function_or_its_backward_raises_goes_to_the_caller() -> None:
    def refuse(*_):
        raise KeyError("mine")

    for refusing in (refuse, op(torch.sin, refuse)):
        with pytest.raises(KeyError, match="mine"):
            gradsuite.gradcheck(refusing, (leaf(),), raise_exception=False)


def test_forward_mode_is_judged_where_it_is_asked_for() -> None:
    dual = op(torch.sin, lambda ct, x: ct * x.cos(), lambda t, x: 2 * t * x.cos())
    assert gradsuite.gradcheck(dual, (leaf(),))
    assert not gradsuite.gradcheck(dual, (leaf(),), check_forward_ad=True, raise_exception=False)
    assert gradsuite.gradcheck(torch.sin, (leaf(),), check_forward_ad=True, check_backward_ad=False)
    with pytest.raises(NotImplementedError):
        gradsuite.gradcheck(sin, (leaf(),), check_forward_ad=True)
    with pytest.raises(AssertionError):
        gradsuite.gradcheck(sin, (leaf(),), check_backward_ad=False)


def test_each_of_several_outputs_is_also_used_alone() -> None:
    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.set_materialize_grads(False)
            return x.sin(), x.exp()

        @staticmethod
        def backward(ctx, first, second):
            (x,) = ctx.saved_tensors
            return first * x.cos() + second * x.exp()

    with pytest.raises(GradcheckError, match="output 0 alone is used"):
        gradsuite.gradcheck(Pair.apply, (leaf(),))


def test_a_gradient_must_repeat() -> None:
    calls = []

    def forgetful(ct, x):
        calls.append(ct)
        return ct * x.cos() * (len(calls) % 16 != 0)

    with pytest.raises(GradcheckError, match="the same call gives another gradient"):
        gradsuite.gradcheck(op(torch.sin, forgetful), (leaf(),))


def test_what_the_engine_mends_is_a_fault_where_it_is_asked_for() -> None:
    class Row(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, row):
            return x + row

        @staticmethod
        def backward(ctx, ct):
            return ct, ct  # the engine sums it back to one row

    inputs = leaf(), X[0].clone().requires_grad_()
    assert gradsuite.gradcheck(Row.apply, inputs)
    assert not gradsuite.gradcheck(Row.apply, inputs, check_grad_dtypes=True, raise_exception=False)


def test_batched_gradients_are_judged_where_it_is_asked_for() -> None:
    for_one = op(torch.sin, lambda ct, x: ct * x.cos() if ct.item() else ct)
    with pytest.raises(GradcheckError, match="While computing batched gradients"):
        gradsuite.gradcheck(for_one, (X[0, 0].clone().requires_grad_(),), check_batched_grad=True)
    assert gradsuite.gradcheck(torch.sin, (leaf(),), check_batched_grad=True)


def test_batched_tangents_are_judged_where_it_is_asked_for() -> None:
    for right, is_right in ((Cube, True), (CubeWithTheFirstTangent, False)):
        asked = {"check_forward_ad": True, "raise_exception": False}
        assert gradsuite.gradcheck(right.apply, (leaf(),), **asked)
        assert gradsuite.gradcheck(right.apply, (leaf(),), check_batched_forward_grad=True, **asked) is is_right


@pytest.mark.parametrize(
    ("fn", "x"),
    [
        (lambda x: x.to_dense(masked_grad=False).sin(), X.to_sparse().requires_grad_()),
        (lambda x: (own * own).sum(), (own := leaf())),
    ],
    ids=["sparse", "captured"],
)
def test_torch_itself_answers_where_only_it_can(fn, x, caplog: pytest.LogCaptureFixture) -> None:
    assert gradsuite.gradcheck(fn, (x,))
    assert "torch's own gradcheck answers" in caplog.text


def test_what_takes_no_wider_numbers_torch_answers_with_the_tolerances_that_it_is_given(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def single(x):
        assert x.dtype is torch.float32
        return x.sin()

    assert gradsuite.gradcheck(single, (leaf(torch.float32),), eps=1e-2, atol=1e-2)
    assert "torch's own gradcheck answers" in caplog.text
    assert not gradsuite.gradcheck(lambda x: single(Wrong.apply(x)), (leaf(torch.float32),), raise_exception=False)


def test_a_module_of_float32_is_judged_with_the_same_numbers_in_float64(caplog: pytest.LogCaptureFixture) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh())
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert gradsuite.gradcheck(module, (x,))
    assert not caplog.text
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}
    module.register_forward_hook(lambda module, inputs, output: Wrong.apply(output))
    with pytest.raises(GradcheckError):
        gradsuite.gradcheck(module, (x,))


class Wrong(torch.autograd.Function):
    """The identity, with twice its gradient."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, ct):
        return 2 * ct


def test_the_host_finds_everything_as_it_left_it() -> None:
    def disorderly(x):
        random.random(), np.random.rand(), torch.rand(1)
        return torch.nn.functional.dropout(x, 0.5)

    def state():
        generators = random.getstate(), np.random.get_state()[2], torch.get_rng_state().tolist()
        return (*generators, torch.is_grad_enabled(), torch.get_num_threads(), list(warnings.filters))

    x, before = leaf(), state()
    assert gradsuite.gradcheck(disorderly, (x,))
    assert gradsuite.gradgradcheck(disorderly, (x,))
    assert state() == before
    assert x.grad is None and torch.equal(x, X) and x.requires_grad


def test_the_gradient_of_the_gradient() -> None:
    class Careless(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.cosine = x.cos()  # a constant for the engine
            return x.sin()

        @staticmethod
        def backward(ctx, ct):
            return ct * ctx.cosine

    assert gradsuite.gradcheck(Careless.apply, (leaf(),))
    assert not gradsuite.gradgradcheck(Careless.apply, (leaf(),), raise_exception=False)
    with pytest.raises(GradcheckError):
        gradsuite.gradgradcheck(op(torch.sin, lambda ct, x: ct * x.cos().detach()), (leaf(),))
    assert gradsuite.gradgradcheck(torch.sin, (leaf(),), check_fwd_over_rev=True) is True


@pytest.mark.parametrize("requires_grad", [True, False])
def test_given_cotangents_are_the_ones_that_are_judged(requires_grad: bool) -> None:
    def pair(x, factor):
        return x.sin() * factor, x.exp()

    weights = [torch.full_like(X, 2.0, requires_grad=requires_grad), torch.zeros_like(X)]
    assert gradsuite.gradgradcheck(pair, [leaf(), 2], weights)
    # Wrong only in how the gradient depends on the cotangent.
    bent = op(torch.sin, lambda ct, x: ct.detach() * x.cos())
    assert gradsuite.gradgradcheck(bent, (leaf(),), weights[0], raise_exception=False) is not requires_grad


def test_a_function_linear_in_its_input_has_a_second_gradient_of_zero() -> None:
    assert gradsuite.gradgradcheck(lambda x: 2 * x, (leaf(),))
    assert gradsuite.gradgradcheck(lambda x: 2 * x, (leaf(),), torch.ones_like(X))


def test_what_is_ignored_is_noted_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gradsuite")
    for _ in range(2):
        gradsuite.gradcheck(torch.sin, (leaf(),), atol=1e-3)
    assert caplog.text.count("are not used") <= 1
