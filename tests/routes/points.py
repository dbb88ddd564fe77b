"""Evidence written down in a line, for the tests of routes and of the runner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.sample import Sample
from gradsuite.spec import load_all
from gradsuite.spec.definition import Definition, Spec
from gradsuite.subject import from_callable, subjects

ROOT = Path(__file__).parents[2]


def sample_of(*tensors: torch.Tensor, seed: int = 3, constant: Sequence[str] = (), **arguments: Any) -> Sample:
    """The tensors as x0, x1, ...; floating ones are differentiated unless named in ``constant``."""
    named = {f"x{i}": tensor for i, tensor in enumerate(tensors)}
    moving = (n for n, t in named.items() if (t.is_floating_point() or t.is_complex()) and n not in constant)
    return Sample(named, arguments, tuple(moving), seed)


def evidence_of(
    function: Callable[..., Any], *tensors: torch.Tensor, random: bool = False, seed: int = 3, **arguments: Any
) -> Evidence:
    """A callable at a point, with no spec."""
    subject = from_callable(function, getattr(function, "__name__", "op"), random=random)
    return Evidence(subject, sample_of(*tensors, seed=seed, **arguments))


def point_of(function: Callable[..., Any], *tensors: torch.Tensor, **options: Any) -> Point:
    return evidence_of(function, *tensors, **options).point


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Normal values, quantised to ``dtype``."""
    wide = torch.complex128 if dtype.is_complex else torch.float64
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=wide).to(dtype)


def spec_of(folder: Path, text: str, name: str) -> Spec:
    """The spec with this text."""
    path = folder / f"{name}.grad.yaml"
    path.write_text(text, encoding="utf-8")
    found, faults = load_all([path])
    assert not faults, faults
    return found[0]


def catalogue(path: str) -> Spec:
    """A spec of the catalogue."""
    found, faults = load_all([ROOT / "specs" / path])
    assert not faults, faults
    return found[0]


def at(
    spec: Spec, variant: int = 0, seed: int = 3, arguments: dict[str, Any] | None = None, **tensors: Any
) -> Evidence:
    """A spec's op at given tensors; arguments are the first of each unless given."""
    definition: Definition = spec.definitions[variant]
    chosen = {name: choices[0] for name, choices in definition.arguments.items()} | (arguments or {})
    moving = tuple(name for name in definition.inputs if name not in definition.constant_inputs)
    return Evidence(subjects(spec)[variant], Sample(tensors, chosen, moving, seed))
