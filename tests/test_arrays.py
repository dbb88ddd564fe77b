"""A tensor's record is exact to the bit, and becomes the same tensor again, laid out as it was."""

from __future__ import annotations

import pytest
import torch

from gradsuite.arrays import array, tensor
from gradsuite.errors import UsageError
from gradsuite.flight import MOST
from gradsuite.inputs import lay_out, layouts
from gradsuite.results import Array
from tests.routes.points import normal

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.complex128, torch.complex64)


def _again(x: torch.Tensor) -> torch.Tensor:
    """From its record, after a trip through JSON."""
    return tensor(Array.model_validate_json(array("x", x).model_dump_json()))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("layout", layouts.names())
def test_a_tensor_comes_back_as_it_was(layout: str, dtype: torch.dtype) -> None:
    x = normal(2, 3, 2, 2, dtype=dtype)
    if not layouts.fits(layout, x):
        return
    laid = lay_out(x, layout)
    found = _again(laid)
    assert found.dtype is dtype and torch.equal(found, laid)
    assert (found.stride(), found.storage_offset()) == (laid.stride(), laid.storage_offset())
    assert (found.is_conj(), found.is_neg()) == (laid.is_conj(), laid.is_neg())


def test_what_lies_between_the_elements_comes_back_too() -> None:
    found = _again(torch.arange(6.0)[1::2])
    assert torch.empty(0).set_(found.untyped_storage()).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_of_a_large_memory_only_the_part_around_the_elements_is_kept() -> None:
    record = array("x", torch.zeros(10_000)[5000:5006:2])
    assert record.memory is not None and len(record.memory.hex) == 5
    assert tensor(record).stride() == (2,)


@pytest.mark.parametrize(
    "x",
    [
        torch.tensor([torch.inf, -torch.inf, torch.nan, -0.0, 2.0**-149]),
        torch.tensor([complex(torch.inf, -0.0), complex(torch.nan, 1.0)], dtype=torch.complex64),
        torch.tensor([3, -(2**63)]),
        torch.tensor([True, False]),
        torch.tensor([255, 0], dtype=torch.uint8),
        torch.tensor(2.5),
        torch.empty(0, 3),
    ],
    ids=lambda x: f"{x.dtype} {tuple(x.shape)}",
)
def test_special_values_and_other_kinds_come_back(x: torch.Tensor) -> None:
    found = _again(x)
    assert (found.dtype, found.shape) == (x.dtype, x.shape)
    assert repr(found.tolist()) == repr(x.tolist())


def test_a_record_is_read_by_people() -> None:
    found = array("x0", normal(2, 3).T, requires_grad=True)
    assert found.shape == (3, 2) and found.requires_grad and found.layout == "transposed"
    assert array("x", torch.tensor([torch.inf, 1.5])).hex == ("inf", "0x1.8000000000000p+0")
    assert array("i", torch.tensor([3, -1])).hex == ("3", "-1")
    assert array("z", torch.tensor([1 + 2j])).hex == ("0x1.0000000000000p+0,0x1.0000000000000p+1",)
    assert len(array("x", torch.zeros(1000)).text) < 200


def test_what_is_too_large_is_not_kept() -> None:
    record = array("x", torch.zeros(MOST + 1))
    assert (record.hex, record.memory, record.text) == ((), None, f"{MOST + 1} elements")
    with pytest.raises(UsageError, match="the record of 'x' is damaged: it has the shape"):
        tensor(record)


@pytest.mark.parametrize(
    "damage",
    [
        {"hex": ("one",)},
        {"hex": ("0x1p+0", "0x1p+0")},
        {"memory": {"strides": (7,), "offset": 0, "hex": ("0x1p+0",)}, "shape": (3,)},
        {"memory": {"strides": (1,), "offset": -1, "hex": ("0x1p+0",)}},
    ],
    ids=str,
)
def test_a_damaged_record_is_refused(damage: dict[str, object]) -> None:
    record = array("x", torch.ones(1)).model_dump() | damage
    with pytest.raises(UsageError, match="the record of 'x' is damaged"):
        tensor(Array.model_validate(record))


def test_a_dtype_that_this_torch_lacks_is_refused() -> None:
    record = array("x", torch.ones(1)).model_copy(update={"dtype": "float7"})
    with pytest.raises(UsageError, match="no dtype 'float7'"):
        tensor(record)
