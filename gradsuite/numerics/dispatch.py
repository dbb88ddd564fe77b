"""What every dispatch mode here has in common."""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class DispatchMode(TorchDispatchMode):
    """Sees each ATen operation of the calling thread; a member says in ``__torch_dispatch__`` what it does with it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False spares importing the compiler, which takes seconds."""
        return False


def is_in_backward() -> bool:
    """Whether the operation at hand is a hand-written backward's own, of no forward that it differentiates again."""
    node = torch._C._current_autograd_node()
    return isinstance(node, torch.autograd.function.BackwardCFunction) and not torch.is_grad_enabled()
