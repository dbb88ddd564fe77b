"""Samples on a kink: exactly, in every dtype, without all elements being there."""

from __future__ import annotations

import pytest
import torch

from gradsuite.inputs import draw, on_kinks, touched
from gradsuite.spec.definition import Kink
from gradsuite.spec.formula import parse

CPU = torch.device("cpu")


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("at", ["x", "x - 3", "abs(x) - 3", "x * (x - 1)", "x - 0.5"])
def test_elements_lie_exactly_on_the_kink(define, at, dtype) -> None:
    kink = Kink(parse(at), {})
    definition = define({"x": "*B C"}, kinks=(kink,))
    found = draw(on_kinks(definition, dtype=dtype, device=CPU), count=30, identity="k", seed=0)
    assert len(found) == 30
    shares = [touched(definition, kink, sample).double().mean().item() for sample in found]
    assert min(shares) > 0
    assert sum(share < 1 for share in shares) > 10


def test_ties_between_two_inputs(define) -> None:
    kink = Kink(parse("x - y"), {})
    definition = define({"x": "*#B", "y": "*#B"}, kinks=(kink,))
    found = draw(on_kinks(definition, dtype=torch.float32, device=CPU), count=20, identity="k", seed=0)
    assert len(found) == 20
    assert all(bool(touched(definition, kink, sample).any()) for sample in found)


def test_each_of_several_kinks_is_met(define) -> None:
    kinks = Kink(parse("x + 3"), {}), Kink(parse("x - 3"), {})
    definition = define({"x": "N"}, kinks=kinks)
    found = draw(on_kinks(definition, dtype=torch.float64, device=CPU), count=30, identity="k", seed=0)
    for kink in kinks:
        assert sum(bool(touched(definition, kink, sample).any()) for sample in found) > 5


def test_a_kink_outside_the_domain_is_never_met(define) -> None:
    definition = define({"x": "N: positive"}, kinks=(Kink(parse("x + 1"), {}),))
    assert draw(on_kinks(definition, dtype=torch.float64, device=CPU), count=5, identity="k", seed=0) == []
