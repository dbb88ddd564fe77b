"""What tensors hold, bit by bit: whether it is the same, and whether anybody changed it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch


def same(left: Sequence[torch.Tensor], right: Sequence[torch.Tensor]) -> bool:
    """Whether two rows of tensors have the same shapes and hold the same bits; every NaN is one and the same."""
    return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))


def _same(left: torch.Tensor, right: torch.Tensor) -> bool:
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    return torch.equal(left, right) or bool(((left == right) | ((left != left) & (right != right))).all())


class Watch:
    """Remembers what named tensors hold, so as to see what was written behind the version counter, too."""

    def __init__(self, tensors: Mapping[str, torch.Tensor | None]) -> None:
        self._tensors = {name: t for name, t in tensors.items() if t is not None and t.layout is torch.strided}
        self._before = {name: _bits(t) for name, t in self._tensors.items()}

    def changed(self) -> list[str]:
        """The names of the tensors that hold something else by now."""
        return [name for name, t in self._tensors.items() if not torch.equal(_bits(t), self._before[name])]


def copied(tensor: torch.Tensor) -> torch.Tensor:
    """The same values in fresh memory, differentiably, with the same strides unless elements share their place."""
    if tensor.layout is not torch.strided or 0 in tensor.stride():
        return tensor.clone()
    return tensor.new_empty_strided(tensor.size(), tensor.stride()).copy_(tensor)


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """A copy of the tensor's bytes, in row-major order."""
    return tensor.detach().clone(memory_format=torch.contiguous_format).view(-1).view(torch.uint8)
