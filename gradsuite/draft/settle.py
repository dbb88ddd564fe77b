"""The inputs of a spec, settled: the widest of what was learnt of an op, of which it takes every sample."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from string import ascii_uppercase
from typing import Any

import torch

from gradsuite.draft.call import Call
from gradsuite.draft.search import loosened
from gradsuite.inputs import draw, samples
from gradsuite.inputs.structure import symbols
from gradsuite.request import Request
from gradsuite.routes.randomness import Draws
from gradsuite.sample import Sample
from gradsuite.spec.definition import Axis, Definition, Input
from gradsuite.spec.domain_text import parse_domain
from gradsuite.spec.formula import parse
from gradsuite.spec.shapes import parse_shape
from gradsuite.subject import caller
from gradsuite.survival import survives

SAMPLES = 48
IGNORED = -100  # the label that torch's losses leave out, unless told otherwise
OTHERS = (0, -1, 1, 2)  # what else a whole number is tried at
DEFINITE = parse_domain("positive_definite")
Inputs = Mapping[str, Input]


@dataclass(frozen=True)
class Settled:
    """``definition`` as it goes into a spec; ``call``, one of its samples."""

    definition: Definition
    call: Call


def settle(call: Call, path: str) -> Settled:
    """What may vary in ``call``: first as much as was learnt, then less; at the least, its values alone."""
    loose = loosened(call)
    for each in (loose, call):
        request = Request(each, tuple(map(_first_of_all, each.leaves)), path)
        _ = request.source().subjects  # what they let vary is known then
        learned = replace(
            request.definition,
            inputs={
                name: replace(given, domain=_domain(each, name, given))
                for name, given in request.definition.inputs.items()
            },
            arguments={name: (value,) for name, value in each.arguments.items()},
            call=_nested(each.words),
            draws=_draws(each) if request.subject.random else (),
        )
        for tried in _narrower(learned, each):
            if takes(each, tried):
                return Settled(_wider(each, tried), each)
    return Settled(_exact(learned, loose), loose)


def _first_of_all(x: torch.Tensor) -> torch.Tensor:
    """Indices as zeros, which are in range wherever any is: sizes are learnt first, and then how far indices reach."""
    return torch.zeros_like(x) if x.dtype == torch.int64 else x


def _draws(call: Call) -> tuple[str, ...]:
    """A name for each tensor of random numbers that the op draws."""
    with Draws() as recording:
        call(*call.leaves)
    return ("noise", *(f"noise{place}" for place in range(2, 1 + len(recording.recorded))))


def nodes(settled: Settled) -> set[tuple[str, bool]]:
    """The names of the first output's grad_fn at samples, each with whether it stands next to the inputs."""
    return set(filter(None, (_node(settled.call, settled.definition, each) for each in _drawn(settled.definition))))


# Whether samples are taken.


def takes(call: Call, definition: Definition) -> bool:
    """Whether the op and its backward take every sample, and there are some."""
    found = _drawn(definition)
    return len(found) > 1 and all(_outputs(call, definition, each) is not None for each in found)


def _drawn(definition: Definition) -> list[Sample]:
    """Ordinary values alone: where the op fails at others, the checks tell."""
    strategy = samples(definition, dtype=torch.float64, device=torch.device("cpu"), profiles=("normal",))
    try:
        return draw(strategy, count=SAMPLES, identity="draft", seed=0)
    except ValueError:  # a domain of square matrices has no other ones
        return []


def _outputs(call: Call, definition: Definition, sample: Sample) -> list[torch.Tensor] | None:
    """The outputs that carry a gradient; None where the op or its backward refuses the sample."""
    leaves = {
        name: None if x is None else x.detach().clone().requires_grad_(x.is_floating_point() and name not in call.still)
        for name, x in sample.tensors.items()
    }
    try:
        found = [y for y in caller(call.op, definition)(leaves, sample) if y.requires_grad]
        wanted = [x for x in leaves.values() if x is not None and x.requires_grad]
        torch.autograd.grad(found, wanted, [torch.ones_like(y) for y in found], allow_unused=True)
    except Exception:  # whatever it is, the op does not take such inputs
        return None
    return found or None


