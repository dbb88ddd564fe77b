"""Stochastic arithmetic: what rounds is perturbed, by as much as rounding costs, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gradsuite.numerics.kernels import SINGLE
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import Format

FORMS = {str(d): Format.of(d) for d in (torch.float32, torch.float16, torch.bfloat16)}


def _values(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


EXACT: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "view": lambda x: x.T.reshape(-1),
    "selection": lambda x: x[1:, ::2],
    "gather": lambda x: x.gather(0, torch.zeros(1, 5, dtype=torch.int64)),
    "sort": lambda x: x.sort(dim=1).values,
    "maximum": lambda x: x.max(dim=1).values,
    "amax": lambda x: x.amax(1),
    "relu": torch.relu,
    "where": lambda x: torch.where(x > 0, x, -x),
    "cat": lambda x: torch.cat([x, x]),
    "negation": lambda x: -x,
    "abs": torch.abs,
    "clamp": lambda x: x.clamp(-0.5, 0.5),
    "flip": lambda x: x.flip(0),
    "pooling": lambda x: torch.nn.functional.max_pool1d(x, 2),
    "clone": torch.clone,
    "round": torch.round,
    "tril": torch.tril,
}
ROUNDED: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "addition": lambda x: x + 1,
    "product": lambda x: x * 3,
    "exponential": torch.exp,
    "sum": lambda x: x.sum(1),
    "matmul": lambda x: x @ x.T,
    "softmax": lambda x: torch.softmax(x, 1),
    "in place": lambda x: x.clone().mul_(3.0),
    "out": lambda x: torch.exp(x, out=torch.empty_like(x)),
}


@pytest.mark.parametrize("name", EXACT)
def test_what_is_exact_stays_exact(name: str) -> None:
    x = _values(4, 5)
    with Noise(FORMS["torch.bfloat16"], scale=1.0, seed=1):
        found = EXACT[name](x)
    assert torch.equal(found, EXACT[name](x))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ROUNDED)
def test_what_rounds_moves_by_about_the_unit_roundoff(name: str, form: str) -> None:
    x, unit = _values(4, 5), FORMS[form].unit
    with Noise(FORMS[form], scale=1.0, seed=1):
        found = ROUNDED[name](x)
    moved = ((found - ROUNDED[name](x)) / ROUNDED[name](x)).abs()
    inside = 2 if name in ("softmax", "sum") and unit == SINGLE else 0  # kernels of several roundings
    assert moved.max() <= (2.01 + inside) * unit  # in half precision softmax is one operation, a sum is one, too
    assert moved.max() >= 0.2 * unit
    assert (moved > 0).all()


def test_an_infinity_stays_what_it_is() -> None:
    x = torch.tensor([-torch.inf, torch.inf, 1.0], dtype=torch.float64)
    for seed in range(8):
        with Noise(FORMS["torch.float32"], scale=1.0, seed=seed):
            found = x * 3
        assert found[:2].tolist() == [-torch.inf, torch.inf] and found[2] != 3


def test_backward_formulas_are_perturbed_too() -> None:
    x = _values(5).requires_grad_()
    (plain,) = torch.autograd.grad(torch.tanh(x).sum(), x)
    with torch.autograd.set_multithreading_enabled(False), Noise(FORMS["torch.float16"], scale=1.0, seed=1):
        (noisy,) = torch.autograd.grad(torch.tanh(x).sum(), x)
    assert (noisy != plain).all() and torch.allclose(noisy, plain, rtol=0.05)


def test_complex_results_move_in_both_parts() -> None:
    x = _values(50, dtype=torch.complex128)
    with Noise(FORMS["torch.float32"], scale=1.0, seed=1):
        found = x * 2
    ratio = found / (x * 2) - 1
    assert (ratio.real != 0).any() and (ratio.imag != 0).any()
    assert ratio.abs().max() < 2 * FORMS["torch.float32"].unit


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.bool])
def test_other_dtypes_pass(dtype: torch.dtype) -> None:
    x = torch.ones(3, dtype=dtype)
    with Noise(FORMS["torch.float16"], scale=1.0, seed=1):
        assert torch.equal(x * x, x)


def test_zero_stays_zero_and_empty_stays_empty() -> None:
    with Noise(FORMS["torch.float16"], scale=1.0, seed=1):
        assert (torch.zeros(4, dtype=torch.float64) * 5 == 0).all()
        assert (torch.zeros(0, 3, dtype=torch.float64) + 1).shape == (0, 3)


def test_underflow_is_seen() -> None:
    form = FORMS["torch.float16"]
    x = torch.full((100,), form.subnormal / 8, dtype=torch.float64)
    with Noise(form, scale=1.0, seed=1):
        moved = x * 1.0 - x
    assert moved.abs().max() > form.subnormal / 8


def test_a_seed_is_a_run() -> None:
    runs = []
    for seed in (1, 1, 2):
        with Noise(FORMS["torch.float32"], scale=1.0, seed=seed):
            runs.append(_values(9) * 3)
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


def test_the_random_state_of_others_is_untouched() -> None:
    before = torch.get_rng_state()
    with Noise(FORMS["torch.float32"], scale=1.0, seed=1):
        _values(9).exp()
    assert torch.equal(before, torch.get_rng_state())


def test_the_largest_value_on_the_way_is_known() -> None:
    with Noise(FORMS["torch.float16"], scale=1.0, seed=1) as noise:
        (torch.tensor([12.0], dtype=torch.float64).exp() * 0).sum()
    assert noise.largest == pytest.approx(162754.79, rel=1e-2)


def test_a_factorisation_is_right_for_a_matrix_near_the_given_one() -> None:
    """LAPACK's roundings are relative to the largest entry: the small one here is lost in float32, and naturally so."""
    a = torch.tensor([[2e-8, 0.0, 0.0], [0.0, 1e-7, 1.0], [1.0, 1.0, 1.0]], dtype=torch.float64)
    moved = torch.zeros_like(a)
    for seed in range(6):
        with Noise(Format.of(torch.float32), scale=1.0, seed=seed):
            moved = torch.maximum(moved, (torch.linalg.inv(a) - torch.linalg.inv(a.clone())).abs())
    assert moved.max() > 1e-3
    lost = (torch.linalg.inv(a.float()).double() - torch.linalg.inv(a)).abs()
    assert bool((lost <= 16 * moved + 1e-6).all())
