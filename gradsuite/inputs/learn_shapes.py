"""What a callable lets vary, learnt from example inputs by asking it.

The examples are resized by repeating their own entries, so that values stay in their domain and indices in range; what
the callable or its backward refuses is not varied. Sizes that only vary together become one symbol, as in a spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase

import torch
from torch import Tensor

from gradsuite.flight import FLIGHT, OutOfTime
from gradsuite.spec.definition import Axis
from gradsuite.spec.formula import Formula, parse

Place = tuple[str, int]  # an input, and one of its axes
Group = Mapping[Place, int]  # places, and how many times the symbol each is
Tensors = Mapping[str, Tensor]

LONGEST = 5.0  # seconds of asking; what is not learnt by then stays as it is


@dataclass(frozen=True)
class Answers:
    """How a callable is asked about inputs: ``refusal`` says why it or its backward refuses them, or is empty;
    ``right`` whether its gradient agrees with differences there."""

    refusal: Callable[[Tensors], str]
    right: Callable[[Tensors], bool]


@dataclass(frozen=True)
class Learned:
    """``shapes`` by input, in the words of a spec; ``require`` keeps sizes to what was accepted; ``sizes`` are the
    examples' own, by symbol; ``notes`` say what could not be varied, and why."""

    shapes: Mapping[str, tuple[Axis, ...]]
    require: tuple[Formula, ...]
    sizes: Mapping[str, int | tuple[int, ...]]
    notes: tuple[str, ...]


def learn(examples: Tensors, answers: Answers) -> Learned:
    """The shapes in which ``examples`` may come. Asks for at most LONGEST seconds."""
    learner = _Learner(examples, answers)
    try:
        with FLIGHT.within(LONGEST):
            learner.axes()
            learner.ranks()
            learner.broadcasting()
    except OutOfTime:
        learner.notes.append(f"the callable is slow: after {LONGEST:g} s no more was learnt of what may vary")
    return learner.learned()


@dataclass
class _Symbol:
    """``size`` and ``least`` count units: the sizes accepted are multiples of it."""

    name: str
    group: Group
    unit: int
    size: int
    least: int

    @property
    def offset(self) -> int:
        """What is added to the symbol, so that one is its least value, or zero where nothing is accepted, too."""
        return max(0, self.least - 1)

    @property
    def is_plain(self) -> bool:
        """Whether every size from one on is accepted, and all places have it."""
        return self.unit == 1 and not self.offset and set(self.group.values()) == {1}

    def axis(self, place: Place, *, broadcast: bool, multiple: str) -> Axis:
        """``A``, ``4*A``, ``A+2``, ``#A``, ``G*A``."""
        factor = self.group[place] * self.unit
        times = multiple + (self.name if factor == 1 else f"{factor}*{self.name}")
        return Axis(parse(f"{times}+{factor * self.offset}" if self.offset else times), broadcast=broadcast)


