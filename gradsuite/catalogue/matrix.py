"""The whole matrix of slopes at a small point, for ops whose derivative is declared as one."""

from __future__ import annotations

import numpy as np

from gradsuite.catalogue import numbers
from gradsuite.catalogue.evaluated import Lone
from gradsuite.catalogue.samples import Sample
from gradsuite.spec.definition import Definition, Form
from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.mathml import displayed, equation
from gradsuite.spec.formula.notation import Markup

_POINT = (0.0, 1.0, 2.0)
_DIGITS = 4


def worked(definition: Definition) -> Sample | None:
    """The value and the Jacobian at (0, 1, 2), to four digits; None for other forms of derivative."""
    lone = Lone.of(definition)
    if lone is None or definition.derivative[lone.name].form is not Form.JACOBIAN:
        return None
    found = lone.at(np.array(_POINT), np.eye(len(_POINT)))
    if found is None or not all(np.isfinite(each).all() for each in (found[0], *found[1])):
        return None
    given = [(lone.name, list(_POINT)), *lone.arguments.items()]
    return Sample(
        given=tuple(equation(write.name(name), numbers.written(value)) for name, value in given),
        outputs=(_rounded(write.name("y"), found[0]),),
        gradients=(_rounded(_all_slopes(lone.name), np.array(found[1])),),
        remark="",
    )


def _all_slopes(name: str) -> Markup:
    above, below = (Markup(write.row("<mo>∂</mo>", write.name(each).text)) for each in ("y", name))
    return write.fraction(above, below)


def _rounded(left: Markup, values: np.ndarray) -> str:
    # Adding zero makes a zero of a negative one.
    rounded = (np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"))(values) + 0.0).tolist()
    return displayed(Markup(write.row(left.text, write.sign("≈"), numbers.written(rounded).text)))
