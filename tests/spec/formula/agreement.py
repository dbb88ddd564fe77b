"""The two readings held against each other: torch's float64 must lie in balls of fewer bits than float64 has.

A ball at 48 bits has a radius that encloses the rounding of each operation at 48 bits, 32 times that of float64: room
for torch's elementary functions, which are good to a few units in the last place, and for another order of summation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from gradsuite.spec.formula import Formula, evaluate
from gradsuite.spec.formula.ball_reading import BallReading, difference, midpoints, radii, to_balls
from gradsuite.spec.formula.torch_reading import TorchReading

COARSE, FINE = 48, 300
SMALLEST = 2.0**-1022  # float64 loses relative precision below


def both(formula: Formula, scope: Mapping[str, Any], bits: int = FINE) -> tuple[Any, Any]:
    """The value in torch float64 and in balls; arrays in the scope are NumPy's."""
    tensors = {name: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for name, v in scope.items()}
    arrays = {name: to_balls(v) if isinstance(v, np.ndarray) else v for name, v in scope.items()}
    return evaluate(formula, tensors, TorchReading()), evaluate(formula, arrays, BallReading(bits))


def assert_readings_agree(formula: Formula, scope: Mapping[str, Any]) -> None:
    """Same structure, same shape, and every float64 within its ball."""
    got, coarse = both(formula, scope, COARSE)
    _, fine = both(formula, scope)
    _agree(got, coarse, fine)


def _agree(got: Any, coarse: Any, fine: Any) -> None:
    if isinstance(got, tuple):
        assert isinstance(fine, tuple) and len(got) == len(fine)
        for parts in zip(got, coarse, fine, strict=True):
            _agree(*parts)
        return
    if got is None or isinstance(got, (str, bool, int)):
        assert got == fine
        return
    floats = got.resolve_conj().numpy() if isinstance(got, torch.Tensor) else np.asarray(got)
    assert floats.shape == np.shape(np.asarray(fine, dtype=object))
    if floats.dtype.kind in "bi":
        assert (floats == np.asarray(fine)).all()
        return
    truth = midpoints(fine)
    finite = np.isfinite(truth) & np.isfinite(floats)
    with np.errstate(invalid="ignore"):
        error = np.abs(np.where(finite, difference(fine, np.where(finite, floats, 0)), 0))
    assert (error <= radii(coarse) + SMALLEST)[finite].all(), (floats, truth, error, radii(coarse))
    infinite = np.isinf(truth)
    assert (floats[infinite] == truth[infinite]).all(), (floats, truth)
