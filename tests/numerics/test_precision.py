"""What formats hold, and distances in them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gradsuite.numerics.precision import Format, inner, ulp, wide, widen

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_format(dtype: torch.dtype) -> None:
    form, one = Format.of(dtype), torch.tensor(1.0, dtype=dtype)
    assert one + 2 * form.unit > one and one + form.unit == one  # a tie, which goes to the even neighbour
    assert torch.tensor(form.subnormal, dtype=dtype) > 0
    assert torch.isfinite(torch.tensor(form.largest, dtype=dtype))
    assert torch.nextafter(torch.tensor(form.largest, dtype=dtype), torch.tensor(torch.inf, dtype=dtype)) == torch.inf


@pytest.mark.parametrize(("dtype", "real"), [(torch.complex64, torch.float32), (torch.complex128, torch.float64)])
def test_a_complex_dtype_has_the_format_of_its_parts(dtype: torch.dtype, real: torch.dtype) -> None:
    assert Format.of(dtype) == Format.of(real)


def test_integers_have_no_format() -> None:
    with pytest.raises(TypeError):
        Format.of(torch.int64)


@pytest.mark.parametrize("value", [1.0, 1.5, 2.0, 1e-300, 3e5, 0.0, 7e-320, 2.0**-1022])
def test_units_in_the_last_place_are_those_of_numpy(value: float) -> None:
    assert ulp(torch.tensor([value], dtype=torch.float64), torch.float64).item() == np.spacing(np.float64(value))
    single = np.float32(value)
    expected = float(np.spacing(single))
    assert ulp(torch.tensor([float(single)], dtype=torch.float64), torch.float32).item() == expected


@pytest.mark.parametrize("dtype", [*FLOATS, torch.complex64])
def test_widening_changes_no_value(dtype: torch.dtype) -> None:
    narrow = torch.randn(50, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert widen(narrow).dtype == wide(dtype)
    assert torch.equal(widen(narrow).to(dtype), narrow)


def test_widening_leaves_indices_and_masks_alone() -> None:
    assert widen(torch.arange(3)).dtype == torch.int64
    assert widen(torch.tensor([True])).dtype == torch.bool


def test_the_pairing_of_complex_numbers_is_real() -> None:
    left, right = torch.tensor([1 + 2j, 3j]), torch.tensor([2 - 1j, 1 + 1j])
    assert inner(left, right).item() == pytest.approx(1 * 2 + 2 * -1 + 0 * 1 + 3 * 1)
