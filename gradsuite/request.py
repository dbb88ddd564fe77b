"""The arguments of ``gradsuite.check``, understood: a callable and its inputs as a subject with a definition.

Where all inputs are example tensors, what they let vary is learnt from them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import torch

from gradsuite import modules
from gradsuite.asking import Asked, Tensors
from gradsuite.declaration import read
from gradsuite.declared import declare, parameter_names
from gradsuite.errors import FormulaError, UsageError
from gradsuite.group import Order, Source
from gradsuite.inputs import draw, example_definition, layouts, samples
from gradsuite.inputs.around import Around
from gradsuite.inputs.fill import rounded
from gradsuite.inputs.given import Input, devices_of, dtypes_of, inputs_of
from gradsuite.inputs.large import large
from gradsuite.inputs.learn_domains import learn_domain, meant
from gradsuite.inputs.learn_sets import Asks, learn_set
from gradsuite.inputs.learn_shapes import Answers, Learned, learn
from gradsuite.inputs.manifolds import MANIFOLDS, belongs, onto
from gradsuite.inputs.notes import notes
from gradsuite.inputs.region import region
from gradsuite.numerics.precision import widen
from gradsuite.plan import Case, checks_of
from gradsuite.results import Op, Origin
from gradsuite.routes.graph import draw as draw_graph
from gradsuite.routes.point import Point
from gradsuite.routes.randomness import is_random
from gradsuite.sample import Sample, Subject
from gradsuite.spec.definition import Definition, Domain, Spec
from gradsuite.spec.definition import Input as DefinedInput
from gradsuite.spec.domain_text import parse_domain
from gradsuite.spec.shapes import parse_shape, written
from gradsuite.subject import from_callable, in_wider_dtypes
from gradsuite.whereabouts import dotted

FEWEST = 3  # elements of an example that tell where all of its kind lie
Given = torch.Tensor | Input | Sequence[torch.Tensor | Input]
Domains = Sequence[str | None] | Mapping[str, str] | Callable[..., bool] | None


class Request:
    """What is to be checked: ``subject`` and ``definition``, and the samples to draw. Raises UsageError.

    The callable is not called before its ``source`` is asked for.
    """

    def __init__(
        self, fn: Callable[..., Any], inputs: Given, name: str | None = None,
        path: str = "gradsuite.check", *, domain: Domains = None, derivative: Mapping[str, Any] | None = None,
        forward: str | None = None, surrogate: str | None = None,
    ) -> None:  # fmt: skip
        given = inputs_of(inputs)
        self._path = path
        self.name = name or str(getattr(fn, "__name__", type(fn).__name__))
        self.dotted = dotted(fn)
        self._module = modules.record(fn, named=bool(self.dotted))
        self._fn = fn
        self._inputs = dict(zip(parameter_names(fn, len(given)), given, strict=True))
        self._predicate = domain if callable(domain) else None
        self._words = self._given_domains(None if callable(domain) else domain)
        self._sets = {name: word for name, word in self._words.items() if word and word in MANIFOLDS}
        self._known_parameters("derivative", derivative or {})
        self._declared = read(derivative or {}, forward, surrogate, known=list(self._inputs), moving=self._moving)
        self._learned: Learned | None = None
        self._is_cautious = False
        self._learned_sets: dict[str, str] = {}
        self._meant: dict[str, Domain] = {}
        self.definition = self._plain_definition()
        if self._sets and any(self._declared.values()):
            raise UsageError("a formula is declared, which knows nothing of the set that the domain names: give one")
        self.subject = self._along_sets(random=False)

    @property
    def _domains(self) -> dict[str, str | None]:
        """The word for each input's domain; for one on a manifold, that around the manifold."""
        return self._words | {name: MANIFOLDS[word].around for name, word in self._sets.items()}

    def _along_sets(self, *, random: bool) -> Subject:
        """The callable along the manifolds of its inputs."""
        sets = {place: self._sets[n] for place, n in enumerate(self._inputs) if n in self._sets}
        along = onto(in_wider_dtypes(self._fn), sets)
        plain = from_callable(along, self.name, random=random, definition=self.definition)
        return replace(plain, admits=self._is_inside)

    # What was given.

    @cached_property
    def _examples(self) -> dict[str, torch.Tensor]:
        return {name: each for name, each in self._inputs.items() if isinstance(each, torch.Tensor)}

    @property
    def _all_examples(self) -> bool:
        return len(self._examples) == len(self._inputs)

    @cached_property
    def _detached(self) -> dict[str, torch.Tensor]:
        """The examples with float64 or complex128 in place of narrower formats, in memory of their own."""
        return {name: widen(x.detach()).clone() for name, x in self._examples.items()}

    @property
    def _constants(self) -> set[str]:
        """Inputs that are not differentiated; without a word on any, every floating one is."""
        said = any(each.requires_grad for each in self._inputs.values())
        return {name for name, each in self._inputs.items() if said and not each.requires_grad}

    @property
    def _moving(self) -> list[str]:
        """Inputs that are differentiated."""
        still = self._constants
        inexact = {n for n, x in self._examples.items() if x.is_floating_point() or x.is_complex()}
        return [n for n, each in self._inputs.items() if n not in still and (isinstance(each, Input) or n in inexact)]

    def _given_domains(self, domain: Sequence[str | None] | Mapping[str, str] | None) -> dict[str, str | None]:
        own = {name: each.domain if isinstance(each, Input) else None for name, each in self._inputs.items()}
        if domain is None:
            return own
        if isinstance(domain, Mapping):
            self._known_parameters("domain", domain)
            return {**own, **domain}
        if isinstance(domain, str) or len(domain) != len(own):
            raise UsageError(f"domain={domain!r}: give one domain (or None) for each of the {len(own)} inputs")
        return dict(zip(own, domain, strict=True))

    def _known_parameters(self, what: str, given: Mapping[str, Any]) -> None:
        unknown = sorted(set(given) - set(self._inputs))
        if unknown:
            known = ", ".join(self._inputs)
            raise UsageError(f"{what} names {unknown[0]!r}, which is no parameter; the parameters are {known}")

    def _plain_definition(self) -> Definition:
        """The inputs in their own shapes, or as described."""
        stand_ins = [t if isinstance(t, torch.Tensor) else torch.zeros(()) for t in self._inputs.values()]
        try:
            found = example_definition(
                stand_ins, list(self._inputs), list(self._domains.values()), constant=self._constants, **self._declared
            )
            drawn = {
                name: DefinedInput(parse_shape(each.shape), parse_domain(each.domain))
                for name, each in self._inputs.items()
                if isinstance(each, Input)
            }
        except FormulaError as error:
            raise UsageError(str(error)) from error
        return replace(found, inputs={**found.inputs, **drawn})

    # What is learnt.

    @property
    def _asked(self) -> Asked:
        return Asked(self.subject, self.definition.constant_inputs)

    @cached_property
    def _found(self) -> tuple[Subject, ...]:
        """The subject, once the callable was asked."""
        if self._all_examples:
            self.subject = replace(self.subject, random=self._is_random())
            if not self._is_cautious:
                self._learn()
        return (self.subject,)

    def _is_random(self) -> bool:
        point = Point(self.subject, self._asked.sample(self._examples))
        try:
            return is_random(lambda: point.call(point.tensors))
        except Exception:  # the run records what fn raises, case by case
            return False

    def _learn(self) -> None:
        """Domains first, in the examples' shapes; then shapes, and more axes only where no formula is declared."""
        if self._asked.refusal(self._detached):
            return  # even the examples are refused: the run records it
        formulas = any(self._declared.values())
        if not formulas:
            self._learn_sets()
        domains = {name: self._domain(name) for name in self._inputs}
        if not formulas:
            self._meant = self._learn_meant()
            domains |= self._meant
        right = (lambda tensors: False) if formulas else self._asked.is_right

        def refusal(resized: Tensors) -> str:
            try:
                return self._asked.refusal(_inside(resized, domains))
            except ValueError as error:  # a domain of square matrices has no other ones
                return str(error)

        self._learned = learn(self._detached, Answers(refusal, right))
        inputs = {name: DefinedInput(self._learned.shapes[name], domains[name]) for name in self._inputs}
        self.definition = replace(self.definition, inputs=inputs, require=self._learned.require)
        self.subject = replace(self.subject, definition=self.definition)

    def _learn_sets(self) -> None:
        """Finds the inputs whose examples lie on a manifold off which the gradient does not fit."""
        asked = [name for name in self._moving if self._words[name] is None]
        found = {
            name: learn_set(self._detached[name], *self._asking(name, self._asked.fits), partial(self._same, name))
            for name in asked
        }
        self._learned_sets = {name: word for name, word in found.items() if word}
        self._sets |= self._learned_sets
        self.subject = self._along_sets(random=self.subject.random)

    def _learn_meant(self) -> dict[str, Domain]:
        """The inputs whose examples lie on one side of a number beyond which the gradient does not fit."""
        asked = [name for name in self._moving if self._words[name] is None and name not in self._sets]
        found = {
            name: meant(self._detached[name], *self._asking(name, self._asked.confirms), partial(self._mirrors, name))
            for name in asked
        }
        return {name: domain for name, domain in found.items() if domain}

    def _asking(self, name: str, judge: Callable[[str, Tensors], bool]) -> tuple[Asks, Asks]:
        """Whether another value of one input keeps the values finite, and what ``judge`` says of the gradient there."""

        def at(x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {**self._detached, name: x}

        return (lambda x: self._asked.is_finite(at(x))), (lambda x: judge(name, at(x)))

    def _same(self, name: str, one: torch.Tensor, other: torch.Tensor) -> bool:
        """Whether the callable's values are the same at two values of one input."""
        return self._asked.agree({**self._detached, name: one}, {**self._detached, name: other})

    def _mirrors(self, name: str, x: torch.Tensor) -> bool:
        """Whether the callable's values at another value of one input are those at the examples, but for signs."""
        return self._asked.mirrors(self._detached, {**self._detached, name: x})

    def _is_inside(self, tensors: Mapping[str, torch.Tensor | None]) -> bool:
        """Whether ``tensors`` lie on their manifolds, and the user's predicate, where there is one, takes them."""
        if not belongs(tensors, self._sets):
            return False
        return self._predicate is None or bool(self._predicate(*tensors.values()))

    def _domain(self, name: str) -> Domain:
        word = self._domains[name]
        return parse_domain(word) if word else learn_domain(name, self._detached, self._asked.is_finite)

    # What is drawn.

    def source(self) -> Source:
        """Where the runner finds samples. The first time, the callable is asked what it lets vary."""
        return Source(lambda: self._found, self.draw, self.replay, self.card, self.origin)

    def examples_alone(self) -> Source:
        """Samples of what was given, for a callable that ends or hangs its process where it is tried beside that."""
        self._is_cautious = True
        return self.source()

    def draw(self, subject: Subject, order: Order) -> list[Sample]:
        """Samples around the examples, or as described; those that the domain rejects are left out.

        The examples alone where even these are refused: nothing around them would be taken.
        """

        def admits(sample: Sample) -> bool:
            return self._admits(sample)

        if order.kind == "large":
            sizes = self._learned.sizes if self._learned else {}
            found = large(self.definition, sizes, dtype=order.dtype, device=order.device, seed=order.seed)
            return [sample for sample in found if self._admits(sample)][: order.count]
        if self._all_examples and order.kind == "plain":
            return []  # all that is drawn lies around the examples, which are as plain as their writer meant
        if self._all_examples and self._learned is None:
            return [self._example(order)]
        if self._all_examples:
            around = Around(
                subject.definition or self.definition, self._example(order), order.dtype, order.device, order.profile,
                admits,
            )  # fmt: skip
            return around.draw(order.identity, order.seed)
        strategy = samples(self.definition, dtype=order.dtype, device=order.device, profile=order.profile)
        return draw(strategy.filter(admits), count=order.count, identity=order.identity, seed=order.seed)

    def _admits(self, sample: Sample) -> bool:
        """Whether the callable and its backward take the sample, widened and as it is, and its values are finite."""
        given = {name: t for name, t in sample.tensors.items() if t is not None}
        tensors = {name: widen(t) for name, t in given.items()}
        if not self._asked.is_finite(tensors):
            return False
        if any(tensors[name].dtype != t.dtype for name, t in given.items()) and self._asked.refusal(given):
            return False
        inside = {n: x.masked_fill((x < 0) | (x >= 1), 0.5) if n in self._shares else x for n, x in tensors.items()}
        if all(torch.equal(inside[name], tensors[name]) for name in self._shares):
            return True
        # What is not finite because of a share inside is nobody's to leave out.
        return self._asked.has_finite_gradients(tensors) or not self._asked.has_finite_gradients(inside)

    @cached_property
    def _shares(self) -> tuple[str, ...]:
        """Inputs whose examples look like shares or opacities: where one is 1, a backward may divide by zero."""
        floating = {name: x for name, x in self._examples.items() if x.is_floating_point()}
        return tuple(n for n, x in floating.items() if x.numel() >= FEWEST and bool(((x > 0) & (x < 1)).all()))

    def _example(self, order: Order) -> Sample:
        """The examples themselves, rounded to the dtype."""
        moved = {
            name: x.detach().to(order.device, order.dtype if x.is_floating_point() or x.is_complex() else x.dtype)
            for name, x in self._examples.items()
        }
        return replace(
            self._asked.sample(moved), tensors=moved, profile="example",
            layouts={name: layouts.layout_of(x) for name, x in moved.items()},
            symbols=self._learned.sizes if self._learned else {},
        )  # fmt: skip

    # What is told.

    def cases(
        self, devices: Sequence[str] | None, dtypes: Sequence[torch.dtype] | None, wanted: Sequence[str]
    ) -> list[Case]:
        """The cases: on the examples' devices, in their dtypes and under every check, unless others are given."""
        given = tuple(self._inputs.values())
        return [
            Case(self.spec, device, str(dtype).removeprefix("torch."), check)
            for device in devices or devices_of(given)
            for dtype in dtypes or dtypes_of(given)
            for check in checks_of(wanted)
        ]

    @cached_property
    def spec(self) -> Spec:
        """What stands for a spec in the cases."""
        return Spec(
            path=self._path, op=self.dotted, name=self.name, family="", summary="", reference="",
            complex=False, real=True, definitions=(self.definition,), text="",
        )  # fmt: skip

    def replay(self, case: Case, seed: int) -> str:
        """The call that runs one case again."""
        return (
            f"gradsuite.check({self.name}, inputs, checks=[{case.check!r}], dtypes=[torch.{case.dtype}], "
            f"devices=[{case.device!r}], seed={seed})"
        )

    def origin(self, sample: Sample) -> Origin:
        """What another process must know of the callable, as far as it was asked by now."""
        return Origin(
            declared=declare(
                self.definition, sets=self._sets, random=self.subject.random, importable=bool(self.dotted),
                predicate=self._predicate is not None, module=self._module,
            )
        )  # fmt: skip

    def card(self) -> Op:
        """The op as the report shows it, with its autograd graph where the examples run."""
        _, graph = self._found, None
        if self._all_examples:
            with suppress(Exception):  # a picture is a courtesy; what is wrong stands in the results
                graph = draw_graph(Point(self.subject, self._asked.sample(self._detached)))
        return Op(
            op=self.dotted or self.name, name=self.name, family="check", path=self._path,
            summary=(inspect.getdoc(self._fn) or "").partition("\n")[0], reference="", graph=graph,
            domains={name: _in_words(each) for name, each in self.definition.inputs.items()},
            notes=self._notes,
        )  # fmt: skip

    @property
    def _notes(self) -> tuple[str, ...]:
        return notes(
            self._learned.notes if self._learned else (), self._sets, self._learned_sets, self._meant, self._shares,
            cautious=self._is_cautious, random=self.subject.random,
        )  # fmt: skip


def _inside(tensors: Tensors, domains: Mapping[str, Domain]) -> Tensors:
    """``tensors``, moved where repeated entries have left a domain that is no product of intervals."""
    shaped = {name: found for name, each in domains.items() if (found := region(each, {})).kind.shape is not None}
    moved = {name: rounded(tensors[name].cpu().numpy(), found, tensors[name].dtype) for name, found in shaped.items()}
    return {**tensors, **{name: x.to(tensors[name].device) for name, x in moved.items()}}


def _in_words(drawn: DefinedInput) -> str:
    """``A 4*B: positive``."""
    return f"{written(drawn.shape)}: {drawn.domain.text or drawn.domain.name}"
