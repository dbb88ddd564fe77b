"""The sample that an op is at, kept so that whatever ends a case early can be told with the inputs that did it.

There is one for the process, as there is one interpreter that an op may kill.
"""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Any

import torch

from gradsuite.sample import Sample

MOST = 2**14  # elements of a tensor that is kept; of a larger one its shape alone


class OutOfTime(BaseException):
    """The op has taken all the time there was for it.

    No Exception, for what an op raises is caught in many places, and this is not of the op.
    """


class Flight:
    """The last sample: in memory and, where a file was named, there too, beyond the end of the process."""

    def __init__(self) -> None:
        self.sample: Sample | None = None
        self._file: FileIO | None = None
        self._deadline = math.inf

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """No call of an op is begun after so many seconds: OutOfTime is raised in its place."""
        before, self._deadline = self._deadline, min(self._deadline, time.perf_counter() + seconds)
        try:
            yield
        finally:
            self._deadline = before

    def require_time(self) -> None:
        """Raises OutOfTime where the time is up."""
        if time.perf_counter() > self._deadline:
            raise OutOfTime

    def keep_in(self, path: Path) -> None:
        """From now on each sample is also written to ``path``, before the op is called at it."""
        self._file = FileIO(path, "w")

    def at(self, sample: Sample) -> None:
        """An op is about to be called at ``sample``, or to be differentiated there. Raises OutOfTime."""
        self.require_time()
        if sample is self.sample:
            return
        self.sample = sample
        if self._file is not None:
            self._file.seek(0)
            self._file.write(_packed(sample))


FLIGHT = Flight()


def read(path: Path) -> Sample | None:
    """The last sample that a process wrote to ``path``, its arguments as text; None where it wrote none."""
    try:
        kept: Sample = pickle.loads(path.read_bytes())
    except (EOFError, pickle.UnpicklingError):
        return None
    return replace(kept, tensors={name: None if t is None else _tensor(*t) for name, t in kept.tensors.items()})


def _packed(sample: Sample) -> bytes:
    tensors: Any = {name: None if t is None else _parts(t) for name, t in sample.tensors.items()}
    arguments = {name: repr(value) for name, value in sample.arguments.items()}
    return pickle.dumps(replace(sample, tensors=tensors, arguments=arguments, symbols={}, expect={}))


def _parts(tensor: torch.Tensor) -> tuple[torch.dtype, tuple[int, ...], tuple[int, ...], bytes | None]:
    """Dtype, shape, strides, and the bytes from the first element to the last as they lie in memory."""
    plain, shape = tensor.detach().resolve_conj().resolve_neg(), tuple(tensor.shape)
    if plain.layout is not torch.strided:
        return tensor.dtype, shape, (), None
    length = 1 + sum((size - 1) * stride for size, stride in zip(shape, plain.stride(), strict=True))
    if length > MOST:
        return tensor.dtype, shape, (), None
    row = plain.as_strided((length if plain.numel() else 0,), (1,)).cpu()
    return tensor.dtype, shape, plain.stride(), row.view(torch.uint8).numpy().tobytes()


def _tensor(dtype: torch.dtype, shape: tuple[int, ...], strides: tuple[int, ...], data: bytes | None) -> torch.Tensor:
    """The tensor, or one without elements of its own (on the device meta) where none were kept."""
    if data is None:
        return torch.empty(shape, dtype=dtype, device="meta")
    if not data:
        return torch.empty_strided(shape, strides, dtype=dtype)
    return torch.frombuffer(bytearray(data), dtype=dtype).as_strided(shape, strides)
