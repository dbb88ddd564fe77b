"""Formulas that nobody wrote: whatever the language accepts, torch and balls agree on."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradsuite.spec.formula import parse
from tests.spec.formula.agreement import assert_readings_agree

LEAVES = st.sampled_from(["x", "y", "row", "n", "2", "0.5", "dim", "pi", "x[:1]", "size(x)"])
UNARY = st.sampled_from(
    [
        "-{}",
        "exp(-abs({}))",
        "tanh({})",
        "sigmoid({})",
        "abs({})",
        "sum({}, 0)",
        "mean({})",
        "softmax({}, -1)",
        "cumulative_sum({}, 0)",
        "flip({})",
        "erf({})",
        "log1p(abs({}))",
        "square({})",
        "logsumexp({}, 0)",
    ]
)
BINARY = st.sampled_from(
    [
        "({} + {})",
        "({} - {})",
        "{} * {}",
        "{} / (1 + abs({}))",
        "where(mask, {}, {})",
        "maximum({}, {})",
        "minimum({}, {})",
        "unbroadcast({} * {}, 1)",
        "stack([{}, {}][:1], 0)",
    ]
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.builds(lambda form, a: form.format(f"({a})"), UNARY, inner)
    two = st.builds(lambda form, a, b: form.format(f"({a})", f"({b})"), BINARY, inner, inner)
    return one | two


FORMULAS = st.recursive(LEAVES, grown, max_leaves=8)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(FORMULAS, st.integers(0, 2**16))
def test_readings_agree(text: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    scope = {
        "x": random.standard_normal((2, 3)),
        "y": random.standard_normal((2, 3)),
        "row": random.standard_normal(3),
        "n": random.integers(-3, 4, (2, 1)),
        "mask": random.random((2, 3)) > 0.5,
        "dim": 1,
    }
    assert_readings_agree(parse(text), scope)
