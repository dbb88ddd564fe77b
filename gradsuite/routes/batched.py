"""An op under vmap: over its inputs, with autograd around it or inside, over cotangents, and over tangents.

Each function gives the numbers of one entry of the batch, and raises Unsupported where vmap, or the op under it,
refuses: that is no silent mistake.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from gradsuite.errors import Unsupported
from gradsuite.routes.point import Point
from gradsuite.routes.sameness import Numbers, gradients_by_name


@dataclass(frozen=True)
class Batch:
    """Points of one shape: of their inputs ``moved`` are stacked along ``axis``, the others are the first point's."""

    points: Sequence[Point]
    moved: tuple[str, ...]
    axis: int = 0

    def stacked(self) -> dict[str, torch.Tensor]:
        """What is moved, of all points."""
        columns = {name: [point.tensors[name] for point in self.points] for name in self.moved}
        return {n: torch.stack([t for t in column if t is not None], self.axis) for n, column in columns.items()}

    def call(self, values: Sequence[torch.Tensor], others: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """The op at one entry's values of what is moved."""
        first = self.points[0]
        return first.call({**first.tensors, **others, **dict(zip(self.moved, values, strict=True))})

    def cotangents(self, entry: int | None = None) -> list[torch.Tensor]:
        """Those of all points, one tensor for each output; zero but for ``entry`` if that is given."""
        rows = [
            [ct if entry in (None, k) else torch.zeros_like(ct) for ct in point.cotangents]
            for k, point in enumerate(self.points)
        ]
        return [torch.stack(column) for column in zip(*rows, strict=True)]


def autograd_around(batch: Batch, entry: int) -> Numbers:
    """Each output, and each gradient by autograd through the whole batch."""
    first, stacked = batch.points[0], batch.stacked()
    leaves = {n: stacked.get(n, first.tensors[n]).detach().requires_grad_() for n in first.names}  # type: ignore[union-attr]
    alone = None if set(first.names) <= set(batch.moved) else entry  # an input for all entries sums over them
    with _refusable(), torch.enable_grad():
        vmapped = torch.func.vmap(lambda *values: batch.call(values, leaves), in_dims=batch.axis)
        outputs = vmapped(*{**stacked, **{n: leaf for n, leaf in leaves.items() if n in stacked}}.values())
        found = _gradients(first.select(outputs), list(leaves.values()), batch.cotangents(alone))
    gradients = {n: g.select(batch.axis, entry) if n in stacked else g for n, g in zip(leaves, found, strict=True)}
    values = {f"output {i}": output.detach()[entry] for i, output in enumerate(outputs)}
    return {**values, **gradients_by_name(gradients)}


def _gradients(
    outputs: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor], weights: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """Zeros where nothing is connected, as it is where a rule loses the graph."""
    carrying = [(output, weight) for output, weight in zip(outputs, weights, strict=True) if output.requires_grad]
    if not carrying:
        return [torch.zeros_like(leaf) for leaf in wanted]
    found = torch.autograd.grad([y for y, _ in carrying], wanted, [ct for _, ct in carrying], allow_unused=True)
    return [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(wanted, found, strict=True)]


def autograd_inside(batch: Batch, entry: int) -> Numbers:
    """Each gradient by a vector-Jacobian product that is itself batched; everything that is moved is differentiated."""
    stacked, weights, first = batch.stacked(), batch.cotangents(), batch.points[0]

    def pull(*given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        primals, cotangents = given[: len(stacked)], given[len(stacked) :]
        pullback = torch.func.vjp(lambda *values: tuple(first.select(batch.call(values, {}))), *primals)[1]
        gradients: tuple[torch.Tensor, ...] = pullback(cotangents)
        return gradients

    with _refusable():
        found = torch.func.vmap(pull)(*(t.movedim(batch.axis, 0) for t in stacked.values()), *weights)
    return gradients_by_name({n: g[entry] for n, g in zip(stacked, found, strict=True)})


def over_cotangents(point: Point, rows: Sequence[Sequence[torch.Tensor]], entry: int) -> Numbers:
    """Each gradient for one of several rows of cotangents, whose backward runs once for all of them."""
    leaves, outputs = point.graph
    wanted = [leaf for n in point.names if (leaf := leaves[n]) is not None]
    weights = [torch.stack(list(column)) for column in zip(*rows, strict=True)]
    with _refusable():
        found = torch.autograd.grad(
            point.select(outputs), wanted, weights, allow_unused=True, retain_graph=True, is_grads_batched=True
        )
    pairs = zip(point.names, found, wanted, strict=True)
    return gradients_by_name({n: torch.zeros_like(leaf) if g is None else g[entry] for n, g, leaf in pairs})


def over_tangents(point: Point, rows: Sequence[Mapping[str, torch.Tensor]], entry: int) -> list[torch.Tensor]:
    """The Jacobian-vector product along one of several rows of tangents, whose JVP runs once for all of them.

    Raises Unsupported where there is no forward mode, too.
    """
    stacked = [torch.stack([row[name] for row in rows]) for name in point.names]
    primals = tuple(point.primal(name).detach() for name in point.names)

    def call(*values: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(point.select(point.call({**point.tensors, **dict(zip(point.names, values, strict=True))})))

    with _refusable():
        found = torch.func.vmap(lambda *tangents: torch.func.jvp(call, primals, tangents)[1])(*stacked)
    return [product[entry] for product in found]


@contextmanager
def _refusable() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # vmap's slow fallback warns for each operation that it meets
        try:
            yield
        except Exception as error:  # whatever it is, it is not silent
            raise Unsupported(str(error).strip().partition("\n")[0]) from error
