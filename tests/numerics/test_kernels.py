"""What fused kernels lose inside is seen by their float32 twins."""

from __future__ import annotations

import torch

from gradsuite.numerics.kernels import lost_inside

ATEN = torch.ops.aten
X = torch.tensor([[9.0, -9.0, -8.0]], dtype=torch.float64)


def test_a_difference_inside_a_kernel_is_off_by_the_rounding_of_its_terms() -> None:
    ct, logs = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64), torch.log_softmax(X, 1)
    (lost,) = lost_inside(ATEN._log_softmax_backward_data.default, (ct, logs, 1, torch.float64), {})
    assert lost is not None
    exact = (logs.exp() - ct).abs()
    assert (lost > 1e4 * exact).tolist() == [[True, False, False]]  # in units: what is left of 1 - p, and of p


def test_one_rounding_is_not_asked() -> None:
    assert lost_inside(ATEN.exp.default, (X,), {}) == ()
    assert lost_inside(ATEN.add.Tensor, (X, X), {}) == ()


def test_a_draw_is_not_repeated() -> None:
    before = torch.get_rng_state()
    assert lost_inside(ATEN.native_dropout.default, (X, 0.5, True), {}) == ()
    assert torch.equal(torch.get_rng_state(), before)


def test_an_integer_result_and_a_refusal_tell_nothing() -> None:
    assert lost_inside(ATEN.argmax.default, (X,), {}) == (None,)
    assert lost_inside(ATEN.mm.default, (X, X), {}) == ()
