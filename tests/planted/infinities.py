"""Logarithms of sums in two steps, which take one infinity and stumble over two: the check ``infinities``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


def _sum_of_two(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.logaddexp(torch.logaddexp(a, b), torch.zeros_like(a))


def _sum_of_row(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.softplus(x.logsumexp(-1))


def _by_the_result(ct: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, ...]:
    y = _sum_of_two(a, b)
    return ct * (a - y).exp(), ct * (b - y).exp()


def _step_by_step(ct: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, ...]:
    inner = torch.logaddexp(a, b)
    ct = ct * (inner - _sum_of_two(a, b)).exp()
    return ct * (a - inner).exp(), ct * (b - inner).exp()


def _row_by_the_result(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return ct[..., None] * (x - _sum_of_row(x)[..., None]).exp()


def _row_by_softmax(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return (ct * x.logsumexp(-1).sigmoid())[..., None] * x.softmax(-1)


two_by_the_result, two_step_by_step = op(_sum_of_two, _by_the_result), op(_sum_of_two, _step_by_step)
row_by_the_result, row_by_softmax = op(_sum_of_row, _row_by_the_result), op(_sum_of_row, _row_by_softmax)
TWO = """
op: tests.planted.infinities:PLANTED
inputs: {a: "*B", b: "*B"}
forward: log(exp(a) + exp(b) + 1)
derivative: {a: {elementwise: exp(a - y)}, b: {elementwise: exp(b - y)}}
"""
ROW = """
op: tests.planted.infinities:PLANTED
inputs: {x: "*B C"}
require: ["C > 0"]
forward: log(sum(exp(x), -1) + 1)
derivative: {x: {vjp: "expand_dims(ct, -1) * exp(x - expand_dims(y, -1))"}}
"""
PLANTED = [
    Planted("two infinities meet", TWO, "two_step_by_step", "two_by_the_result", Culprit.BACKWARD),
    Planted("in bfloat16", TWO, "two_step_by_step", "two_by_the_result", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("a whole row is infinite", ROW, "row_by_softmax", "row_by_the_result", Culprit.BACKWARD),
]
