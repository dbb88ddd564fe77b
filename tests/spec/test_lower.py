"""Declared derivatives of real ops, lowered to VJPs, against autograd: in tensors and in balls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gradsuite.errors import FormulaError
from gradsuite.spec.definition import Derivative, Form
from gradsuite.spec.formula import parse
from gradsuite.spec.formula.ball_reading import BallReading, difference, radii, to_balls
from gradsuite.spec.formula.torch_reading import TorchReading
from gradsuite.spec.lower import Scope, forward, vjp


@dataclass(frozen=True)
class Op:
    """An op, its declared formulas, and a sample."""

    call: Callable[..., Any]
    inputs: Mapping[str, Any]
    forward: str
    derivative: Mapping[str, tuple[Form, str] | tuple[Form, str, int | str]]
    let: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    dtype: torch.dtype = torch.float64

    @property
    def definition(self) -> Any:
        let = {name: parse(text) for name, text in self.let.items()}
        return SimpleNamespace(let=let, forward={"y": parse(self.forward)})

    def scope(self, reading: Any, read: Callable[[torch.Tensor], Any]) -> Scope:
        inputs = {name: read(v) if isinstance(v, torch.Tensor) else v for name, v in self.inputs.items()}
        return Scope(self.definition, inputs, self.arguments, {}, {}, reading)


def declared(form: Form, text: str, along: int | str | None = None) -> Derivative:
    return Derivative(form, parse(text, indices=("i", "j") if form is Form.JACOBIAN else ()), along)


def rand(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=GENERATOR, dtype=torch.float64) * 2 - 1


GENERATOR = torch.Generator().manual_seed(0)
ELEMENTWISE, JACOBIAN, GRADIENT, RESHUFFLE, VJP = (
    Form.ELEMENTWISE,
    Form.JACOBIAN,
    Form.GRADIENT,
    Form.RESHUFFLE,
    Form.VJP,
)
SOFTMAX = {
    "let": {"e": "exp(x - max(x, dim))"},
    "forward": "e / sum(e, dim)",
    "derivative": {"x": (JACOBIAN, "y[i] * (delta(i, j) - y[j])", "dim")},
}
TARGET = torch.tensor([[1, -100], [2, 0], [1, 1]])
CROSS_ENTROPY = {
    "let": {
        "C": "size(x, 1)",
        "kept": "target != ignore_index",
        "ones": "ones_like(x[:1]) if weight is None else reshape(weight, [1, C, 1])",
        "hot": "permute_dims(onehot(target, C), [0, 2, 1])",
        "q": "(1 - smooth) * hot + smooth / C * expand_dims(kept, 1)",
        "wt": "sum(ones * hot, 1)",
        "each": "-sum(ones * q * log_softmax(x, 1), 1, keepdims=False)",
        "scale": "1 if reduction != 'mean' else 1 / sum(wt)",
    },
    "derivative": {
        "x": (
            VJP,
            "expand_dims(ct, 1) * scale * (sum(ones * q, 1) * softmax(x, 1) - ones * q)"
            " if reduction == 'none' else ct * scale * (sum(ones * q, 1) * softmax(x, 1) - ones * q)",
        )
    },
    "forward": "each if reduction == 'none' else scale * sum(each)",
}


def cross_entropy(weight: torch.Tensor | None, reduction: str, smooth: float) -> Op:
    def call(x: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
        return F.cross_entropy(x, target, weight, ignore_index=-100, reduction=reduction, label_smoothing=smooth)

    inputs = {"x": rand(3, 4, 2), "target": TARGET, "weight": weight}
    arguments = {"reduction": reduction, "smooth": smooth, "ignore_index": -100}
    return Op(call, inputs, arguments=arguments, **CROSS_ENTROPY)  # type: ignore[arg-type]


def convolution(spatial: tuple[int, ...], kernel: tuple[int, ...], groups: int) -> Op:
    call = F.conv1d if len(spatial) == 1 else F.conv2d
    how = {"stride": 2, "padding": 1, "dilation": 1, "groups": groups}
    patches = "kernel, stride, padding, dilation"
    return Op(
        lambda x, w, b: call(x, w, b, **how),  # type: ignore[operator]
        {"x": rand(2, 4, *spatial), "w": rand(6, 4 // groups, *kernel), "b": rand(6)},
        let={
            "N": "size(x, 0)",
            "O": "size(w, 0)",
            "kernel": "shape(w)[2:]",
            "plane": "shape(x)[2:]",
            "cols": f"unfold(x, {patches})",
            "grouped": "reshape(cols, [N, groups, -1, size(cols, 2)])",
            "rows": "reshape(w, [groups, O // groups, -1])",
            "product": "reshape(rows @ grouped, [N, O, -1]) + b[:, None]",
            "out": "[(plane[0] + 2 * padding - dilation * (kernel[0] - 1) - 1) // stride + 1]"
            " + ([(plane[1] + 2 * padding - dilation * (kernel[1] - 1) - 1) // stride + 1] if ndim(x) == 4 else [])",
        },
        forward="reshape(product, [N, O] + out)",
        derivative={
            "x": (
                VJP,
                f"fold(reshape(rows.T @ reshape(ct, [N, groups, O // groups, -1]), shape(cols)), plane, {patches})",
            ),
            "w": (VJP, "reshape(sum(reshape(ct, [N, groups, O // groups, -1]) @ grouped.T, 0), shape(w))"),
            "b": (VJP, "sum(reshape(ct, [N, O, -1]), [0, 2], keepdims=False)"),
        },
        arguments=how,
    )


def matmul(a: tuple[int, ...], b: tuple[int, ...], dtype: torch.dtype = torch.float64) -> Op:
    left, right = ((rand(*shape) + (1j * rand(*shape) if dtype.is_complex else 0)) for shape in (a, b))
    derivative = {"a": (VJP, "ct @ conj(b).T"), "b": (VJP, "conj(a).T @ ct")}
    return Op(torch.matmul, {"a": left, "b": right}, "a @ b", derivative, dtype=dtype)  # type: ignore[arg-type]


OPS = {
    "softmax": Op(torch.softmax, {"x": rand(3, 4)}, arguments={"dim": -1}, **SOFTMAX),  # type: ignore[arg-type]
    "softmax of three": Op(torch.softmax, {"x": rand(2, 3, 4)}, arguments={"dim": 1}, **SOFTMAX),  # type: ignore[arg-type]
    "softmax of a number": Op(torch.softmax, {"x": rand()}, arguments={"dim": 0}, **SOFTMAX),  # type: ignore[arg-type]
    "softmax of nothing": Op(torch.softmax, {"x": rand(0, 3)}, arguments={"dim": 0}, **SOFTMAX),  # type: ignore[arg-type]
    "log_softmax": Op(
        torch.log_softmax,
        {"x": rand(3, 4)},
        "log_softmax(x, dim)",
        {"x": (JACOBIAN, "delta(i, j) - exp(y[j])", 0)},
        arguments={"dim": 0},
    ),
    "weighted sum": Op(
        lambda x, w: (x * w).sum(1, keepdim=True),
        {"x": rand(3, 4), "w": rand(4)},
        "sum(x * w, 1)",
        {"x": (JACOBIAN, "w[j]", 1), "w": (VJP, "ct * x")},
    ),
    "cumulative sum": Op(
        lambda x: x.cumsum(1), {"x": rand(3, 4)}, "cumulative_sum(x, 1)", {"x": (JACOBIAN, "where(i >= j, 1, 0)", 1)}
    ),
    "mean along": Op(
        lambda x: x.mean(1, True), {"x": rand(3, 4)}, "mean(x, 1)", {"x": (JACOBIAN, "1 / size(x, 1)", 1)}
    ),
    "mean": Op(lambda x: x.mean(), {"x": rand(3, 4)}, "mean(x)", {"x": (GRADIENT, "1 / size(x)")}),
    "mean over dims": Op(
        lambda x: x.mean((0, 2)),
        {"x": rand(2, 3, 4)},
        "mean(x, [0, 2], keepdims=False)",
        {"x": (VJP, "expand_dims(ct, 1) / size(x, [0, 2])")},
    ),
    **{
        f"cross_entropy {reduction} {smooth} {'plain' if weight is None else 'weighted'}": cross_entropy(
            weight, reduction, smooth
        )
        for reduction in ("none", "sum", "mean")
        for smooth, weight in ((0.0, None), (0.0, rand(4).abs()), (0.25, None))
    },
    "cat": Op(
        lambda a, b, c: torch.cat([a, b, c], 1),
        {"a": rand(2, 3), "b": rand(2, 0), "c": rand(2, 1)},
        "concat([a, b, c], 1)",
        {name: (RESHUFFLE, f"split(ct, [size(a, 1), size(b, 1), size(c, 1)], 1)[{k}]") for k, name in enumerate("abc")},
    ),
    "conv1d": convolution((7,), (3,), 1),
    "conv1d grouped": convolution((7,), (3,), 2),
    "conv2d": convolution((5, 6), (3, 2), 1),
    "conv2d grouped": convolution((5, 6), (3, 2), 2),
    "matmul": matmul((3, 4), (4, 2)),
    "matmul of batches": matmul((2, 1, 3, 4), (5, 4, 2)),
    "matmul complex": matmul((3, 4), (4, 2), torch.complex128),
    "mul broadcast": Op(
        torch.mul, {"a": rand(3, 1), "b": rand(2, 1, 4)}, "a * b", {"a": (ELEMENTWISE, "b"), "b": (ELEMENTWISE, "a")}
    ),
    "cosine_similarity": Op(
        lambda a, b: F.cosine_similarity(a, b, dim=1, eps=1e-8),
        {"a": rand(3, 4), "b": rand(1, 4)},
        "sum(a * b, 1, keepdims=False) / squeeze(p * q, 1)",
        {
            "a": (VJP, "expand_dims(ct, 1) * (b / (p * q) - expand_dims(y, 1) * a / p ** 2)"),
            "b": (VJP, "expand_dims(ct, 1) * (a / (p * q) - expand_dims(y, 1) * b / q ** 2)"),
        },
        {"p": "maximum(sqrt(sum(a * a, 1)), 1e-8)", "q": "maximum(sqrt(sum(b * b, 1)), 1e-8)"},
    ),
    "glu": Op(
        lambda x: F.glu(x, 1),
        {"x": rand(3, 4)},
        "a * s",
        {"x": (VJP, "concat([ct * s, ct * a * s * (1 - s)], 1)")},
        {"halves": "split(x, size(x, 1) // 2, 1)", "a": "halves[0]", "s": "sigmoid(halves[1])"},
    ),
    "gelu": Op(F.gelu, {"x": rand(5)}, "x * normal_cdf(x)", {"x": (ELEMENTWISE, "normal_cdf(x) + x * normal_pdf(x)")}),
    "gelu tanh": Op(
        lambda x: F.gelu(x, approximate="tanh"),
        {"x": rand(5)},
        "x * (1 + t) / 2",
        {"x": (ELEMENTWISE, "(1 + t) / 2 + x * (1 - t ** 2) / 2 * c * (1 + 3 * 0.044715 * x ** 2)")},
        {"c": "sqrt(2 / pi)", "t": "tanh(c * (x + 0.044715 * x ** 3))"},
    ),
    "pow": Op(
        torch.pow,
        {"x": rand(3, 1).abs() + 0.1, "p": rand(4)},
        "x ** p",
        {"x": (ELEMENTWISE, "p * x ** (p - 1)"), "p": (ELEMENTWISE, "y * log(x)")},
    ),
    "complex exp": Op(
        torch.exp, {"x": rand(3) + 1j * rand(3)}, "exp(x)", {"x": (ELEMENTWISE, "y")}, dtype=torch.complex128
    ),
}


def run(op: Op) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    """Autograd: the value, a cotangent, and the gradient of each differentiated input."""
    leaves = {
        n: v.clone().requires_grad_(n in op.derivative) if isinstance(v, torch.Tensor) else v
        for n, v in op.inputs.items()
    }
    extra = {"dim": op.arguments["dim"]} if "dim" in op.arguments else {}
    y = op.call(*leaves.values(), **extra)
    ct = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=op.dtype)
    gradients = torch.autograd.grad(y, [leaves[name] for name in op.derivative], ct)
    return y.detach(), ct, dict(zip(op.derivative, gradients, strict=True))


def enclosed(floats: torch.Tensor, op: Op, find: Callable[[Scope, Callable[[torch.Tensor], Any]], Any]) -> bool:
    """Whether floats lie in the balls that 46 bits give: their radii are 128 times the rounding of this computation."""
    read: Callable[[torch.Tensor], Any] = lambda tensor: to_balls(tensor.numpy())  # noqa: E731
    fine, coarse = (find(op.scope(BallReading(bits), read), read) for bits in (200, 46))
    assert np.shape(fine) == floats.shape
    return bool((np.abs(difference(fine, floats.resolve_conj().numpy())) <= radii(coarse)).all())


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_the_declared_formulas_agree_with_autograd(op: Op) -> None:
    y, ct, gradients = run(op)
    assert enclosed(y, op, lambda scope, read: forward(op.definition, scope)["y"])
    for name, gradient in gradients.items():
        derivative = declared(*op.derivative[name])
        assert enclosed(gradient, op, lambda scope, read: vjp(derivative, name, scope, {"y": read(ct)})), name  # noqa: B023


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_tensors_and_balls_agree(op: Op) -> None:
    _, ct, _ = run(op)
    scope = op.scope(TorchReading(), lambda tensor: tensor)
    assert enclosed(forward(op.definition, scope)["y"], op, lambda scope, read: scope["y"])
    for name, how in op.derivative.items():
        derivative = declared(*how)
        got = vjp(derivative, name, scope, {"y": ct})
        assert enclosed(got, op, lambda scope, read: vjp(derivative, name, scope, {"y": read(ct)})), name  # noqa: B023


def scope_of(let: dict[str, str], forward: dict[str, str], inputs: dict[str, Any], **extra: Any) -> Scope:
    parts = [{name: parse(text) for name, text in group.items()} for group in (let, forward)]
    definition: Any = SimpleNamespace(let=parts[0], forward=parts[1])
    return Scope(definition, inputs, {}, {}, {}, TorchReading(), extra)


def test_lets_are_evaluated_once_and_only_when_used() -> None:
    scope = scope_of({"a": "x + 1", "never": "x + missing"}, {"y": "a * a"}, {"x": torch.ones(2)})
    assert scope["y"].tolist() == [4.0, 4.0]
    assert scope["a"] is scope["a"]


def test_a_let_may_use_the_output() -> None:
    scope = scope_of({"s": "1 - y"}, {"y": "x * 2"}, {"x": torch.ones(1)})
    assert vjp(declared(ELEMENTWISE, "s"), "x", scope, {"y": torch.ones(1)}).tolist() == [-1.0]


def test_extra_names_go_before_the_declared_forward() -> None:
    scope = scope_of({}, {"y": "x"}, {"x": torch.ones(1)}, y=torch.full((1,), 7.0))
    assert scope["y"].tolist() == [7.0]


def test_what_is_defined_by_itself_is_refused() -> None:
    scope = scope_of({"a": "b", "b": "a + x"}, {"y": "a"}, {"x": torch.ones(1)})
    with pytest.raises(FormulaError, match="defined by itself"):
        scope["y"]


def test_several_outputs_have_a_cotangent_each() -> None:
    scope = scope_of({}, {"u": "x", "v": "2 * x"}, {"x": torch.ones(3)})
    got = vjp(declared(VJP, "ct_u + 2 * ct_v"), "x", scope, {"u": torch.ones(3), "v": torch.full((3,), 5.0)})
    assert got.tolist() == [11.0] * 3


def test_a_reshuffle_is_bitwise() -> None:
    ct = torch.randn(4, 3)
    got = vjp(declared(RESHUFFLE, "ct.T"), "x", scope_of({}, {"y": "x.T"}, {"x": torch.ones(3, 4)}), {"y": ct})
    assert torch.equal(got, ct.T)


def test_roundings_are_perturbed_and_selections_are_not() -> None:
    seen: list[torch.Tensor] = []

    def perturb(tensor: torch.Tensor) -> torch.Tensor:
        seen.append(tensor)
        return tensor * (1 + 2.0**-20)

    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    definition: Any = SimpleNamespace(let={}, forward={"y": parse("exp(flip(maximum(-x, where(x > 1, x, 0))[1:]))")})
    value = Scope(definition, {"x": x}, {}, {}, {}, TorchReading(perturb))["y"]
    assert len(seen) == 1  # exp alone rounds
    assert value.item() == torch.tensor(2.0, dtype=torch.float64).exp().item() * (1 + 2.0**-20)


@pytest.mark.parametrize("along", ["dim", 2, -3, None])
def test_a_dimension_that_the_input_lacks_is_refused(along: Any) -> None:
    scope = scope_of({}, {"y": "x"}, {"x": torch.ones(2, 2)}, dim=7)
    with pytest.raises(FormulaError, match="along"):
        vjp(declared(JACOBIAN, "delta(i, j)", along), "x", scope, {"y": torch.ones(2, 2)})
