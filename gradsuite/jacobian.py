"""Whole Jacobians of small samples, by each route, for pictures and for diagnosis."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch

from gradsuite.numerics.precision import widen
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.formula import as_computation
from gradsuite.routes.forward_mode import jvp
from gradsuite.routes.line import Line, flat
from gradsuite.routes.reverse import gradients

LIMIT = 4096  # entries


def size(evidence: Evidence, name: str) -> tuple[int, int]:
    """Rows (elements of the outputs that carry a gradient) and columns (elements of input ``name``).

    Of a complex output of a real input the real and the imaginary part have a row each.
    """
    outputs = evidence.point.select(evidence.point.outputs)
    return sum(o.numel() * len(_units(evidence, name, o)) for o in outputs), evidence.point.primal(name).numel()


def by_reverse(evidence: Evidence, name: str) -> torch.Tensor:
    """Rows from one backward for each element of the outputs, in the tested dtype; float64 or complex128."""
    return torch.stack([widen(gradients(evidence.point, ct)[name]).reshape(-1) for ct in _basis(evidence, name)]).conj()


def by_forward(evidence: Evidence, name: str) -> torch.Tensor:
    """Column by column in forward mode, in the tested dtype; real inputs only."""
    primal = evidence.point.primal(name)
    columns = []
    for j in range(primal.numel()):
        tangent = torch.zeros_like(primal, memory_format=torch.contiguous_format)
        tangent.view(-1)[j] = 1
        columns.append(torch.from_numpy(flat(jvp(evidence.point, {name: tangent}))))
    return torch.stack(columns, dim=1)


def by_formula(evidence: Evidence, name: str) -> torch.Tensor:
    """The declared derivative, row by row, in float64."""
    definition = evidence.subject.definition
    assert definition is not None
    wide = evidence.point.wide
    compute = as_computation(definition)
    rows = [
        compute(wide, [widen(c) for c in ct], None)[f"gradient {name}"].reshape(-1) for ct in _basis(evidence, name)
    ]
    return torch.stack(rows).conj()


def by_differences(evidence: Evidence, name: str) -> torch.Tensor:
    """Column by column from differences of the op in float64; real inputs only."""
    return torch.stack(list(_columns(evidence, name)), dim=1)


def gradient_by_differences(evidence: Evidence, name: str) -> torch.Tensor:
    """The gradient of <ct, f> in input ``name``, element by element, to about eight digits; float64 or complex128."""
    primal, weights = evidence.point.primal(name), torch.from_numpy(Line(evidence.point, {}).weights)
    units = (1, 1j) if primal.is_complex() else (1,)
    parts = (unit * torch.stack([weights @ column for column in _columns(evidence, name, unit)]) for unit in units)
    return sum(parts, torch.zeros(())).reshape(primal.shape)


def _columns(evidence: Evidence, name: str, unit: complex = 1) -> Iterator[torch.Tensor]:
    """The slopes of all outputs along ``unit`` in each element."""
    primal = widen(evidence.point.primal(name))
    for j, x in enumerate(primal.reshape(-1)):
        size, tangent = x.abs().clamp(min=2.0**-3), torch.zeros_like(primal).reshape(-1)
        tangent[j] = size * unit
        yield _column(evidence, name, tangent.reshape(primal.shape)) / size


def _column(evidence: Evidence, name: str, tangent: torch.Tensor) -> torch.Tensor:
    """Richardson's extrapolation of two central differences, for all outputs at once."""
    line = Line(evidence.point, {name: tangent})
    with np.errstate(invalid="ignore"):  # of infinities
        coarse, fine = ((line.outputs(h) - line.outputs(-h)) / (2 * h) for h in (2.0**-9, 2.0**-10))
        return torch.from_numpy(fine + (fine - coarse) / 3)


def _units(evidence: Evidence, name: str, output: torch.Tensor) -> tuple[complex, ...]:
    """The cotangents that tell the parts of an output's element as a function of input ``name``."""
    return (1, 1j) if output.is_complex() and not evidence.point.primal(name).is_complex() else (1,)


def _basis(evidence: Evidence, name: str) -> Iterator[list[torch.Tensor]]:
    """For each element of the outputs a cotangent that is one there and zero elsewhere; for each part, if two count."""
    outputs = evidence.point.select(evidence.point.outputs)
    for k, output in enumerate(outputs):
        for i, unit in product(range(output.numel()), _units(evidence, name, output)):
            weights = [torch.zeros_like(o, memory_format=torch.contiguous_format) for o in outputs]
            weights[k].view(-1)[i] = torch.tensor(unit, dtype=output.dtype)
            yield weights
