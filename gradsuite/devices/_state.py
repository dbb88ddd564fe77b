"""Keeps the host's settings: what a check changes in torch's global state is put back when it ends."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


@contextmanager
def kept(*, threads: int | None = None) -> Iterator[None]:
    """Runs the body, on ``threads`` CPU threads if given, and then puts back torch's global state.

    Put back: random number generators (Python, NumPy, torch on every device in use), default dtype, grad mode, thread
    count, deterministic mode, the precision of float32 products (TF32), and the filter of warnings.
    """
    import numpy as np
    import torch

    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(torch.random.fork_rng(devices=_devices_in_use()))
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        settings: tuple[tuple[Callable[[], Any], Callable[[Any], object]], ...] = (
            (torch.is_grad_enabled, torch.set_grad_enabled),
            (torch.get_default_dtype, torch.set_default_dtype),
            (torch.get_num_threads, torch.set_num_threads),
            (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
            (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
        )
        for read, write in settings:
            stack.callback(_put_back, read, write, read())
        if threads is not None:
            torch.set_num_threads(threads)
        yield


def _put_back(read: Callable[[], Any], write: Callable[[Any], object], before: Any) -> None:
    """Only what was changed is written: some of torch's setters import much, and that once for every case."""
    if read() != before:
        write(before)


def _devices_in_use() -> list[int]:
    """The CUDA devices whose generators exist already: asking for others would start CUDA for nothing."""
    import torch

    in_use = torch.cuda.is_initialized()
    return list(range(torch.cuda.device_count())) if in_use else []