class _Learner:
    def __init__(self, examples: Tensors, answers: Answers) -> None:
        self._examples, self._answers = examples, answers
        self._names = iter(_letters(examples))
        self._symbols: list[_Symbol] = []
        self._leading: tuple[str, ...] = ()
        self._alike = False
        self._broadcast: set[Place] = set()  # axes that may be one beside others; number 0 where all are alike
        self._multiples: dict[Place, str] = {}  # axes that may be a multiple of others, with the symbol for how many
        self._less: dict[str, tuple[Place, str]] = {}  # by symbol the axis that may be less, and a symbol for how much
        self.notes: list[str] = []

    # Asking.

    def _refusal(self, tensors: Tensors) -> str:
        FLIGHT.require_time()
        return self._answers.refusal(tensors)

    def _resized(self, group: Group, size: int) -> dict[str, Tensor]:
        tensors = dict(self._examples)
        for (name, axis), times in group.items():
            tensors[name] = _tiled(tensors[name], axis, times * size)
        return tensors

    # Axes.

    def axes(self) -> None:
        """Finds which axes vary, alone or together."""
        for place in self._places():
            if not any(place in symbol.group for symbol in self._symbols):
                self._vary(place)

    def _places(self) -> Iterator[Place]:
        return ((name, axis) for name, x in self._examples.items() for axis in range(x.dim()) if x.shape[axis])

    def _size(self, place: Place) -> int:
        return self._examples[place[0]].shape[place[1]]

    def _vary(self, place: Place) -> None:
        size, refusal = self._size(place), ""
        for group in self._groups(place):
            refusal = self._refusal(self._resized(group, size + 1)) or ""
            if not refusal:
                return self._found(group if len(group) > 1 else self._with_labels(place), size, unit=1)
        for group in self._groups(place):
            if size > 1 and not self._refusal(self._resized(group, 2 * size)):
                return self._found(group, size, unit=self._unit(group, size))
        self.notes.append(f"axis {place[1]} of {place[0]} stays {size}: {refusal}")

    def _groups(self, place: Place) -> Iterator[Group]:
        """The axis alone, with each other of its size, with those at its position, with all; then with multiples."""
        size = self._size(place)
        others, equal = self._others(place), self._equal(place)
        yield {place: 1}
        yield from ({place: 1, other: 1} for other in equal)
        aligned = [p for p in equal if self._from_right(p) == self._from_right(place)]
        if len(aligned) > 1:
            yield dict.fromkeys([place, *aligned], 1)
        if len(equal) > max(1, len(aligned)):
            yield dict.fromkeys([place, *equal], 1)
        multiples = {p: self._size(p) // size for p in others if self._size(p) % size == 0}
        if size > 1 and len(multiples) > len(equal):
            yield {place: 1, **multiples}

    def _others(self, place: Place) -> list[Place]:
        return [p for p in self._places() if p != place and not any(p in s.group for s in self._symbols)]

    def _equal(self, place: Place) -> list[Place]:
        return [other for other in self._others(place) if self._size(other) == self._size(place)]

    def _with_labels(self, place: Place) -> Group:
        """The axis alone, or with what it labels or is labelled by, where the gradient is right with that only.

        A callable may take more rows than labels, and broadcast the rest.
        """
        larger, alone = self._size(place) + 1, {place: 1}
        labels = self._are_labels(place[0])
        pairs = [{**alone, other: 1} for other in self._equal(place) if self._are_labels(other[0]) != labels]
        if not pairs or self._promises(self._resized(alone, larger)):
            return alone
        return next((pair for pair in pairs if self._promises(self._resized(pair, larger))), alone)

    def _are_labels(self, name: str) -> bool:
        x = self._examples[name]
        return not (x.is_floating_point() or x.is_complex())

    def _from_right(self, place: Place) -> int:
        return self._examples[place[0]].dim() - place[1]

    def _unit(self, group: Group, size: int) -> int:
        """The smallest divisor of ``size`` whose multiples are accepted."""
        divisors = (d for d in range(2, size) if size % d == 0)
        return next((d for d in divisors if not self._refusal(self._resized(group, size + d))), size)

    def _found(self, group: Group, size: int, *, unit: int) -> None:
        symbol = _Symbol(next(self._names), group, unit, size // unit, size // unit)
        self._symbols.append(symbol)
        for least in range(1, symbol.size):
            if not self._refusal(self._resized(group, least * unit)):
                symbol.least = least
                break
        if symbol.least == 1 and not self._refusal(self._resized(group, 0)):
            symbol.least = 0

    # More axes.

    def ranks(self) -> None:
        """Finds whether inputs may have more axes in front, where the gradient proves right: nobody promised them."""
        if self._alike_in_any_shape():
            self._alike = True
            return
        most = max((x.dim() for x in self._examples.values()), default=0)
        whole = tuple(self._examples)
        highest = tuple(name for name, x in self._examples.items() if x.dim() == most)
        taken = {size for x in self._examples.values() for size in x.shape}
        lead = next(size for size in range(2, len(taken) + 3) if size not in taken)  # it must not broadcast by chance
        for names in dict.fromkeys((whole, highest, highest[:1])):
            led = {name: _led(x, lead) if name in names else x for name, x in self._examples.items()}
            if self._promises(led):
                self._leading = names
                return
        self.notes.append(f"no input is given more than {most} axes")

    def _promises(self, tensors: Tensors) -> bool:
        return not self._refusal(tensors) and self._answers.right(tensors)

    def _alike_in_any_shape(self) -> bool:
        """Whether all inputs have one shape, and may have any: that of a number, and one of three axes, among them."""
        if len({x.shape for x in self._examples.values()}) > 1 or not all(x.numel() for x in self._examples.values()):
            return False
        number = {name: x.reshape(-1)[0] for name, x in self._examples.items()}
        solid = {name: _solid(x) for name, x in self._examples.items()}
        return self._promises(number) and self._promises(solid)

    # Axes of other sizes than those of other inputs.

    def broadcasting(self) -> None:
        """Finds which axes may be one, or a multiple, where those of other inputs are not, if the gradient is right."""
        if self._alike:
            self._broadcast = {(name, 0) for name in self._examples if self._stretches(name)}
            return
        for symbol in self._symbols:
            places = [*symbol.group] if symbol.is_plain and len({name for name, _ in symbol.group}) > 1 else []
            self._broadcast |= {place for place in places if self._promises(self._narrowed(symbol, place))}
            multiples = (p for p in places if p not in self._broadcast and self._may_be_a_multiple(symbol, p))
            self._multiples |= {place: next(self._names) for place in multiples}
            if not any(p in self._broadcast or p in self._multiples for p in places):
                least = next((p for p in places if self._may_be_less(symbol, p)), None)
                self._less |= {symbol.name: (least, next(self._names))} if least else {}

    def _stretches(self, name: str) -> bool:
        """Whether one input may be smaller than the others, which have three axes: in one way at least."""
        if len(self._examples) < 2:
            return False
        solid = {other: _solid(x) for other, x in self._examples.items()}
        whole = solid[name]
        return any(self._promises({**solid, name: part}) for part in (whole[0, 0], whole[:1], whole[:, :1]))

    def _narrowed(self, symbol: _Symbol, place: Place) -> dict[str, Tensor]:
        tensors = self._resized(symbol.group, max(symbol.size, 2))
        return {**tensors, place[0]: tensors[place[0]].narrow(place[1], 0, 1).contiguous()}

    def _may_be_less(self, symbol: _Symbol, place: Place) -> bool:
        """Whether it may be less than the others, which may not be less than it; labels as ``_with_labels`` says."""
        whole = self._resized(symbol.group, symbol.size + 3)
        is_taken = self._promises if len({self._are_labels(name) for name, _ in symbol.group}) > 1 else self._takes
        less = ({**whole, place[0]: _tiled(whole[place[0]], place[1], symbol.size + n)} for n in (2, 1))
        return all(map(is_taken, less))

    def _takes(self, tensors: Tensors) -> bool:
        return not self._refusal(tensors)

    def _may_be_a_multiple(self, symbol: _Symbol, place: Place) -> bool:
        """Whether it may be twice as large as the others; the gradient is right there, or where the others are one."""
        name, axis = place
        one, two = (self._resized(symbol.group, size) for size in (1, 2))
        pair, four = ({**found, name: _tiled(found[name], axis, 2 * n)} for n, found in ((1, one), (2, two)))
        return not self._refusal(four) and (self._answers.right(four) or self._promises(pair))

    # What was learnt.

    def learned(self) -> Learned:
        """Shapes, requirements and sizes."""
        if self._alike:
            name = _letters(self._examples)[0]
            shapes: dict[str, tuple[Axis, ...]] = {
                each: (Axis(parse(name), variadic=True, broadcast=(each, 0) in self._broadcast),)
                for each in self._examples
            }
            return Learned(shapes, (), {name: tuple(next(iter(self._examples.values())).shape)}, ())
        lead = (Axis(parse(next(self._names)), variadic=True),) if self._leading else ()
        shapes = {name: (lead if name in self._leading else ()) + self._axes(name) for name in self._examples}
        sizes: dict[str, int | tuple[int, ...]] = {symbol.name: symbol.size - symbol.offset for symbol in self._symbols}
        sizes |= {axis.size.text: () for axis in lead} | dict.fromkeys(self._multiples.values(), 1)
        sizes |= {more: 0 for _, more in self._less.values()}
        least = [*(symbol.name for symbol in self._symbols if symbol.least), *self._multiples.values()]
        require = tuple(parse(f"{name} >= 1") for name in least)
        return Learned(shapes, require, sizes, tuple(self.notes))

    def _axes(self, name: str) -> tuple[Axis, ...]:
        return tuple(self._axis((name, axis)) for axis in range(self._examples[name].dim()))

    def _axis(self, place: Place) -> Axis:
        symbol = next((symbol for symbol in self._symbols if place in symbol.group), None)
        if symbol is None:
            return Axis(parse(str(self._size(place))))
        least, more = self._less.get(symbol.name, (place, ""))
        if place != least:
            return Axis(parse(f"{symbol.name}+{more}"))
        multiple = f"{self._multiples[place]}*" if place in self._multiples else ""
        return symbol.axis(place, broadcast=place in self._broadcast, multiple=multiple)


def _letters(examples: Tensors) -> list[str]:
    """Names for symbols: letters that name no input, and pairs of them."""
    pairs = (one + other for one in ascii_uppercase for other in ascii_uppercase)
    return [name for name in (*ascii_uppercase, *pairs) if name not in examples]


def _tiled(x: Tensor, axis: int, size: int) -> Tensor:
    """``x`` with ``size`` entries along ``axis``: its own, again and again."""
    return x.index_select(axis, torch.arange(size, device=x.device) % x.shape[axis])


def _solid(x: Tensor) -> Tensor:
    """The entries of ``x``, again and again, on three axes of different sizes."""
    return _tiled(x.reshape(-1), 0, 24).reshape(2, 3, 4)


def _led(x: Tensor, count: int) -> Tensor:
    """``count`` times ``x``, its entries moved on by one each time, so that no two are alike."""
    return torch.stack([x.reshape(-1).roll(k).reshape(x.shape) for k in range(count)])
