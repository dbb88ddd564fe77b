"""What an op tells when it is asked: how many tensors it takes, which shapes they may have, and its backward node."""

from __future__ import annotations

import inspect
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from gradsuite.devices import kept
from gradsuite.errors import UsageError
from gradsuite.request import Request
from gradsuite.spec import shapes
from gradsuite.subject import outputs

MOST = 4  # tensors
SIZES = ((3, 3), (3,), (2, 3, 4, 4))  # square matrices fit products, too; vectors, and images
LOWS = (0.25, 1.25, -0.75)  # where examples lie: within a unit interval, beyond one, below zero
NEEDED: tuple[Any, ...] = (-1, 1, 2, 0.5)  # values of arguments that have no default
RENAMED = {"input": "x", "self": "x", "lambda": "lam"}


@dataclass(frozen=True)
class Probed:
    """``shapes`` and ``domains`` by input, in the words of a spec; ``arguments`` that had to be given; ``defaults`` of
    the others, as Python writes them; the name of the result's ``node``, where the op is one."""

    shapes: Mapping[str, str]
    domains: Mapping[str, str]
    require: tuple[str, ...]
    arguments: Mapping[str, Any]
    defaults: Mapping[str, str]
    node: str
    examples: Mapping[str, torch.Tensor]

    @property
    def elementwise(self) -> bool:
        """Whether all inputs have one shape, which may be any."""
        words = set(self.shapes.values())
        return len(words) == 1 and all(word.startswith("*") and " " not in word for word in words)


def probe(op: Callable[..., Any], path: str) -> Probed:
    """Calls ``op`` with one tensor, with two, ... Raises UsageError where it takes none in any way that is tried."""
    with kept(threads=1):
        warnings.simplefilter("ignore")
        parameters = _parameters(op)
        examples, given = _accepted(op, parameters, path)
        found = outputs(op(*_leaves(examples), **given))[0]
        request = Request(partial(op, **given), tuple(_leaves(examples)), path)
        _ = request.source().subjects  # what they let vary is known then
    names = _names(parameters, len(examples))
    drawn = dict(zip(names, request.definition.inputs.values(), strict=True))
    rest = [p for p in parameters if p.default is not p.empty and p.name not in given and p.name != "out"]
    return Probed(
        shapes={name: shapes.written(each.shape) for name, each in drawn.items()},
        domains={name: each.domain.text for name, each in drawn.items()},
        require=tuple(each.text for each in request.definition.require),
        arguments=given,
        defaults={p.name: repr(p.default) for p in rest[max(0, len(examples) - len(parameters) + len(rest)) :]},
        node=_node(found),
        examples=dict(zip(names, examples, strict=True)),
    )


def _parameters(op: Callable[..., Any]) -> list[inspect.Parameter]:
    """The op's parameters; what torch writes in C++ has them in a table that torch keeps for its own tests."""
    known = torch.overrides.get_testing_overrides()
    try:
        return list(inspect.signature(op).parameters.values())
    except (TypeError, ValueError):
        return list(inspect.signature(known[op]).parameters.values()) if op in known else []


def _accepted(
    op: Callable[..., Any], parameters: list[inspect.Parameter], path: str
) -> tuple[list[torch.Tensor], dict[str, Any]]:
    """The first examples that the op takes and gives something to differentiate for, with what else it needs."""
    for examples, given in _tries(parameters):
        if _takes(op, examples, given):
            return examples, given
    raise UsageError(f"{path} takes no one to {MOST} tensors of a shape that is tried; write its spec by hand")


def _tries(parameters: list[inspect.Parameter]) -> Iterator[tuple[list[torch.Tensor], dict[str, Any]]]:
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    counts = sorted(range(1, MOST + 1), key=lambda count: abs(count - (len(needed) or 1)))
    for count, size, low in itertools.product(counts, SIZES, LOWS):
        generator = torch.Generator().manual_seed(count)
        drawn = [low + torch.rand(size, generator=generator, dtype=torch.float64) / 2 for _ in range(count)]
        for value in NEEDED if needed[count:] else NEEDED[:1]:
            yield drawn, dict.fromkeys(needed[count:], value)


def _takes(op: Callable[..., Any], examples: list[torch.Tensor], given: Mapping[str, Any]) -> bool:
    """Whether the op is finite there, and so are its gradients, of which every input has one."""
    leaves = _leaves(examples)
    try:
        found = outputs(op(*leaves, **given))[0]
        gradients = torch.autograd.grad(found.sum(), leaves)
    except Exception:  # whatever it is, the op does not take such inputs
        return False
    return all(bool(torch.isfinite(each).all()) for each in (found.detach(), *gradients))


def _leaves(examples: list[torch.Tensor]) -> list[torch.Tensor]:
    return [each.clone().requires_grad_() for each in examples]


def _names(parameters: list[inspect.Parameter], count: int) -> list[str]:
    """The parameters' names, which formulas may use; x, y, ... do not tell."""
    found = [RENAMED.get(p.name, p.name) for p in parameters[:count]]
    usable = len(set(found)) == count and not {"y", "ct", "args", "inputs", "tensors"} & set(found)
    return found if usable else ["x", "a", "b", "c"][:count]


def _node(found: torch.Tensor) -> str:
    """The name of the result's grad_fn, where it stands next to the inputs."""
    node = found.grad_fn
    after = [each for each, _ in node.next_functions if each is not None] if node is not None else []
    atomic = node is not None and all(type(each).__name__ == "AccumulateGrad" for each in after)
    return node.name() if node is not None and atomic else ""
