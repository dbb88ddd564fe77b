"""Every function of the language means the same in torch and in balls, on ordinary and on odd arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gradsuite.spec.formula import FUNCTIONS, evaluate, parse
from gradsuite.spec.formula.ball_reading import BallReading, midpoints, to_balls
from gradsuite.spec.formula.torch_reading import TorchReading
from tests.spec.formula.agreement import assert_readings_agree

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4))
SCOPE = {
    "x": X,
    "y": RANDOM.standard_normal((4, 3)),
    "row": RANDOM.standard_normal(4),
    "positive": np.abs(X) + 0.1,
    "unit": np.tanh(X),
    "z": X + 1j * RANDOM.standard_normal((3, 4)),
    "n": np.array([[1, -2, 3, 0]]),
    "mask": X > 0,
    "index": np.array([[0, 2, 1, 1]]),
    "point": np.array(0.75),
    "none": np.zeros((0, 4)),
    "image": RANDOM.standard_normal((2, 3, 5, 6)),
    "signal": RANDOM.standard_normal((2, 3, 7)),
}

ELEMENTARY = (
    "exp expm1 sin cos tan sinh cosh tanh asinh atan erf erfc sigmoid softplus normal_cdf normal_pdf square abs sign"
)
CASES = {
    **{
        name: [f"{name}(x)", f"{name}(point)", f"{name}(none)", f"{name}(n)", f"{name}(2)"]
        for name in ELEMENTARY.split()
    },
    **{name: [f"{name}(positive)", f"{name}(1)"] for name in ["log", "log1p", "sqrt", "lgamma", "digamma"]},
    **{name: [f"{name}(unit)"] for name in ["asin", "acos", "atanh"]},
    **{name: [f"{name}(x)", f"{name}(n)", f"{name}(2.5)", f"{name}(none)"] for name in ["floor", "round"]},
    **{
        name: [f"{name}(x)", f"{name}(z)", f"{name}(n)"]
        for name in ["conj", "real", "imag", "isfinite", "isnan", "isinf"]
    },
    **{
        name: [f"{name}(x)", f"{name}(x, 0)", f"{name}(x, -1, keepdims=False)", f"{name}(point, 0)", f"{name}(n, 1)"]
        for name in ["sum", "prod", "mean", "max", "min", "argmax", "argmin", "any", "all"]
    },
    **{
        name: [f"{name}(x, 1)", f"{name}(x, 0)", f"{name}(point, 0)"]
        for name in ["softmax", "log_softmax", "logsumexp"]
    },
    "acosh": ["acosh(positive + 1)"],
    "atan2": ["atan2(x, positive)", "atan2(-1, x)"],
    "pow": ["pow(x, 3)", "pow(positive, x)", "pow(2, n)", "pow(n, 2)", "pow(n, x[0] * 0 + 2)", "pow(3, 2)"],
    "maximum": ["maximum(x, row)", "maximum(x, 0)", "maximum(n, 1)", "maximum(0.5, n)"],
    "minimum": ["minimum(x, row)", "minimum(x, 0)", "minimum(n, 1)"],
    "clip": ["clip(x, 0, 1)", "clip(x, max=0.5)", "clip(x, -row, 2)", "clip(n, min=0)"],
    "logical_and": ["logical_and(mask, x < 1)", "logical_and(mask, n)"],
    "logical_or": ["logical_or(mask, x < 1)"],
    "logical_not": ["logical_not(mask)", "logical_not(x)"],
    "cumulative_sum": [
        "cumulative_sum(x, 1)",
        "cumulative_sum(n, -1)",
        "cumulative_sum(point, 0)",
        "cumulative_sum(none, 0)",
    ],
    "unbroadcast": ["unbroadcast(x + 1, row)", "unbroadcast(x, point)", "unbroadcast(x, n)", "unbroadcast(row, row)"],
    "where": ["where(mask, x, 0)", "where(x > 0, x, n)", "where(n, row, x)", "where(True, 1, x)", "where(mask, 1, 0)"],
    "take": ["take(row, index, 0)", "take(x, index[0], 1)", "take(x, index, -1)"],
    "take_along_axis": ["take_along_axis(x, index, 0)", "take_along_axis(x, argmax(x, 1), 1)"],
    "delta": ["delta(n, 1)", "delta(n, n.T)"],
    "onehot": ["onehot(n, 3)", "onehot(index[0], 2)"],
    "matmul": [
        "matmul(x, y)",
        "x @ row",
        "row @ y",
        "row @ row",
        "image @ image.T",
        "none @ y",
        "none.T @ none",
        "n @ y",
        "mask @ y",
    ],
    "tensordot": [
        "tensordot(x, y, 1)",
        "tensordot(x, x, [[0, 1], [0, 1]])",
        "tensordot(none, none, 2)",
        "tensordot(x, row, [[1], [0]])",
    ],
    "einsum": [
        "einsum('ij,jk->ik', x, y)",
        "einsum('ij->ji', x)",
        "einsum('ij,ij->', none, none)",
        "einsum('ij,j,ji->i', x, row, y)",
    ],
    "reshape": [
        "reshape(x, [2, 6])",
        "reshape(x, [-1])",
        "reshape(n, 4)",
        "reshape(point, [1, 1])",
        "reshape(none, [4, 0])",
    ],
    "broadcast_to": ["broadcast_to(row, [2, 4])", "broadcast_to(2, [2, 0])"],
    "expand_dims": ["expand_dims(x, 1)", "expand_dims(x, -1)", "expand_dims(point, 0)"],
    "squeeze": ["squeeze(n)", "squeeze(n, 0)", "squeeze(x)"],
    "permute_dims": ["permute_dims(image, [2, 0, 3, 1])", "permute_dims(x, [-1, 0])"],
    "concat": ["concat([x, none, y.T], 0)", "concat([x, n], 0)", "concat([n, n], -1)"],
    "stack": ["stack([x, y.T], 1)", "stack([1, 2.5])"],
    "split": ["split(x, [1, 0, 3], 1)", "split(x, 3, dim=1)", "split(none, 2, 0)"],
    "flip": ["flip(x)", "flip(x, 1)", "flip(image, [0, -1])"],
    "roll": ["roll(x, 1, 1)", "roll(image, [1, -2], [0, 3])", "roll(point, 1, 0)"],
    "pad": [
        "pad(x, [1, 2])",
        "pad(x, [1, 0, 0, 2], value=0.5)",
        "pad(x, [-1, -2])",
        "pad(x, [-1, 2, 1, -1])",
        "pad(n, [1, 1])",
    ],
    "tril": ["tril(x)", "tril(x, -1)", "tril(n)", "tril(image, 1)"],
    "triu": ["triu(x)", "triu(x, 1)", "triu(none)"],
    "zeros_like": ["zeros_like(x)", "zeros_like(n)", "zeros_like(2)"],
    "ones_like": ["ones_like(x)", "ones_like(none)"],
    "full_like": ["full_like(x, 0.5)", "full_like(x, n)", "full_like(n, 3)"],
    "arange": ["arange(4) * x", "arange(1, 8, 2)", "arange(0)"],
    "shape": ["shape(x)", "shape(2)", "shape(x) + (1,)"],
    "ndim": ["ndim(image)", "ndim(1.5)"],
    "size": ["size(x)", "size(x, 1)", "size(image, [2, 3])", "size(none)", "size(point, 0)"],
    "unfold": [
        "unfold(image, 3)",
        "unfold(image, [3, 2], 2, [1, 0], [1, 2])",
        "unfold(signal, 3, 2, 1)",
        "unfold(signal, [7])",
    ],
    "fold": ["fold(unfold(image, 3, 1, 1), [5, 6], 3, 1, 1)", "fold(unfold(signal, [3], 2, 1, 2), 7, [3], 2, 1, 2)"],
}


def test_every_function_is_held_against_itself() -> None:
    assert set(CASES) == set(FUNCTIONS)


@pytest.mark.parametrize("text", [text for texts in CASES.values() for text in texts])
def test_readings_agree(text: str) -> None:
    assert_readings_agree(parse(text), SCOPE)


@pytest.mark.parametrize(
    "name",
    ["exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "sqrt", "log", "square", "sigmoid"],
)
def test_complex(name: str) -> None:
    assert_readings_agree(parse(f"{name}(z)"), SCOPE)


@pytest.mark.parametrize(
    "text",
    [
        "z * conj(z)",
        "abs(z)",
        "sign(z)",
        "z ** 2",
        "z / x",
        "z @ z.T",
        "sum(z, 1)",
        "1j * z - x",
        "where(mask, z, x)",
        "mean(z)",
        "image[:, :1] * 2",
        "x // 0.3",
        "x % 0.3",
        "7 // 2 + 7 % 2",
        "n / 2",
        "1 / size(x)",
        "mask + mask",
        "1 - mask",
        "-mask",
        "0 < x <= 1",
        "x == max(x, 1)",
        "2 ** -1",
        "x ** -2",
        "n ** -1 if False else 1",
        "positive ** 0.5",
    ],
)
def test_arithmetic(text: str) -> None:
    assert_readings_agree(parse(text), SCOPE)


SPECIAL = np.array([-math.inf, -1e300, -1e20, -1.0, -0.0, 0.0, 5e-324, 1.0, 1e20, 1e300, math.inf])


@pytest.mark.parametrize(
    "text",
    [
        "exp(x)",
        "expm1(x)",
        "tanh(x)",
        "sigmoid(x)",
        "softplus(x)",
        "erf(x)",
        "erfc(x)",
        "atan(x)",
        "x * 2",
        "x + 1",
        "-x",
        "abs(x)",
        "log(abs(x))",
        "exp(x - max(x))",
        "softmax([1, 1, 1][0] * x[1:9], 0)",
        "max(x)",
        "normal_cdf(x)",
        "sqrt(abs(x))",
        "x ** 2",
        "x < 1",
        "isinf(x)",
        "isfinite(x)",
        "1 / (1 + exp(-x))",
        "log1p(x[3:])",
        "lgamma(x[7:])",
        "where(x > 0, log(x), 0)",
        "sign(x)",
    ],
)
def test_huge_and_infinite_values(text: str) -> None:
    assert_readings_agree(parse(text), {"x": SPECIAL})


def test_reductions_keep_the_dimension_unless_told() -> None:
    formula, whole = parse("sum(x, dim)"), parse("sum(x)")
    assert evaluate(formula, {"x": torch.ones(3, 4), "dim": [0, 1]}, TorchReading()).shape == (1, 1)
    assert evaluate(whole, {"x": torch.ones(3, 4)}, TorchReading()).shape == ()


def test_sums_and_extremes_of_nothing() -> None:
    for text, value in (("sum(x)", 0.0), ("prod(x)", 1.0), ("max(x, 1)", -math.inf), ("min(x, 1)", math.inf)):
        scope = {"x": np.zeros((2, 0))}
        balls = evaluate(parse(text), {"x": to_balls(scope["x"])}, BallReading())
        tensor = evaluate(parse(text), {"x": torch.zeros(2, 0)}, TorchReading())
        assert (midpoints(balls) == value).all()
        assert (tensor == value).all()


def test_onehot_rows_of_ignored_targets_are_zero() -> None:
    target = torch.tensor([1, -100, 5])
    assert evaluate(parse("onehot(t, 3)"), {"t": target}, TorchReading()).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_integer_division_is_done_in_double() -> None:
    scope = {"a": torch.tensor([1]), "b": torch.tensor([3]), "half": torch.tensor(0.5, dtype=torch.float64)}
    for text in (
        "a / b",
        "a * 0.1",
        "a + half",
        "exp(a)",
        "maximum(a, half)",
        "where(a > b, a, 0.1)",
        "a ** half",
        "mean(a)",
    ):
        assert evaluate(parse(text), scope, TorchReading()).dtype == torch.float64, text


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_dtype_of_tensors_is_kept(dtype: torch.dtype) -> None:
    scope = {"x": torch.rand(2, 3).to(dtype), "N": 3}
    for text in (
        "exp(x) / N + 0.5",
        "mean(x) * pi",
        "maximum(x, 0.5)",
        "where(x > 0, x, 0)",
        "pad(x, [1, 1], value=0.5)",
    ):
        assert evaluate(parse(text), scope, TorchReading()).dtype == dtype


def test_every_function_tells_how_it_is_called_and_what_it_is() -> None:
    for name, function in FUNCTIONS.items():
        assert function.name == name
        assert function.signature.parameters
        assert function.summary and not function.summary.endswith("."), name


def test_argmax_of_an_array_with_an_empty_axis_beside() -> None:
    value = evaluate(parse("argmax(x, 1, keepdims=False)"), {"x": np.zeros((0, 3))}, BallReading())
    assert value.shape == (0,)
