"""``gradsuite.check``: any callable, with no spec.

Reverse mode, forward mode, differences and the float64 reference judge each other; a formula, where one is given, too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from gradsuite import checks as known_checks
from gradsuite.devices import kept
from gradsuite.errors import FormulaError, GradsuiteError, UsageError
from gradsuite.inputs import draw, example_definition, from_examples, samples
from gradsuite.inputs.effort import effort
from gradsuite.numerics.precision import wide, widen
from gradsuite.plan import Case, checks_of
from gradsuite.results import CaseResult, Culprit, Environment, Failure, Line, Op, Outcome, verdict
from gradsuite.routes.graph import draw as draw_graph
from gradsuite.routes.memory import copied
from gradsuite.routes.point import Point
from gradsuite.runner import Order, Session, Source
from gradsuite.sample import Sample, Subject
from gradsuite.spec.definition import Definition, Derivative, Form, Spec
from gradsuite.spec.definition import Input as DefinedInput
from gradsuite.spec.domain_text import parse_domain
from gradsuite.spec.formula import Formula, parse
from gradsuite.spec.nearest import suggestion
from gradsuite.spec.shapes import parse_shape
from gradsuite.subject import from_callable, resolve

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


class GradientError(GradsuiteError, AssertionError):
    """Raised by ``Report.raise_for_failure``; its text is the report's."""


@dataclass(frozen=True)
class Input:
    """An input to be drawn: ``shape`` as in a spec (``"*B C"``), ``domain`` as in a spec (``"positive"``)."""

    shape: str
    domain: str = "real"
    requires_grad: bool = True


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
        return "\n\n".join([f"{self.name}: {self.verdict} ({tally})", *told])

    def to_html(self, path: str | Path) -> Path:
        """Writes the report as one self-contained HTML page to ``path``."""
        from gradsuite.reporters.html import render
        from gradsuite.reporters.merge import merge

        target = Path(path)
        target.write_text(render(merge(self.lines)), encoding="utf-8")
        return target

    def raise_for_failure(self) -> None:
        """Raises GradientError unless ``ok``."""
        if not self.ok:
            raise GradientError(str(self))


def check(
    fn: Callable[..., Any],
    inputs: Sequence[torch.Tensor | Input],
    *,
    dtypes: Sequence[torch.dtype] | None = None,
    devices: Sequence[str] | None = None,
    checks: Sequence[str] = (),
    domain: Sequence[str | None] | Mapping[str, str] | Callable[..., bool] | None = None,
    derivative: Mapping[str, str | Mapping[str, str]] | None = None,
    forward: str | None = None,
    profile: str = "default",
    seed: int = 0,
    name: str | None = None,
) -> Report:
    """Says whether the gradient of ``fn`` is right, and if not, which side is wrong.

    ``inputs``: example tensors, or ``Input`` descriptions, in call order. Those that require grad are differentiated
    (all floating ones where none says so); the others are constants. Beside the examples themselves, other values of
    the same shapes are drawn, quantised to each dtype.
    ``dtypes``: default: the examples' own, and the widest. ``devices``: default: the examples' own.
    ``checks``: names as ``gradsuite list --checks`` shows them; default: all that apply.
    ``domain``: a domain for each input (a sequence, or by parameter name), or a predicate over the tensors that rejects
    samples. ``derivative``: formulas by parameter name, elementwise, or ``{form: formula}`` as in a spec; with
    ``forward`` they are proven too.
    ``profile``: quick, default or thorough. ``seed``: other samples of the same kind.

    Raises UsageError where an argument is wrong. Whatever ``fn`` does ends in the report.
    """
    effort(profile)  # refuses an unknown one
    request = _Request(fn, tuple(inputs), domain, derivative or {}, forward, name)
    with kept(threads=1):
        subject, definition = request.subject(), request.definition
        spec = Spec(
            path="gradsuite.check", op=request.dotted, name=request.name, family="", summary="", reference="",
            complex=False, real=True, definitions=(definition,), text="",
        )  # fmt: skip
        session = Session(profile, seed, source=lambda _: request.source(subject))
        cases = [
            Case(spec, device, str(dtype).removeprefix("torch."), check)
            for device in devices or request.devices
            for dtype in dtypes or request.dtypes
            for check in checks_of(checks)
            if checks or not known_checks.get(check).needs(definition)
        ]
        environment, op = session.environment("gradsuite.check"), request.card(subject)
    return Report(request.name, environment, op, tuple(map(session.run, cases)))


