"""Who writes where it must not: an op run on copies, with all that it was given and all that it gave watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from gradsuite.results import Culprit
from gradsuite.routes.memory import Watch, copied, same
from gradsuite.routes.point import Point, Tensors
from gradsuite.routes.reverse import gradients
from gradsuite.sample import Sample, Subject

REFUSED = "leaf Variable that requires grad is being used in an in-place operation"
HIDDEN = "don't yet support saved tensor hooks"


@dataclass(frozen=True)
class Overwritten:
    """``by`` changed ``names``, which are all of one ``kind``.

    ``refused``: autograd saw it, and did not let it happen. ``harmless``: a second call with what was left there
    gives the same, as it does with running statistics; said of constants alone.
    """

    by: Culprit
    kind: str
    names: tuple[str, ...]
    refused: bool = False
    harmless: bool = False


def overwritten(subject: Subject, sample: Sample, tensors: Tensors) -> tuple[Overwritten, ...]:
    """What the subject changes that is not its own, at copies of ``tensors``. Raises what the subject raises."""
    run = _Run(subject, sample, tensors)
    try:
        return tuple(each for each in run.found() if each.names)
    except RuntimeError as error:
        if REFUSED not in str(error):
            raise
        return (Overwritten(Culprit.FORWARD, "inputs", sample.differentiable, refused=True),)


class _Run:
    """One forward and two backwards, then another forward elsewhere."""

    def __init__(self, subject: Subject, sample: Sample, tensors: Tensors) -> None:
        self._tensors = tensors
        self._point = on_copies(Point(subject, sample), tensors)
        self._saved: dict[str, torch.Tensor] = {}

    def found(self) -> Iterator[Overwritten]:
        """Every kind of thing that must not change, with the names of those that did."""
        yield from self._forward()
        if self._point.selected:
            yield from self._backward()
        yield from self._another_forward()

    def _forward(self) -> Iterator[Overwritten]:
        inputs = Watch(self._point.tensors)
        self._call()
        changed = inputs.changed()
        constants = tuple(name for name in changed if name not in self._point.names)
        yield Overwritten(Culprit.FORWARD, "inputs", tuple(name for name in changed if name not in constants))
        if constants:
            yield Overwritten(Culprit.FORWARD, "constants", constants, harmless=self._harmless(constants))

    def _call(self) -> None:
        """The forward, with a look at what it saves where that may be had: torch.func lets nobody see it."""
        try:
            with torch.autograd.graph.saved_tensors_hooks(self._save, lambda saved: saved):
                self._point.graph  # noqa: B018
        except RuntimeError as error:
            if HIDDEN not in str(error):
                raise
            self._saved.clear()
            self._point.graph  # noqa: B018

    def _save(self, tensor: torch.Tensor) -> torch.Tensor:
        self._saved[f"saved tensor {len(self._saved)}"] = tensor
        return tensor

    def _harmless(self, constants: tuple[str, ...]) -> bool:
        left = {name: self._point.tensors[name] for name in constants}
        first, second = (on_copies(self._point, {**self._tensors, **changes}) for changes in ({}, left))
        return same(_results(first), _results(second))

    def _backward(self) -> Iterator[Overwritten]:
        point = self._point
        watches = {
            "inputs": Watch(point.tensors),
            "cotangents": Watch({f"ct {i}": ct for i, ct in enumerate([*point.cotangents, *point.more_cotangents])}),
            "saved tensors": Watch(self._saved),
            "outputs": _watch_outputs(point),
        }
        watches["gradients given before"] = Watch(gradients(point))
        gradients(point, point.more_cotangents)
        for kind, watch in watches.items():
            yield Overwritten(Culprit.BACKWARD, kind, tuple(watch.changed()))

    def _another_forward(self) -> Iterator[Overwritten]:
        outputs = _watch_outputs(self._point)
        on_copies(self._point, self._point.nearby).graph  # noqa: B018
        yield Overwritten(Culprit.FORWARD, "outputs given before", tuple(outputs.changed()))


def on_copies(point: Point, tensors: Tensors) -> Point:
    """The point's subject and sample, at copies of ``tensors``."""
    copies = {name: t if t is None else copied(t) for name, t in tensors.items()}
    return Point(point.subject, replace(point.sample, tensors=copies))


def _results(point: Point) -> list[torch.Tensor]:
    return [*point.outputs, *(gradients(point).values() if point.selected else ())]


def _watch_outputs(point: Point) -> Watch:
    return Watch({f"output {i}": output for i, output in enumerate(point.outputs)})
