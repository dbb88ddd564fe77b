"""The hooks by which a test suite, or another plugin, adds to gradsuite for a run.

Each is called once in a process, when gradsuite is first used there, and from the ``conftest.py`` files that pytest has
read by then: write them in the topmost one. What each names is a module that looks like one of gradsuite's own, by its
dotted path; nothing is imported before it is needed. A package that is installed names the same modules in entry points
(``gradsuite.extensions``): those are known to ``gradsuite run``, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

Modules = Mapping[str, str]


@pytest.hookspec
def pytest_gradsuite_specs(config: pytest.Config) -> Sequence[Path | str]:  # type: ignore[empty-body]
    """Adds ops: folders of ``*.grad.yaml`` files, which are collected where pytest is started without paths.

    Unlike the others, this is called at the start of every run. Relative paths count from the root folder of the run.
    """


@pytest.hookspec
def pytest_gradsuite_domains(config: pytest.Config) -> Modules:  # type: ignore[empty-body]
    """Adds domains, by the names that specs call them: ``{"angle": "kernels.grad.angle"}``.

    The module defines ``DOMAIN``, a ``gradsuite.spec.domain.DomainKind``.
    """


@pytest.hookspec
def pytest_gradsuite_layouts(config: pytest.Config) -> Modules:  # type: ignore[empty-body]
    """Adds memory layouts, which the checks of layouts try: ``{"padded": "kernels.grad.padded"}``.

    The module defines ``LAYOUT``, a ``gradsuite.inputs.layouts.Layout``.
    """


@pytest.hookspec
def pytest_gradsuite_checks(config: pytest.Config) -> Modules:  # type: ignore[empty-body]
    """Adds checks, by their names: ``{"scaling": "kernels.grad.scaling"}``. They run on every op.

    The module defines ``CHECK``, a ``gradsuite.comparison.Check``; its docstring is what reports print.
    """


@pytest.hookspec
def pytest_gradsuite_devices(config: pytest.Config) -> Modules:  # type: ignore[empty-body]
    """Adds devices, by torch's names for them: ``{"npu": "backend.grad"}``. They run where they are asked for.

    The module defines ``DEVICE``, a ``gradsuite.devices.Device``; its ``available`` makes the backend known to torch.
    """


@pytest.hookspec
def pytest_gradsuite_sections(config: pytest.Config) -> Modules:  # type: ignore[empty-body]
    """Adds sections of the HTML report: ``{"kernels": "kernels.grad.section"}``.

    The module defines ``ORDER``, ``TITLE``, ``ANCHOR`` and ``render(merged)``, as ``gradsuite.reporters.html.sections``
    says: it is given what was recorded, and returns ``markupsafe.Markup``.
    """
