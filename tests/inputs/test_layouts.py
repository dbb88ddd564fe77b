"""Each layout: the same values in other memory."""

from __future__ import annotations

import pytest
import torch

from gradsuite.inputs.layouts import fits, get, lay_out, layout_of, names

SHAPES = [(), (3,), (1, 1), (2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 2, 2, 2), (0, 3), (2, 0)]
DTYPES = [torch.float32, torch.complex64, torch.int64, torch.bool]
FITTING = [
    (name, shape, dtype)
    for name in names()
    for shape in SHAPES
    for dtype in DTYPES
    if fits(name, torch.empty(shape, dtype=dtype))
]


@pytest.mark.parametrize(("name", "shape", "dtype"), FITTING, ids=str)
def test_values_and_name(name, shape, dtype) -> None:
    x = torch.arange(1, 1 + torch.Size(shape).numel()).reshape(shape).to(dtype)
    y = lay_out(x, name)
    assert y.shape == x.shape and y.dtype == x.dtype
    assert get(name).repeats or torch.equal(x, y)
    if x.numel() > 1 and max(shape) > 1:
        assert layout_of(y) in (name, "contiguous" if min(shape) < 2 else name)


@pytest.mark.parametrize("name", [name for name in names() if not get(name).lazy])
def test_what_lies_between_and_behind_does_not_go_unseen(name: str) -> None:
    y = lay_out(torch.ones(2, 3, 2, 2), name)
    memory = torch.empty(0).set_(y.untyped_storage())
    assert memory.isnan().sum() == len(memory) - len({*_places(y)})


def _places(x: torch.Tensor) -> list[int]:
    """Where in memory each element lies."""
    return (
        torch.arange(len(x.untyped_storage()) // 4)
        .as_strided(x.shape, x.stride(), x.storage_offset())
        .flatten()
        .tolist()
    )


@pytest.mark.parametrize(
    ("name", "is_marked"), [("conjugated", torch.Tensor.is_conj), ("negated", torch.Tensor.is_neg)]
)
def test_lazy_views_are_marked(name, is_marked) -> None:
    assert is_marked(lay_out(torch.ones(2, dtype=torch.complex64), name))
    assert not fits(name, torch.ones(2, dtype=torch.int64))
