"""Keeps the host's settings: what a check changes in torch's global state is put back when it ends."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def kept(*, threads: int | None = None) -> Iterator[None]:
    """Runs the body, on ``threads`` CPU threads if given, and then puts back torch's global state.

    Put back: random number generators (Python, NumPy, torch on every device in use), default dtype, grad mode, thread
    count, deterministic mode, TF32 and the filter of warnings.
    """
    import numpy as np
    import torch

    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(torch.random.fork_rng(devices=_devices_in_use()))
        stack.enter_context(torch.set_grad_enabled(torch.is_grad_enabled()))
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        stack.callback(torch.set_default_dtype, torch.get_default_dtype())
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        stack.callback(
            torch.use_deterministic_algorithms,
            torch.are_deterministic_algorithms_enabled(),
            warn_only=torch.is_deterministic_algorithms_warn_only_enabled(),
        )
        stack.callback(setattr, torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)
        stack.callback(setattr, torch.backends.cuda.matmul, "allow_tf32", torch.backends.cuda.matmul.allow_tf32)
        if threads is not None:
            torch.set_num_threads(threads)
        yield


def _devices_in_use() -> list[int]:
    """The CUDA devices whose generators exist already: asking for others would start CUDA for nothing."""
    import torch

    return list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
