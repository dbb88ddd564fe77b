"""Recorded lines made by hand: a run as it may look, every kind of outcome and every field in use."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from html import escape

from gradsuite.results import (
    Array,
    CaseResult,
    Culprit,
    Environment,
    Failure,
    Formula,
    Graph,
    GraphNode,
    Histogram,
    LastSample,
    Line,
    Measures,
    Op,
    Outcome,
    Picture,
    Says,
    SpecFault,
    Step,
)

CHECKS = [
    "value",
    "reverse",
    "forward_mode",
    "adjoint",
    "second_order",
    "precision",
    "cotangent_linearity",
    "kink",
    "edge",
    "equivalence",
    "identities",
    "graph",
    "inplace",
]
REAL = ("float64", "float32", "bfloat16", "float16")
ALL = (*REAL, "complex128", "complex64")
_EDGES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, math.inf)
_WORDS = ("conv", "pool", "norm", "loss", "shrink", "unit", "mix", "scan", "fold", "pad")


def _mi(name: str) -> str:
    return f"<mi>{name}</mi>"


def _sub(base: str, index: str) -> str:
    return f"<msub>{_mi(base)}{_mi(index)}</msub>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _math(*parts: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{"".join(parts)}</math>'


def _call(name: str, *arguments: str) -> str:
    inner = "<mo>,</mo>".join(arguments)
    return _row(_mi(name), "<mo>&#x2061;</mo>", "<mo>(</mo>", inner, "<mo>)</mo>")


def environments() -> tuple[Environment, Environment]:
    """A processor and an accelerator."""
    cpu = Environment(
        gradsuite="0.1.0",
        torch="2.13.0+cpu",
        python="3.11.9",
        platform="Linux-6.1-x86_64, AVX2",
        devices=("cpu",),
        threads=2,
        date="2026-03-02T09:41:07Z",
        command="gradsuite run specs --profile default --seed 0",
        profile="default",
        seed=0,
        flags={"deterministic algorithms": "off", "flush denormals": "off"},
    )
    cuda = cpu.model_copy(
        update={
            "torch": "2.13.0+cu130",
            "platform": "Linux-6.8-x86_64, AVX512",
            "devices": ("cpu", "cuda: NVIDIA H100 80GB HBM3"),
            "command": "gradsuite run specs --device cuda",
            "date": "2026-03-02T10:02:55Z",
            "flags": {"TF32 matmul": "off", "TF32 cudnn": "off", "deterministic algorithms": "off"},
        }
    )
    return cpu, cuda


def softmax() -> Op:
    """The op that people look at first."""
    numerator = f"<msup>{_mi('e')}{_row(_sub('x', 'i'), '<mo>−</mo>', _call('max', _mi('x')))}</msup>"
    forward = _row(
        _sub("y", "i"),
        "<mo>=</mo>",
        f"<mfrac>{numerator}{_row('<munder><mo>∑</mo><mi>j</mi></munder>', numerator)}</mfrac>",
    )
    delta = f"<msub>{_mi('δ')}{_row(_mi('i'), _mi('j'))}</msub>"
    partial = f"<mfrac>{_row('<mo>∂</mo>', _sub('y', 'i'))}{_row('<mo>∂</mo>', _sub('x', 'j'))}</mfrac>"
    bracket = _row("<mo>(</mo>", delta, "<mo>−</mo>", _sub("y", "j"), "<mo>)</mo>")
    jacobian = _row(partial, "<mo>=</mo>", _sub("y", "i"), bracket)
    total = _row("<munder><mo>∑</mo><mi>i</mi></munder>", partial, "<mo>=</mo>", "<mn>0</mn>")
    return Op(
        op="torch.nn.functional.softmax",
        name="softmax",
        family="activation",
        path="specs/activation/softmax.grad.yaml",
        summary="exponentials along a dimension, scaled to sum to one",
        reference="Bridle (1990), Training stochastic model recognition algorithms as networks",
        source=(
            "gradsuite: 1\nop: torch.nn.functional.softmax\nsummary: exponentials along a dimension, scaled to sum to "
            'one\nreference: Bridle (1990)\ninputs:\n  x: {shape: "*B C", domain: real}\narguments:\n  dim: [-1, 0]\n'
            'let: {e: "exp(x - max(x, dim))"}\nforward: e / sum(e, dim)\nderivative:\n'
            '  x: {jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}\nnode: SoftmaxBackward0\n'
        ),
        domains={"x": "real"},
        formulas=(
            Formula(label="y", form="forward", text="e / sum(e, dim)", mathml=_math(forward)),
            Formula(label="dx", form="jacobian", text="y[i] * (delta(i, j) - y[j])", mathml=_math(jacobian)),
            Formula(
                label="identity columns_sum_to_zero", form="identity", text="sum(d_x, dim) == 0", mathml=_math(total)
            ),
        ),
        graph=Graph(
            nodes=(
                GraphNode(id=0, name="y", role="output"),
                GraphNode(id=1, name="SoftmaxBackward0", role="function", saved=("dim: -1", "result: 4x5 float64")),
                GraphNode(id=2, name="AccumulateGrad", role="function"),
                GraphNode(id=3, name="x", role="leaf"),
            ),
            edges=((0, 1), (1, 2), (2, 3)),
        ),
        atomic=True,
    )


def linear() -> Op:
    """A graph with several inputs, one of them constant."""
    product = _row(_mi("y"), "<mo>=</mo>", _mi("x"), f"<msup>{_mi('W')}<mo>⊤</mo></msup>", "<mo>+</mo>", _mi("b"))
    grads = (("dx", "ct @ w"), ("dw", "ct.T @ x"), ("db", "sum(ct, 0)"))
    return Op(
        op="torch.nn.functional.linear",
        name="linear",
        family="linear",
        path="specs/linear/linear.grad.yaml",
        summary="a matrix product and a bias",
        reference="Magnus and Neudecker (2019), chapter 9",
        source="gradsuite: 1\nop: torch.nn.functional.linear\n",
        domains={"x": "real", "w": "real", "b": "real"},
        formulas=(
            Formula(label="y", form="forward", text="x @ w.T + b", mathml=_math(product)),
            *(
                Formula(
                    label=label, form="vjp", text=text, mathml=_math(_mi(label), "<mo>=</mo>", f"<mtext>{text}</mtext>")
                )
                for label, text in grads
            ),
        ),
        graph=Graph(
            nodes=(
                GraphNode(id=0, name="y", role="output"),
                GraphNode(
                    id=1, name="AddmmBackward0", role="function", saved=("mat1: 3x4 float64", "mat2: 4x2 float64")
                ),
                GraphNode(id=2, name="TBackward0", role="function"),
                GraphNode(id=3, name="AccumulateGrad", role="function"),
                GraphNode(id=4, name="AccumulateGrad", role="function"),
                GraphNode(id=5, name="w", role="leaf"),
                GraphNode(id=6, name="b", role="leaf"),
                GraphNode(id=7, name="x", role="constant"),
            ),
            edges=((0, 1), (1, 4), (1, 2), (2, 3), (3, 5), (4, 6), (1, 7)),
        ),
        atomic=False,
    )


def simple(name: str, family: str, summary: str, text: str, reference: str) -> Op:
    """An elementwise op."""
    derivative = _math(_row(_mi("dy"), "<mo>/</mo>", _mi("dx"), "<mo>=</mo>", f"<mtext>{escape(text)}</mtext>"))
    return Op(
        op=f"torch.{name}",
        name=name,
        family=family,
        path=f"specs/{family}/{name}.grad.yaml",
        summary=summary,
        reference=reference,
        source=f"gradsuite: 1\nop: torch.{name}\nsummary: {summary}\n",
        domains={"x": "real"},
        formulas=(Formula(label="dx", form="elementwise", text=text, mathml=derivative),),
        graph=Graph(
            nodes=(
                GraphNode(id=0, name="y", role="output"),
                GraphNode(id=1, name=f"{name.title()}Backward0", role="function", saved=("self: 3 float64",)),
                GraphNode(id=2, name="AccumulateGrad", role="function"),
                GraphNode(id=3, name="x", role="leaf"),
            ),
            edges=((0, 1), (1, 2), (2, 3)),
        ),
        atomic=True,
    )


def measures(check: str, dtype: str, seed: int) -> Measures:
    """Figures as the checks would give them."""
    dice = random.Random(f"{check} {dtype} {seed}")
    counts = tuple(int(dice.uniform(0.4, 1) * 90 * math.exp(-bin_ * 1.2)) for bin_ in range(8))
    histogram = Histogram(edges=_EDGES, counts=counts)
    last = max(k for k, count in enumerate(counts) if count)
    worst = _EDGES[last] + dice.random() * (_EDGES[last + 1] - _EDGES[last])
    if check == "reverse":
        proven = 60 + dice.random() * 14
        return Measures(worst_ulps=worst, ulps=histogram, digits_proven=proven, median_bar=9e-14)
    if check == "precision":
        return Measures(worst_ratio=worst, ratios=histogram)
    return Measures()


def case(op: Op, check: str, dtype: str, *, device: str = "cpu", seed: int = 0, **fields: object) -> CaseResult:
    """A case that passed, unless ``fields`` say otherwise."""
    passed: dict[str, object] = {
        "id": f"{op.path}::{op.name}::{check}[{device}-{dtype}]",
        "op": op.op,
        "name": op.name,
        "path": op.path,
        "check": check,
        "device": device,
        "dtype": dtype,
        "outcome": Outcome.PASSED,
        "samples": 40,
        "conclusive": 40,
        "seconds": 0.021,
        "measures": measures(check, dtype, seed),
    }
    return CaseResult.model_validate({**passed, **fields})


def array(name: str, values: list[float], shape: tuple[int, ...], dtype: str, *, grad: bool = True) -> Array:
    """An input as recorded."""
    return Array(
        name=name,
        dtype=dtype,
        shape=shape,
        requires_grad=grad,
        hex=tuple(value.hex() for value in values),
        text="[" + ", ".join(f"{value:g}" for value in values) + "]",
    )


def _softmax_jacobian() -> Picture:
    x = (0.0, 1.0, 2.0, 0.5)
    total = sum(map(math.exp, x))
    y = [math.exp(v) / total for v in x]
    truth = [y[i] * ((i == j) - y[j]) for i in range(4) for j in range(4)]
    got = [(y[i] ** 2 - y[i]) * (i == j) for i in range(4) for j in range(4)]
    error = [g - t for g, t in zip(got, truth, strict=True)]
    return Picture(rows=4, columns=4, truth=tuple(truth), got=tuple(got), error=tuple(error))


def wrong_spec() -> Failure:
    """The well-known wrong statement on softmax."""
    return Failure(
        comparison="reverse: gradient of input x",
        culprit=Culprit.SPEC,
        sentence="the spec is wrong: reverse mode and the differences agree, the declared formula does not",
        hint="its sign is flipped, and it holds only the diagonal",
        inputs=(array("x", [0.0, 1.0, 2.0, 0.5], (1, 4), "float64"),),
        cotangents=(array("ct", [1.0, -0.5, 2.0, 1.0], (1, 4), "float64", grad=False),),
        arguments={"dim": "-1"},
        says=(
            Says(route="reverse", value="0.21044", bar="1.1e-16", agrees=True),
            Says(route="forward_mode", value="0.21044", bar="1.1e-16", agrees=True),
            Says(route="differences", value="0.21043", bar="0.004", agrees=True),
            Says(route="formula", value="-0.48512", bar="3.0e-61", agrees=False),
        ),
        where="input x, element [0, 2]",
        got="-0.4851247",
        expected="0.2104377",
        ulps=2.5e15,
        picture=_softmax_jacobian(),
        steps=tuple(Step(size=2.0**-k, error=0.6955 + 0.1 * 4.0**-k, bar=1e-3 * 4.0**-k) for k in range(2, 14, 2)),
        replay='pytest "specs/activation/softmax.grad.yaml" -k "reverse and float64" --gradsuite-seed 0',
        reproducer=(
            "import torch\n\nx = torch.tensor([[0.0, 1.0, 2.0, 0.5]], dtype=torch.float64, requires_grad=True)\n"
            "y = torch.nn.functional.softmax(x, dim=-1)\n"
            "ct = torch.tensor([[1.0, -0.5, 2.0, 1.0]], dtype=torch.float64)\n(got,) = torch.autograd.grad(y, x, ct)\n"
            "print(got[0, 2].item(), 'expected', 0.21043770432)\n"
        ),
    )


def wrong_constant(dtype: str) -> Failure:
    """A constant in single precision inside a double-precision backward."""
    return Failure(
        comparison="reverse: gradient of input x",
        culprit=Culprit.BACKWARD,
        sentence="the backward is wrong: the declared formula and the differences agree, reverse mode does not",
        hint="an error of the size of float32's roundoff",
        inputs=(array("x", [1.0], (1,), dtype),),
        cotangents=(array("ct", [1.0], (1,), dtype, grad=False),),
        says=(
            Says(route="reverse", value="0.16666667163372", bar="1.9e-17", agrees=False),
            Says(route="differences", value="0.16666666666666", bar="2.1e-14", agrees=True),
            Says(route="formula", value="0.16666666666667", bar="1.0e-62", agrees=True),
        ),
        where="input x, element [0]",
        got="0.1666666716337204",
        expected="0.1666666666666667",
        ulps=178956970.0,
        steps=tuple(
            Step(size=10.0**-k, error=4.97e-9 + 10.0 ** (-2 * k - 4), bar=10.0 ** (-2 * k - 6)) for k in range(1, 7)
        ),
        replay='pytest "specs/activation/hardsigmoid.grad.yaml" -k "reverse and float64"',
        reproducer="import torch\n\nx = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)\n"
        "torch.nn.functional.hardsigmoid(x).backward()\nprint(x.grad.item(), 'expected', 1 / 6)\n",
    )


def imprecise() -> Failure:
    """Low precision, far beyond what rounding must cost; a Jacobian too large for figures."""
    size = 12
    truth = tuple(1 / (i + 1) if j <= i else 0.0 for i in range(size) for j in range(size))
    got = tuple(t * (1 + 0.3 * math.sin(7 * k)) if k % 5 else t for k, t in enumerate(truth))
    error = tuple(g - t for g, t in zip(got, truth, strict=True))
    return Failure(
        comparison="precision: gradient of input x",
        culprit=Culprit.BACKWARD,
        sentence="the backward is wrong: its error is 61 times what rounding in bfloat16 must cost",
        hint="a tail block differs",
        inputs=(array("x", [float(k) for k in range(size)], (size,), "bfloat16"),),
        arguments={"dim": "0"},
        variant="one_dimension",
        says=(
            Says(route="reverse", value="[0.996, 0.43, ...]", bar="0.0039", agrees=False),
            Says(route="reference", value="[1.000, 0.52, ...]", bar="0.0012", agrees=True),
        ),
        where="input x, element [11]",
        got="0.0610",
        expected="0.0833",
        ratio=61.2,
        picture=Picture(rows=size, columns=size, truth=truth, got=got, error=error),
        replay='pytest "specs/reduction/logcumsumexp.grad.yaml" -k "precision and bfloat16"',
        reproducer="import torch\n\nx = torch.arange(12, dtype=torch.bfloat16, requires_grad=True)\n",
    )


def _results(op: Op, dtypes: tuple[str, ...], device: str = "cpu", seed: int = 0) -> Iterator[CaseResult]:
    for dtype in dtypes:
        for check in CHECKS:
            if check == "equivalence" and op.family != "linear":
                reason = "the spec declares no equivalence"
                yield case(op, check, dtype, device=device, outcome=Outcome.UNSUPPORTED, reason=reason, samples=0)
            else:
                yield case(op, check, dtype, device=device, seed=seed)


def _instead(op: Op, check: str, dtype: str, **fields: object) -> CaseResult:
    return case(op, check, dtype, **fields)


def lines() -> list[Line]:
    """Two runs of a small catalogue, with everything that may happen in it."""
    cpu, cuda = environments()
    ops = [
        softmax(),
        simple(
            "hardsigmoid",
            "activation",
            "a line clipped to the unit interval",
            "1/6 where -3 < x < 3",
            "Courbariaux (2015)",
        ),
        simple("tanh", "activation", "the hyperbolic tangent", "1 - y**2", "Abramowitz and Stegun 4.5.73"),
        linear(),
        simple("pow", "arithmetic", "a base to an exponent", "n * x**(n - 1)", "Hardy (1908)"),
        simple("log", "arithmetic", "the natural logarithm", "1 / x", "Napier (1614)"),
        simple(
            "logcumsumexp", "reduction", "the logarithm of running sums", "exp(x - y)", "Blanchard and others (2021)"
        ),
        simple("argmax", "reduction", "where the largest value stands", "0", "none needed"),
    ]
    found: list[Line] = [cpu, *ops]
    for op in ops:
        found += _results(op, ALL if op.family in ("linear", "arithmetic") else REAL)
    found += _troubles({op.name: op for op in ops})
    found += [
        SpecFault(
            path="specs/loss/huber.grad.yaml",
            line=7,
            column=11,
            what="unknown key 'shapes'",
            mend="did you mean 'shape'?",
        ),
        SpecFault(
            path="specs/loss/huber.grad.yaml",
            line=12,
            column=24,
            what="unknown function 'expp'",
            mend="did you mean 'exp'?",
        ),
    ]
    found.append(cuda)
    for op in ops[:5]:
        found += _results(op, REAL, "cuda", 1)
    return found


def few() -> list[Line]:
    """The same lines, of the cases that passed only a handful: one of each thing that the page shows."""
    kept = ("value", "reverse", "precision")
    return [
        line
        for line in lines()
        if not (isinstance(line, Op | CaseResult) and line.name in ("hardsigmoid", "log", "argmax"))
        and not (
            isinstance(line, CaseResult)
            and line.outcome in (Outcome.PASSED, Outcome.UNSUPPORTED)
            and line.check not in kept
        )
        and not (isinstance(line, CaseResult) and line.dtype in ("float32", "complex64"))
    ]


def _troubles(ops: dict[str, Op]) -> Iterator[CaseResult]:
    """Results that replace those that passed."""
    for dtype in ("float64", "float32"):
        failure = {"outcome": Outcome.FAILED, "failures": (wrong_spec(),)}
        yield _instead(ops["softmax"], "reverse", dtype, **failure)
    yield _instead(ops["softmax"], "adjoint", "float64", outcome=Outcome.FAILED, failures=(wrong_spec(),))
    yield _instead(
        ops["hardsigmoid"], "reverse", "float64", outcome=Outcome.FAILED, failures=(wrong_constant("float64"),)
    )
    link = "an unstable running sum, https://github.com/pytorch/pytorch/issues/1"
    waived = {"outcome": Outcome.WAIVED, "reason": link, "failures": (imprecise(),)}
    yield _instead(ops["logcumsumexp"], "precision", "bfloat16", **waived)
    yield _instead(ops["logcumsumexp"], "precision", "float16", outcome=Outcome.FAILED, failures=(imprecise(),))
    wide = "the bar of the differences (0.4) is wider than the gradient (0.1) in 3 of 40 samples"
    yield _instead(ops["tanh"], "second_order", "float16", outcome=Outcome.INCONCLUSIVE, reason=wide, conclusive=37)
    yield _instead(
        ops["pow"],
        "edge",
        "float16",
        outcome=Outcome.ERROR,
        reason="RuntimeError: value cannot be converted",
        last_sample=LastSample(inputs=(array("x", [0.0, -2.5], (2,), "float16"),), arguments={"n": "0.5"}),
    )
    for dtype in REAL:
        for check in ("reverse", "forward_mode", "adjoint", "second_order"):
            reason = "no output carries a gradient"
            yield _instead(ops["argmax"], check, dtype, outcome=Outcome.UNSUPPORTED, reason=reason, measures=Measures())


def many(ops: int = 50, failures: int = 60) -> list[Line]:
    """``ops`` x 6 dtypes x 13 checks, with ``failures`` in full spread over them."""
    found: list[Line] = [environments()[0]]
    for k in range(ops):
        name = f"{_WORDS[k % 10]}{k}"
        found.append(
            softmax().model_copy(update={"name": name, "op": f"torch.{name}", "path": f"specs/all/{name}.grad.yaml"})
        )
    cases = [case(op, check, dtype) for op in found[1:] for dtype in ALL for check in CHECKS]  # type: ignore[arg-type]
    every = max(1, len(cases) // max(failures, 1))
    for place in range(0, every * failures, every):
        broken = {"outcome": Outcome.FAILED, "failures": (wrong_spec(),)}
        cases[place] = cases[place].model_copy(update=broken)
    return [*found, *cases]


PAYLOAD = (
    '"><img src=x onerror="window.owned=1"><script>window.owned=1</script><svg onload="window.owned=1">'
    "<a href='javascript:window.owned=1'>here</a> https://evil.example/\"onclick=x {{ 7 * 7 }} {% raw %}"
    "</style></pre></details>--> | `rm` ```\n# heading\n[link](javascript:x) [red]markup[/red] \x1b[31m \u202e"
)
_KEPT = ("kind", "outcome", "culprit", "role", "hex")


def hostile() -> list[Line]:
    """The same lines with every text that may come from outside replaced by an attack."""
    return [type(line).model_validate(_poisoned(line.model_dump())) for line in lines()]


def _poisoned(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        return {name: _poisoned(part, name) for name, part in value.items()}
    if isinstance(value, list | tuple) and key not in _KEPT:
        return tuple(_poisoned(part, key) for part in value)
    return f"{value} {PAYLOAD}" if isinstance(value, str) and key not in _KEPT else value