def _node(call: Call, definition: Definition, sample: Sample) -> tuple[str, bool] | None:
    found = _outputs(call, definition, sample)
    node = found[0].grad_fn if found else None
    if node is None:
        return None
    below = [each for each, _ in node.next_functions if each is not None]
    return node.name(), all(hasattr(each, "variable") for each in below)


# What is tried.


def _narrower(learned: Definition, call: Call) -> Iterator[Definition]:
    """What was learnt, with less and less that varies."""
    for inputs in _shapes(learned.inputs, call):
        plain = replace(learned, inputs=inputs, require=tuple(r for r in learned.require if r.names <= _sizes(inputs)))
        yield plain
        yield replace(plain, require=tuple(parse(f"{name} >= 1") for name in _plain_symbols(plain)))
    yield _ordered(learned, call)
    definite = {name: replace(given, domain=DEFINITE) for name, given in learned.inputs.items() if _is_square(given)}
    for freed in [True, False] if definite else []:
        inputs = {**learned.inputs, **definite}
        yield replace(learned, inputs=_freed(inputs, next(iter(definite.values()))) if freed else inputs)


def _shapes(inputs: Inputs, call: Call) -> Iterator[Inputs]:
    if _runs_along_an_axis(inputs, call):
        yield _led(inputs, "*{0} {1}")
        yield _led(inputs, "{0} {1}")
    else:
        yield inputs
    if any(axis.variadic for given in inputs.values() for axis in given.shape):
        yield _led(inputs, "{0}")
        yield _led(inputs, "")


def _led(inputs: Inputs, words: str) -> Inputs:
    """``inputs`` with other words in place of the variadic one; {1} is a size of a new name."""
    name = _unused(inputs)

    def other(axis: Axis) -> tuple[Axis, ...]:
        if not axis.variadic:
            return (axis,)
        return parse_shape(words.format(axis.size.text, name))

    return {
        each: replace(given, shape=tuple(itertools.chain(*map(other, given.shape)))) for each, given in inputs.items()
    }


def _is_square(given: Input) -> bool:
    """Whether it holds matrices of as many rows as columns, which an op may want to invert."""
    return len(given.shape) > 1 and given.shape[-1].size.text == given.shape[-2].size.text


def _ordered(learned: Definition, call: Call) -> Definition:
    """With axes as large as others, where the least that was taken is what the call has there: A+2 becomes A >= F."""
    sizes = {
        axis.size.text: size
        for name, given in learned.inputs.items()
        for axis, size in zip(reversed(given.shape), reversed(call.inputs[name].shape), strict=False)
    }
    inputs, required = dict(learned.inputs), [f"{name} >= 1" for name in _plain_symbols(learned)]
    for name, given in inputs.items():
        found = [(axis, *_not_less(axis, sizes)) for axis in given.shape]
        inputs[name] = replace(given, shape=tuple(replace(axis, size=parse(size)) for axis, size, _ in found))
        required += [f"{size} >= {other}" for _, size, other in found if other]
    return replace(learned, inputs=inputs, require=tuple(map(parse, dict.fromkeys(required))))


def _not_less(axis: Axis, sizes: Mapping[str, int]) -> tuple[str, str]:
    """The size of an axis without what is added to it, and the symbol of which it must not be less; if there is one."""
    name, _, added = axis.size.text.partition("+")
    other = next((text for text, size in sizes.items() if text.isidentifier() and size == int(added or 0) + 1), "")
    return (name, other) if added and other else (axis.size.text, "")


def _freed(inputs: Inputs, square: Input) -> Inputs:
    """``inputs`` with a symbol in place of the size of a square: repeated rows, by which it was asked, are singular."""
    size = Axis(parse(_unused(inputs)))
    old = square.shape[-1].size.text

    def other(axis: Axis) -> Axis:
        return size if axis.size.text == old else axis

    return {name: replace(given, shape=tuple(map(other, given.shape))) for name, given in inputs.items()}


def _unused(inputs: Inputs) -> str:
    return next(letter for letter in ascii_uppercase[1:] if letter not in _sizes(inputs) | inputs.keys())


def _exact(learned: Definition, call: Call) -> Definition:
    inputs = {
        name: replace(learned.inputs[name], shape=parse_shape(" ".join(map(str, x.shape))))
        for name, x in call.inputs.items()
    }
    return replace(learned, inputs=inputs, require=())


