"""What every dispatch mode here has in common."""

from __future__ import annotations

from torch.utils._python_dispatch import TorchDispatchMode


class DispatchMode(TorchDispatchMode):
    """Sees each ATen operation of the calling thread; a member says in ``__torch_dispatch__`` what it does with it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False spares importing the compiler, which takes seconds."""
        return False