class _Request:
    """The arguments of ``check``, understood."""

    def __init__(
        self, fn: Callable[..., Any], inputs: tuple[torch.Tensor | Input, ...], domain: Any,
        derivative: Mapping[str, Any], forward: str | None, name: str | None,
    ) -> None:  # fmt: skip
        self._fn, self._inputs = fn, inputs
        if not inputs or not all(isinstance(each, torch.Tensor | Input) for each in inputs):
            kinds = [type(each).__name__ for each in inputs]
            raise UsageError(f"inputs must be a tuple of tensors or gradsuite.Input, at least one; got {kinds}")
        self.name = name or str(getattr(fn, "__name__", type(fn).__name__))
        self.dotted = _dotted(fn)
        self.names = _parameter_names(fn, len(inputs))
        self._predicate = domain if callable(domain) else None
        self.domains = self._domains(None if callable(domain) else domain)
        self.definition = self._definition(derivative, forward)

    @property
    def _examples(self) -> list[torch.Tensor]:
        return [each for each in self._inputs if isinstance(each, torch.Tensor)]

    @property
    def _floating(self) -> list[torch.Tensor]:
        return [t for t in self._examples if t.is_floating_point() or t.is_complex()]

    @property
    def dtypes(self) -> tuple[torch.dtype, ...]:
        """The examples' dtype and the widest of its field; all real ones where everything is drawn."""
        if not self._floating:
            return DTYPES
        own = self._floating[0].dtype
        return tuple(dict.fromkeys((wide(own), own)))

    @property
    def devices(self) -> tuple[str, ...]:
        """Where the examples lie."""
        return tuple(dict.fromkeys(t.device.type for t in self._examples)) or ("cpu",)

    @property
    def _constants(self) -> set[str]:
        """Inputs that are not differentiated; without a word on any, every floating one is."""
        said = any(each.requires_grad for each in self._inputs)
        return {n for n, each in zip(self.names, self._inputs, strict=True) if said and not each.requires_grad}

    def _domains(self, domain: Sequence[str | None] | Mapping[str, str] | None) -> list[str | None]:
        own = [each.domain if isinstance(each, Input) else None for each in self._inputs]
        if domain is None:
            return own
        if isinstance(domain, Mapping):
            unknown = sorted(set(domain) - set(self.names))
            if unknown:
                raise UsageError(
                    f"domain names {unknown[0]!r}, which is no parameter; the parameters are {', '.join(self.names)}"
                )
            return [domain.get(n, mine) for n, mine in zip(self.names, own, strict=True)]
        if isinstance(domain, str) or len(domain) != len(self.names):
            raise UsageError(f"domain={domain!r}: give one domain (or None) for each of the {len(self.names)} inputs")
        return list(domain)

    def _definition(self, derivative: Mapping[str, Any], forward: str | None) -> Definition:
        unknown = sorted(set(derivative) - set(self.names))
        if unknown:
            raise UsageError(
                f"derivative names {unknown[0]!r}, which is no parameter; the parameters are {', '.join(self.names)}"
            )
        stand_ins = [t if isinstance(t, torch.Tensor) else torch.zeros(()) for t in self._inputs]
        try:
            declared: dict[str, Any] = {
                "derivative": {n: _derivative(each) for n, each in derivative.items()},
                "forward": {"y": parse(forward)} if forward else {},
            }
            for formula in [*declared["forward"].values(), *(d.formula for d in declared["derivative"].values())]:
                self._known(formula)
            found = example_definition(stand_ins, self.names, self.domains, constant=self._constants, **declared)
            return _with_shapes(found, dict(zip(self.names, self._inputs, strict=True)))
        except FormulaError as error:
            raise UsageError(str(error)) from error

    def _known(self, formula: Formula) -> None:
        """Refuses a formula that speaks of what is not there."""
        for name in sorted(formula.names - {*self.names, "y", "ct"}):
            raise UsageError(f"unknown name {name!r} in {formula.text!r}; {suggestion(name, [*self.names, 'y', 'ct'])}")

    def source(self, subject: Subject) -> Source:
        """Where the runner finds samples."""
        return Source((subject,), self.draw, self.replay, lambda: self.card(subject))

    def draw(self, subject: Subject, order: Order) -> list[Sample]:
        """Samples around the examples, or as described; those that the domain rejects are left out."""
        if len(self._examples) == len(self._inputs):
            strategy = from_examples(
                self._examples, self.names, self.domains, dtype=order.dtype, device=order.device,
                constant=self._constants,
            )  # fmt: skip
        else:
            strategy = samples(self.definition, dtype=order.dtype, device=order.device, profile=order.profile)
        strategy = strategy.filter(lambda sample: self._inside(subject, sample))
        return draw(strategy, count=order.count, identity=order.identity, seed=order.seed)

    def _inside(self, subject: Subject, sample: Sample) -> bool:
        """Whether the predicate takes the sample, and ``fn`` is finite there; an example is always inside."""
        if self._predicate is not None and not self._predicate(*sample.tensors.values()):
            return False
        if sample.profile == "example":
            return True
        moved = {n: None if t is None else copied(widen(t)) for n, t in sample.tensors.items()}
        try:
            with torch.no_grad():
                outputs = subject.call(moved, sample)
        except Exception:  # what fn does at a wide dtype is judged elsewhere; here it is only not known to be outside
            return True
        return all(bool(torch.isfinite(o).all()) for o in outputs if o.is_floating_point() or o.is_complex())

    def replay(self, case: Case, seed: int) -> str:
        """The call that runs one case again."""
        return (
            f"gradsuite.check({self.name}, inputs, checks=[{case.check!r}], dtypes=[torch.{case.dtype}], "
            f"devices=[{case.device!r}], seed={seed})"
        )

    def subject(self) -> Subject:
        """The callable as a subject; it is random if it moves torch's generator."""
        plain = from_callable(self._fn, self.name, definition=self.definition)
        if not self._examples or len(self._examples) != len(self._inputs):
            return plain
        before = torch.get_rng_state()
        try:
            self._fn(*(copied(t.detach()) for t in self._examples))
        except Exception:  # the run records what fn raises, case by case
            return plain
        random = not torch.equal(before, torch.get_rng_state())
        return from_callable(self._fn, self.name, random=random, definition=self.definition)

    def card(self, subject: Subject) -> Op:
        """The op as the report shows it, with its autograd graph where the examples run."""
        graph = None
        if len(self._examples) == len(self._inputs):
            tensors = {n: copied(t.detach()) for n, t in zip(self.names, self._examples, strict=True)}
            names = tuple(n for n in self.names if n not in self.definition.constant_inputs)
            try:
                graph = draw_graph(Point(subject, Sample(tensors, {}, names, seed=0)))
            except Exception:  # a picture is a courtesy; what is wrong stands in the results
                graph = None
        return Op(
            op=self.dotted or self.name, name=self.name, family="check", path="gradsuite.check",
            summary=(inspect.getdoc(self._fn) or "").partition("\n")[0], reference="", graph=graph,
        )  # fmt: skip