def _sizes(inputs: Inputs) -> frozenset[str]:
    return frozenset().union(*(axis.size.names for given in inputs.values() for axis in given.shape))


def _plain_symbols(definition: Definition) -> list[str]:
    return [name for name, variadic in symbols(definition).items() if not variadic]


def _nested(words: list[Any] | None) -> tuple[Any, ...] | None:
    return None if words is None else tuple(tuple(each) if isinstance(each, list) else each for each in words)


def _runs_along_an_axis(inputs: Inputs, call: Call) -> bool:
    """Whether inputs of any shape are taken, and yet elements of the output depend on others than their own."""
    if not is_alike(inputs):
        return False
    y = call.outputs(*call.leaves)[0]
    return y.dim() > 0 and not is_elementwise(call)


def is_alike(inputs: Inputs) -> bool:
    """Whether all inputs have one shape, which may be any."""
    return (
        all(len(given.shape) == 1 and given.shape[0].variadic for given in inputs.values()) and len(_sizes(inputs)) == 1
    )


def is_elementwise(call: Call) -> bool:
    """Whether each element of the output depends on the inputs at its own place alone, as one element shows."""
    tensors = [x.clone() for x in call.inputs.values()]
    moved = [torch.cat([x.reshape(-1)[1:2], x.reshape(-1)[1:]]).reshape(x.shape) for x in tensors]
    before, after = (_seeded(call, each) for each in (tensors, moved))
    alike = len(before) == 1 and all(before[0].shape == x.shape for x in tensors)
    return alike and torch.equal(before[0].reshape(-1)[1:], after[0].reshape(-1)[1:])


def _seeded(call: Call, tensors: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)  # a random op draws the same for both
    return call.outputs(*tensors)


# Domains, and alternatives of arguments.


def _domain(call: Call, name: str, given: Input) -> Any:
    x = call.inputs[name]
    is_definite = x.is_floating_point() and x.dim() > 1 and x.shape[-1] == x.shape[-2] and torch.equal(x, x.mT)
    return DEFINITE if is_definite else given.domain


def _wider(call: Call, definition: Definition) -> Definition:
    """With indices as far as they reach, and other whole numbers in the arguments, as far as they are taken."""
    for name, x in call.inputs.items():
        if x.dtype == torch.int64:
            definition = _indexing(call, definition, name)
    for name, (value,) in definition.arguments.items():
        if type(value) is int:
            others = (_with_argument(definition, name, (value, other)) for other in OTHERS if other != value)
            definition = next((each for each in others if takes(call, each)), definition)
    return definition


def _indexing(call: Call, definition: Definition, name: str) -> Definition:
    """With the input as indices into an axis whose size is the first that is refused; else as zeros and ones."""
    for size in _sizes_beside(definition, name):
        within, beyond = (_with_domain(definition, name, f"index({end})") for end in (size, f"{size} + 1"))
        filled = replace(beyond, require=(*beyond.require, parse(f"{size} >= 1")))
        if takes(call, within) and not survives(partial(_end_unless_taken, call, filled)):
            ignoring = _with_domain(definition, name, f"indices_or({size}, {IGNORED})")
            return ignoring if takes(call, ignoring) else within
    flags = _with_domain(definition, name, "integer(0, 1)")
    return flags if takes(call, flags) else definition


def _sizes_beside(definition: Definition, name: str) -> list[str]:
    """The sizes of the other inputs, as written."""
    others = (given for other, given in definition.inputs.items() if other != name)
    return list(dict.fromkeys(axis.size.text for each in others for axis in each.shape if not axis.variadic))


def _with_argument(definition: Definition, name: str, values: tuple[Any, ...]) -> Definition:
    return replace(definition, arguments={**definition.arguments, name: values})


def _end_unless_taken(call: Call, definition: Definition) -> None:
    """Ends the process where a sample is refused: in a forked one, for a kernel may write where an index leads."""
    if not takes(call, definition):
        signal.raise_signal(signal.SIGKILL)


def _with_domain(definition: Definition, name: str, word: str) -> Definition:
    given = replace(definition.inputs[name], domain=parse_domain(word))
    return replace(definition, inputs={**definition.inputs, name: given})
