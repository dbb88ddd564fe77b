"""The devices that ops can be run on: one module a device, found by its file name.

A device module defines ``DEVICE``. A name that begins with an underscore is not a device.
Importing this package imports no torch. Other projects add theirs as ``extensions`` says.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from gradsuite import extensions
from gradsuite.devices._device import Device
from gradsuite.devices._state import kept
from gradsuite.errors import UsageError
from gradsuite.spec.nearest import suggestion

if TYPE_CHECKING:
    import torch

__all__ = ["Device", "available", "get", "kept", "names", "place", "require"]


def names() -> tuple[str, ...]:
    """The known devices' names, sorted: ``("cpu", "cuda")``."""
    shipped = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return tuple(sorted((*shipped, *extensions.added("devices", shipped))))


def get(name: str) -> Device:
    """The device called ``name``; raises UsageError for an unknown one."""
    if extension := extensions.added("devices").get(name):
        return extension.defined("DEVICE", Device)
    if name not in names():
        raise UsageError(f"unknown device {name!r}; {suggestion(name, names())}")
    device: Device = import_module(f"{__name__}.{name}").DEVICE
    return device


def require(name: str) -> Device:
    """The device called ``name``; raises UsageError where this machine or this torch build lacks it."""
    device = get(name)
    if not device.available():
        raise UsageError(f"device {name!r} is required but absent: {device.missing}")
    return device


def place(name: str) -> torch.device:
    """torch's device ``name``; one that another project adds is first asked for, which makes torch know it."""
    import torch

    if name in extensions.added("devices"):
        require(name)
    return torch.device(name)


def available() -> tuple[str, ...]:
    """The names of the devices that this machine has."""
    return tuple(name for name in names() if get(name).available())
