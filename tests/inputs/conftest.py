"""Definitions written down in a line, for the tests of inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from gradsuite.inputs import example_definition, samples
from gradsuite.inputs.search import draw
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition, Input
from gradsuite.spec.domain_text import parse_domain
from gradsuite.spec.formula import parse
from gradsuite.spec.shapes import parse_shape

CPU = torch.device("cpu")

Define = Callable[..., Definition]
Drawn = Callable[..., list[Sample]]


@pytest.fixture
def define() -> Define:
    """Makes a definition: inputs by name as ``"shape"`` or ``"shape: domain"``, with ``?`` in front if optional."""

    def make(inputs: dict[str, str], *, require: tuple[str, ...] = (), **declared: Any) -> Definition:
        parsed = {name: _input(text) for name, text in inputs.items()}
        constant = frozenset(n for n, text in inputs.items() if any(k in text for k in ("index", "indices", "boolean")))
        required = tuple(map(parse, require))
        return example_definition(
            [], [], [], **{"inputs": parsed, "constant_inputs": constant, "require": required, **declared}
        )

    return make


@pytest.fixture
def drawn() -> Drawn:
    """Draws samples of a definition, on the CPU and in float64 unless said otherwise."""

    def make(
        definition: Definition, dtype: torch.dtype = torch.float64, count: int = 150, **options: Any
    ) -> list[Sample]:
        strategy = samples(definition, dtype=dtype, device=CPU, **options)
        return draw(strategy, count=count, identity="test", seed=0)

    return make


def _input(text: str) -> Input:
    shape, _, domain = text.removeprefix("?").partition(":")
    return Input(parse_shape(shape), parse_domain(domain.strip() or "real"), optional=text.startswith("?"))
