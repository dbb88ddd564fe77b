"""NVIDIA GPUs through CUDA (and AMD's through ROCm, which torch calls cuda as well)."""

from __future__ import annotations

from collections.abc import Mapping

from gradsuite.devices._device import Device


def _available() -> bool:
    import torch

    return torch.cuda.is_available()


def _flags() -> Mapping[str, str]:
    import torch

    matmul = torch.backends.cuda.matmul
    return {
        "gpu": torch.cuda.get_device_name(),
        "cuda": str(torch.version.cuda or torch.version.hip),
        "tf32 matmul": str(matmul.allow_tf32),
        "tf32 convolution": str(torch.backends.cudnn.allow_tf32),
        "float16 reduced precision sums": str(matmul.allow_fp16_reduced_precision_reduction),
        "bfloat16 reduced precision sums": str(matmul.allow_bf16_reduced_precision_reduction),
    }


def _wait() -> None:
    import torch

    torch.cuda.synchronize()


def _free() -> int:
    import torch

    return torch.cuda.mem_get_info()[0]


DEVICE = Device(
    "cuda",
    available=_available,
    missing="torch.cuda.is_available() is False: no GPU, no driver, or a CPU build of torch",
    flags=_flags,
    wait=_wait,
    free=_free,
)