def _with_shapes(definition: Definition, inputs: Mapping[str, torch.Tensor | Input]) -> Definition:
    drawn = {
        n: DefinedInput(parse_shape(each.shape), parse_domain(each.domain))
        for n, each in inputs.items()
        if isinstance(each, Input)
    }
    return replace(definition, inputs={**definition.inputs, **drawn})


def _derivative(declared: str | Mapping[str, Any]) -> Derivative:
    if isinstance(declared, str):
        return Derivative(Form.ELEMENTWISE, parse(declared))
    forms = {key: text for key, text in declared.items() if key != "along"}
    if len(forms) != 1 or next(iter(forms)) not in {form.value for form in Form}:
        raise UsageError(f"derivative={dict(declared)!r}: give exactly one of {', '.join(form.value for form in Form)}")
    form, text = next(iter(forms.items()))
    indices = ("i", "j") if form == Form.JACOBIAN else ()
    return Derivative(Form(form), parse(text, indices=indices), declared.get("along"))


def _parameter_names(fn: Callable[..., Any], count: int) -> list[str]:
    """The names of the first ``count`` positional parameters; x0, x1, ... where the signature does not tell."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in kinds]
    return names[:count] if len(names) >= count else [f"x{i}" for i in range(count)]


def _dotted(fn: Callable[..., Any]) -> str:
    """Where ``fn`` can be imported from, or empty where another program could not."""
    module, qualified = getattr(fn, "__module__", None), getattr(fn, "__qualname__", "")
    if not module or module == "__main__":
        return ""
    dotted = f"{module}:{qualified}"
    try:
        return dotted if resolve(dotted) is fn else ""
    except UsageError:
        return ""
