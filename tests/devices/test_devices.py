from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from gradsuite import devices
from gradsuite.errors import UsageError


@pytest.mark.parametrize("name", devices.names())
def test_every_device_says_what_it_is(name: str) -> None:
    device = devices.get(name)
    assert torch.device(device.name).type == name
    assert isinstance(device.available(), bool)
    if device.available():
        device.wait()
        assert all(isinstance(key, str) and isinstance(value, str) for key, value in device.flags().items())
    else:
        assert device.missing


def test_the_cpu_is_always_there() -> None:
    assert "cpu" in devices.available()


def test_an_unknown_device_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown device 'cdua'; did you mean 'cuda'"):
        devices.get("cdua")


def test_an_absent_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="'cuda' is required but absent"):
        devices.require("cuda")


def test_flushed_denormals_are_noticed() -> None:
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush denormals")
    try:
        assert devices.get("cpu").flags()["flush denormal"] == "True"
    finally:
        torch.set_flush_denormal(False)
    assert devices.get("cpu").flags()["flush denormal"] == "False"


def _disturb() -> None:
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(3)
    torch.set_float32_matmul_precision("medium")
    torch.use_deterministic_algorithms(True)


def _state() -> list[object]:
    return [
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist(),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.get_float32_matmul_precision(),
        torch.are_deterministic_algorithms_enabled(),
    ]


def test_what_is_changed_is_put_back() -> None:
    before = _state()
    with devices.kept():
        _disturb()
        assert _state() != before
    assert _state() == before


def test_what_is_changed_is_put_back_after_an_error() -> None:
    before = _state()
    with pytest.raises(ZeroDivisionError), devices.kept(threads=1):
        assert torch.get_num_threads() == 1
        _disturb()
        raise ZeroDivisionError
    assert _state() == before
