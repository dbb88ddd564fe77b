"""The fixture ``gradsuite_check``: ``gradsuite.check`` under the run's settings, recorded, raising what it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from gradsuite import forking
from gradsuite.api import Report, reported
from gradsuite.devices import kept
from gradsuite.plan import Case
from gradsuite.plugin.bench import bench
from gradsuite.plugin.outcome import PROPERTY, judged
from gradsuite.request import Domains, Given, Request
from gradsuite.workers import run_all


@dataclass
class Checker:
    """``gradsuite_check`` in one test. Its calls are recorded under the test's id, and the name of what they judge."""

    test: pytest.Item
    _names: Counter[str] = field(default_factory=Counter)

    def __call__(
        self,
        fn: Callable[..., Any],
        inputs: Given,
        *,
        dtypes: Sequence[torch.dtype] | None = None,
        devices: Sequence[str] | None = None,
        checks: Sequence[str] = (),
        domain: Domains = None,
        derivative: Mapping[str, str | Mapping[str, str]] | None = None,
        forward: str | None = None,
        surrogate: str | None = None,
        name: str | None = None,
        isolate: bool = False,
        timeout: float | None = None,
    ) -> Report:
        """As ``gradsuite.check``, whose arguments these are; devices, dtypes and checks that are not given are those
        that the settings name, and so are profile, seed, waivers and timeout.

        Raises GradientError, whose text is the report's, where something failed or went wrong.
        """
        __tracebackhide__ = True
        used = bench(self.test.config)
        chosen = used.settings
        with kept(threads=1):
            request = Request(
                fn, inputs, self._named(fn, name), self.test.nodeid, domain=domain, derivative=derivative,
                forward=forward, surrogate=surrogate,
            )  # fmt: skip
            cases = request.cases(
                devices or chosen.devices,
                dtypes or [getattr(torch, name) for name in chosen.dtypes],
                checks or chosen.checks,
            )
            environment = used.environment()
        lines = run_all(
            cases, profile=chosen.profile, seed=chosen.seed, waivers=used.waivers,
            source=used.replayed(request.source, self._place),
            cautious=used.replayed(request.examples_alone, self._place),
            context=forking.context(cases) if isolate else None, limit=timeout or used.limit,
        )  # fmt: skip
        report = reported(request, environment, used.recorded(cases, lines))
        judged(self.test, report.results)
        self.test.user_properties.append((PROPERTY, report.verdict.value))
        report.raise_for_failure()
        return report

    def _place(self, _: Case) -> str:
        return self.test.nodeid

    def _named(self, fn: Callable[..., Any], name: str | None) -> str:
        """Two calls of one test never have one name: the later results would take the place of the earlier."""
        name = name or str(getattr(fn, "__name__", type(fn).__name__))
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name} #{self._names[name]}"
