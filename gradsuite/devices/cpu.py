"""The CPU: always there."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gradsuite.devices._device import Device


def _flags() -> Mapping[str, str]:
    import torch

    return {
        "mkldnn": str(torch.backends.mkldnn.enabled),
        "matmul precision": torch.get_float32_matmul_precision(),
        "deterministic": str(torch.are_deterministic_algorithms_enabled()),
        "flush denormal": str(_flushes_denormals()),
    }


def _flushes_denormals() -> bool:
    """Measured, for torch has no getter: half the smallest normal float64 is zero only if denormals are flushed."""
    import torch

    smallest = torch.tensor(torch.finfo(torch.float64).smallest_normal, dtype=torch.float64)
    return bool((smallest / 2 == 0).item())


def _nothing_queued() -> None:
    return None


def _free() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


DEVICE = Device("cpu", available=lambda: True, missing="", flags=_flags, wait=_nothing_queued, free=_free)
