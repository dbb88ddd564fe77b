"""Each layout: the same values in other memory."""

from __future__ import annotations

import pytest
import torch

from gradsuite.inputs import LAYOUTS, fits, lay_out
from gradsuite.inputs.layouts import layout_of

SHAPES = [(), (3,), (1, 1), (2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 2, 2, 2), (0, 3), (2, 0)]
FITTING = [(name, shape) for name in LAYOUTS for shape in SHAPES if fits(name, torch.empty(shape))]


@pytest.mark.parametrize(("name", "shape"), FITTING)
@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64, torch.int64, torch.bool], ids=str)
def test_values_and_name(name, shape, dtype) -> None:
    x = torch.arange(1, 1 + torch.Size(shape).numel()).reshape(shape).to(dtype)
    y = lay_out(x, name)
    assert y.shape == x.shape and y.dtype == x.dtype
    assert name == "expanded" or torch.equal(x, y)
    if x.numel() > 1 and max(shape) > 1:
        assert layout_of(y) in (name, "contiguous" if min(shape) < 2 else name)


def test_what_lies_between_a_slice_does_not_go_unseen() -> None:
    assert lay_out(torch.ones(3), "sliced")._base.isnan().sum() == 4
