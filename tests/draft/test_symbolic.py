"""Proposed derivatives are those of the formula, in the formula language, as differences tell."""

from __future__ import annotations

import pytest
import torch

from gradsuite.draft.known import OTHER, forward
from gradsuite.spec.formula import evaluate, parse
from gradsuite.spec.formula.symbolic import FUNCTIONS, derivative
from gradsuite.subject import TORCH

X = torch.tensor([0.3, 0.7, 1.5], dtype=torch.float64)
FORMULAS = [
    *OTHER.values(),
    *(
        f"{name}(x / 4)"
        for name in FUNCTIONS
        if forward(name) and name not in OTHER and name not in ("sign", "digamma", "acosh")
    ),
    "acosh(x + 2)",
    "where(x > 1, where(x < 0, 2, x ** 3), exp(1) * x)",
    "abs(x - 1) + maximum(x, 1) * minimum(2, x)",
    "pow(square(x), 0.5) * atan(1e-3 * x) / pi",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_derivative_is_that_of_the_formula(text: str) -> None:
    formula = parse(text)
    scope = {name: X + place for place, name in enumerate(sorted(formula.names, reverse=True))}
    for name in formula.names:
        found = evaluate(parse(derivative(formula, name)), scope, TORCH)
        leaf = scope[name].clone().requires_grad_()
        (truth,) = torch.autograd.grad(torch.as_tensor(evaluate(formula, {**scope, name: leaf}, TORCH)).sum(), leaf)
        told = torch.as_tensor(found, dtype=torch.float64).expand(3).tolist()
        assert told == pytest.approx(truth.tolist(), rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("text", ["digamma(x)", "sign(x)", "softmax(x, -1)", "x[0]", "x % 2", "True"])
def test_what_is_not_differentiated_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"language|differentiated"):
        derivative(parse(text), "x")
