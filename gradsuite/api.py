"""``gradsuite.check``: any callable, with no spec.

Reverse mode, forward mode, differences and the float64 reference judge each other; a formula, where one is given, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gradsuite import forking
from gradsuite.devices import kept
from gradsuite.errors import GradsuiteError
from gradsuite.inputs.effort import effort
from gradsuite.inputs.given import Input
from gradsuite.plan import LIMIT
from gradsuite.reporters import mutants, words
from gradsuite.request import Domains, Given, Request
from gradsuite.results import CaseResult, Culprit, Environment, Failure, Line, Op, Outcome, Recorder, verdict
from gradsuite.runner import Session, bare_op
from gradsuite.workers import run_all

__all__ = ["GradientError", "Input", "Report", "check"]


class GradientError(GradsuiteError, AssertionError):
    """Raised by ``Report.raise_for_failure``; its text is the report's."""


@dataclass(frozen=True)
class Report:
    """What ``check`` found. ``results`` holds one record a case (device x dtype x check)."""

    name: str
    environment: Environment
    op: Op
    results: tuple[CaseResult, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing went wrong; what is unsupported or undecided did not fail."""
        return not any(result.outcome in (Outcome.FAILED, Outcome.ERROR) for result in self.results)

    @property
    def verdict(self) -> Outcome:
        """passed, failed, inconclusive, unsupported or error: the worst over the cases."""
        return verdict(result.outcome for result in self.results)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Every failure, each at its smallest sample."""
        return tuple(failure for result in self.results for failure in result.failures)

    @property
    def culprit(self) -> Culprit | None:
        """Who is wrong, by the first failure that says so; None where nothing failed."""
        named = [failure.culprit for failure in self.failures if failure.culprit is not Culprit.UNDECIDED]
        return named[0] if named else Culprit.UNDECIDED if self.failures else None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The recorded lines, as ``gradsuite run`` writes them."""
        return (self.environment, self.op, *self.results)

    def __str__(self) -> str:
        from gradsuite.reporters.text import case_text

        counts = {outcome: sum(r.outcome is outcome for r in self.results) for outcome in Outcome}
        tally = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
        told = [
            case_text(r) for r in self.results if r.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE)
        ]
        parts = [f"{self.name}: {self.verdict} ({tally})", *self._drawn(), *self._noted(), *told]
        return "\n\n".join(parts)

    def _drawn(self) -> list[str]:
        """What was varied and what could not be."""
        varied = [f"{name} drawn as {domain}" for name, domain in self.op.domains.items()]
        return ["\n".join([*varied, *self.op.notes])] if varied else []

    def _noted(self) -> list[str]:
        """What the cases say of the op beside their outcomes, and how many mutants of its gradient were noticed."""
        notes = dict.fromkeys(note for r in self.results for note in r.notes)
        counted = mutants.count(self.results)
        said = [*notes, *([f"mutants noticed: {counted}"] if counted else [])]
        return ["\n".join(map(words.clean, said))] if said else []

    def to_html(self, path: str | Path) -> Path:
        """Writes the report as one self-contained HTML page to ``path``."""
        from gradsuite.reporters.html import render
        from gradsuite.reporters.merge import merge

        target = Path(path)
        target.write_text(render(merge(self.lines)), encoding="utf-8")
        return target

    def write(self, path: str | Path) -> Path:
        """Writes the recorded lines to ``path``, for ``gradsuite replay`` and ``gradsuite report``."""
        target = Path(path)
        with target.open("w", encoding="utf-8") as file:
            recorder = Recorder(file)
            for line in self.lines:
                recorder.write(line)
        return target

    def raise_for_failure(self) -> None:
        """Raises GradientError unless ``ok``."""
        __tracebackhide__ = True  # a test's own call is what pytest shows
        if not self.ok:
            raise GradientError(str(self))


def check(
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
    profile: str = "default",
    seed: int = 0,
    name: str | None = None,
    isolate: bool = False,
    timeout: float = LIMIT,
) -> Report:
    """Says whether the gradient of ``fn`` is right, and if not, which side is wrong.

    ``inputs``: example tensors, or ``Input`` descriptions, in call order; one alone needs no tuple. Those that require
    grad are differentiated (all floating ones where none says so); the others are constants. Beside the examples
    themselves, other values and sizes are drawn, quantised to each dtype: what the examples let vary is learnt by
    asking ``fn`` and its backward, and told in the report.
    ``dtypes``: default: the examples' own, and the widest. ``devices``: default: the examples' own.
    ``checks``: names as ``gradsuite list --checks`` shows them; default: all that apply.
    ``domain``: a domain for each input (a sequence, or by parameter name), or a predicate over the tensors that rejects
    samples. Or a set on which alone ``fn`` is defined (symmetric, positive_definite, antisymmetric, hermitian, lower,
    upper, sphere, simplex): ``fn`` is then checked after the projection onto it. Where nothing is given, symmetric,
    Hermitian and positive definite examples are taken for such a set if the gradient does not fit off it.
    ``derivative``: formulas by parameter name, elementwise, or ``{form: formula}`` as in a spec; with ``forward`` they
    are proven too.
    ``surrogate``: a function, as a formula of the parameters, whose derivative the backward gives on purpose in place
    of that of ``fn``: ``"x"`` for a straight-through estimator (Bengio, Leonard and Courville 2013), ``"-x"`` for a
    reversed gradient, ``"atan(pi * x) / pi"`` for a spiking neuron. The gradient is then held to that.
    ``profile``: quick, default or thorough. ``seed``: other samples of the same kind.

    ``timeout``: the seconds that one case may take. Then Python code is interrupted where it is (by SIGALRM, in the
    main thread, unless the host has a time limit of its own), and the case is an error told with its sample.

    ``isolate``: run in a forked process, so that a crash, an exit, or a hang in compiled code is an error of its case,
    too, and the other cases go on. It costs a few hundredths of a second. It is not the default: prints, counters,
    breakpoints and coverage of ``fn`` stay in that process, and beside an accelerator torch's autograd refuses to run
    in a fork. Without effect there, in a daemon, and on anything but Linux.

    Raises UsageError where an argument is wrong. Whatever ``fn`` does ends in the report.
    """
    effort(profile)  # refuses an unknown one
    with kept(threads=1):
        request = Request(fn, inputs, name, domain=domain, derivative=derivative, forward=forward, surrogate=surrogate)
        cases = request.cases(devices, dtypes, checks)
        environment = Session(profile, seed).environment("gradsuite.check")
    lines = run_all(
        cases, profile=profile, seed=seed, waivers=None, source=lambda case: request.source(),
        cautious=lambda case: request.examples_alone(), context=forking.context(cases) if isolate else None,
        limit=timeout,
    )  # fmt: skip
    return reported(request, environment, lines)


def reported(request: Request, environment: Environment, lines: Iterable[Op | CaseResult]) -> Report:
    """The report of one request, from the lines of its run."""
    told = list(lines)
    cards = [line for line in told if isinstance(line, Op)]
    results = tuple(line for line in told if isinstance(line, CaseResult))
    return Report(request.name, environment, cards[0] if cards else bare_op(request.spec), results)
