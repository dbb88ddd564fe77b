"""Two runs made by hand that differ in every way that two runs may differ."""

from __future__ import annotations

from gradsuite.reporters.merge import Merged, merge
from gradsuite.results import CaseResult, Environment, Line, Measures, Outcome
from tests.reporters import recorded

WRONG = {"outcome": Outcome.FAILED, "failures": (recorded.wrong_constant("float64"),)}


def base() -> list[Line]:
    return recorded.lines()


def new() -> list[Line]:
    """A week later, with another torch."""
    added = recorded.simple("cosh", "pointwise", "the hyperbolic cosine", "sinh(x)", "Riccati (1757)")
    lines = [later for line in base() if (later := _later(line))]
    return [*lines, added, *(recorded.case(added, check, "float64") for check in recorded.CHECKS)]


def _later(line: Line) -> Line | None:
    match line:
        case Environment():
            date = line.date.replace("-02T", "-09T")
            return line.model_copy(update={"torch": line.torch.replace("2.13", "2.14"), "date": date})
        case CaseResult():
            return _result(line)
        case _:
            return line


def _result(result: CaseResult) -> CaseResult | None:
    place = (result.name, result.check)
    if place == ("tanh", "reverse") and result.device == "cpu":
        return result.model_copy(update=WRONG)
    if place == ("linear", "equivalence"):
        return result.model_copy(update={"outcome": Outcome.UNSUPPORTED, "reason": "none is declared"})
    if result.name == "softmax" and result.outcome is Outcome.FAILED:
        return result.model_copy(update={"outcome": Outcome.PASSED, "failures": ()})
    if place == ("log", "precision"):
        worse = {"float64": 8.0, "float32": 0.125}.get(result.dtype, 1.0)
        error = (result.measures.worst_ratio or 0.0) * worse
        return result.model_copy(update={"measures": Measures(worst_ratio=error)})
    if result.outcome is Outcome.WAIVED:
        return result.model_copy(update={"failures": (recorded.wrong_spec(),)})
    return None if place == ("pow", "graph") else result


def merged() -> tuple[Merged, Merged]:
    return merge(base()), merge(new())
