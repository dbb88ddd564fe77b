"""For the whole test run: pytester, and one torch thread for each process that pytest-xdist starts."""

from __future__ import annotations

import os

pytest_plugins = ["pytester"]

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported; workers share the cores
