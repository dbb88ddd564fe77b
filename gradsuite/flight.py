"""The sample that an op is at, kept so that whatever ends a case early can be told with the inputs that did it.

There is one for the process, as there is one interpreter that an op may kill.
"""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any

import torch

from gradsuite.results import Origin
from gradsuite.sample import Sample

MOST = 2**14  # elements of a tensor that is kept; of a larger one its shape alone


class OutOfTime(BaseException):
    """The op has taken all the time there was for it.

    No Exception, for what an op raises is caught in many places, and this is not of the op.
    """


class Written(str):
    """The text of a value that only another process has: its own representation."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Seen:
    """The sample that an op was at, and where a replay finds the op."""

    sample: Sample
    origin: Origin


class Flight:
    """The last sample: in memory and, where a file was named, there too, beyond the end of the process.

    ``origin`` says of a sample where a replay finds its subject.
    """

    def __init__(self) -> None:
        self.sample: Sample | None = None
        self.origin: Callable[[Sample], Origin] = lambda sample: Origin()
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
            self._file.write(pickle.dumps(Seen(_packed(sample), self.origin(sample))))

    @property
    def seen(self) -> Seen | None:
        """The last sample with its origin, if there is one."""
        return None if self.sample is None else Seen(self.sample, self.origin(self.sample))


FLIGHT = Flight()


def read(path: Path) -> Seen | None:
    """The last sample that a process wrote to ``path``, its arguments as text; None where it wrote none."""
    try:
        kept: Seen = pickle.loads(path.read_bytes())
    except (EOFError, pickle.UnpicklingError):
        return None
    packed: Any = kept.sample.tensors
    tensors = {name: None if parts is None else _tensor(parts) for name, parts in packed.items()}
    return replace(kept, sample=replace(kept.sample, tensors=tensors))


def _packed(sample: Sample) -> Sample:
    """The sample in parts that need nothing of torch to be unpacked."""
    tensors: Any = {name: None if t is None else _parts(t) for name, t in sample.tensors.items()}
    arguments = {name: Written(repr(value)) for name, value in sample.arguments.items()}
    return replace(sample, tensors=tensors, arguments=arguments, symbols=dict(sample.symbols), expect={})


@dataclass(frozen=True)
class _Parts:
    """A tensor: ``data`` are the bytes of its memory up to its last element; None where they are not kept."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    strides: tuple[int, ...] = ()
    offset: int = 0
    data: bytes | None = None


def _parts(tensor: torch.Tensor) -> _Parts:
    plain, shape = tensor.detach().resolve_conj().resolve_neg(), tuple(tensor.shape)
    if plain.layout is not torch.strided:
        return _Parts(tensor.dtype, shape)
    length = 1 + sum((size - 1) * stride for size, stride in zip(shape, plain.stride(), strict=True))
    start = int(plain.storage_offset())
    offset = start if start + length <= MOST else 0  # of what lies far into its memory, the rest is left out
    if length > MOST:
        return _Parts(tensor.dtype, shape)
    row = plain.as_strided((offset + length if plain.numel() else 0,), (1,), start - offset).cpu()
    return _Parts(tensor.dtype, shape, plain.stride(), offset, row.view(torch.uint8).numpy().tobytes())


def _tensor(parts: _Parts) -> torch.Tensor:
    """The tensor, or one without elements of its own (on the device meta) where none were kept."""
    if parts.data is None:
        return torch.empty(parts.shape, dtype=parts.dtype, device="meta")
    if not parts.data:
        return torch.empty_strided(parts.shape, parts.strides, dtype=parts.dtype)
    row = torch.frombuffer(bytearray(parts.data), dtype=parts.dtype)
    return row.as_strided(parts.shape, parts.strides, parts.offset)
