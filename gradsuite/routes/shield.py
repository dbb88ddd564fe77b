"""An op that overwrites what it is given, called so that it cannot: the other checks judge the rest of it."""

from __future__ import annotations

from dataclasses import replace

import torch

from gradsuite.routes.memory import copied
from gradsuite.routes.point import Tensors
from gradsuite.sample import Sample, Subject


def shielded(subject: Subject) -> Subject:
    """The subject, which is called with copies of its inputs, cotangents and saved tensors, and gives copies.

    ``original`` is the subject itself.
    """

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        own = {name: t if t is None else _guarded(copied(t)) for name, t in tensors.items()}
        with torch.autograd.graph.saved_tensors_hooks(lambda saved: saved, copied):
            outputs = subject.call(own, sample)
        return tuple(copied(_guarded(output)) for output in outputs)

    return replace(subject, call=call, original=subject)


def _guarded(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself; what comes back to it as a gradient is copied first."""
    if tensor.requires_grad:
        tensor.register_hook(lambda gradient: gradient if gradient is None else copied(gradient))
    return tensor
