"""A spec as the report shows it: formulas for people, domains in words, the autograd graph of a small sample."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.inputs.search import draw
from gradsuite.inputs.strategies import samples
from gradsuite.results import Formula, Graph, Op
from gradsuite.routes.graph import draw as draw_graph
from gradsuite.routes.point import Point
from gradsuite.spec import formula
from gradsuite.spec.definition import Definition, Spec
from gradsuite.spec.formula.mathml import equation, markup, to_mathml
from gradsuite.subject import subjects


def card(spec: Spec) -> Op:
    """The op's card. Raises what drawing or running the op raises."""
    first = spec.definitions[0]
    return Op(
        op=spec.op, name=spec.name, family=spec.family, path=spec.path, summary=spec.summary, reference=spec.reference,
        source=spec.text, domains={name: i.domain.text or i.domain.name for name, i in first.inputs.items()},
        formulas=tuple(_unique(spec)), graph=_graph(spec), atomic=first.atomic,
    )  # fmt: skip


def _unique(spec: Spec) -> Iterator[Formula]:
    """Each variant's formulas, those that an earlier variant showed left out."""
    shown: set[tuple[str, str]] = set()
    for definition in spec.definitions:
        for found in formulas(definition):
            if (found.form, found.text) not in shown:
                shown.add((found.form, found.text))
                label = f"{found.label} ({definition.name})" if len(spec.definitions) > 1 else found.label
                yield found.model_copy(update={"label": label})


def formulas(definition: Definition) -> Iterator[Formula]:
    """Every formula that ``definition`` declares, ready to show."""
    for name, each in definition.let.items():
        yield _formula(f"let {name}", "let", each)
    for name, each in definition.forward.items():
        yield _formula(name, "forward", each)
    if definition.surrogate is not None:
        yield _formula("derivative taken of", "surrogate", definition.surrogate)
    for name, derivative in definition.derivative.items():
        yield _formula(f"d{name}", derivative.form.value, derivative.formula)
    for kink in definition.kinks:
        yield _formula("kink where this is zero", "kink", kink.at)
        for name, each in kink.convention.items():
            yield _formula(f"d{name} on the kink", "kink", each)
    for name, (left, right) in definition.identities.items():
        mathml = equation(markup(left), markup(right))
        yield Formula(label=f"identity {name}", form="identity", text=f"{left.text} == {right.text}", mathml=mathml)
    for name, other in definition.equals.items():
        yield _formula(f"equals {name}", "equals", other.expression)


def _formula(label: str, form: str, each: formula.Formula) -> Formula:
    return Formula(label=label, form=form, text=each.text, mathml=to_mathml(each))


def _graph(spec: Spec) -> Graph | None:
    """The graph of the first sample whose op runs and whose result carries a gradient."""
    dtype = torch.float64 if spec.real else torch.complex128
    for subject in subjects(spec):
        assert subject.definition is not None
        strategy = samples(subject.definition, dtype=dtype, device=torch.device("cpu"), profile="quick")
        for sample in draw(strategy, count=4, identity=f"{spec.path}::graph", seed=0):
            point = Point(subject, sample)
            if any(output.requires_grad for output in point.graph[1]):
                return draw_graph(point)
    return None
