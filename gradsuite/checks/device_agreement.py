"""On this device the op gives what it gives on the CPU.

Each output and each gradient, computed on the tested device in the tested dtype, is held against the CPU's float64
result at the same values, directions and random draws, in units of the natural error of the tested dtype. Among equal
elements, and on a kink, two devices may choose otherwise: that decides nothing. On the CPU itself it is unsupported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.reverse import gradients


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output, then one for each gradient."""
    places = {t.device.type for t in evidence.point.tensors.values() if t is not None}
    if places <= {"cpu"}:
        raise Unsupported("this is the CPU")
    home = _at_home(evidence)
    for i, (got, truth) in enumerate(zip(evidence.point.outputs, home.point.wide.outputs, strict=True)):
        yield _judge(home, f"output {i}", got, truth, Culprit.FORWARD)
    if evidence.point.selected:
        for name, truth in gradients(home.point.wide).items():
            yield _judge(home, f"gradient {name}", evidence.gradients[name], truth, Culprit.BACKWARD)


def _at_home(evidence: Evidence) -> Evidence:
    """The same sample on the CPU: directions come from its seed, wherever it lies, and draws are handed on."""
    if any(not drawn.numel() for drawn in evidence.point.draws):
        raise Unsupported("random numbers are drawn inside the op, and differ between devices")
    tensors = {name: None if t is None else t.cpu() for name, t in evidence.point.tensors.items()}
    home = Evidence(evidence.subject, replace(evidence.sample, tensors=tensors))
    home.point.__dict__["draws"] = [drawn.cpu() for drawn in evidence.point.draws]
    return home


def _judge(home: Evidence, name: str, got: torch.Tensor, truth: torch.Tensor, side: Culprit) -> Comparison:
    title, got = f"{name} beside the CPU", got.cpu()
    if got.shape != truth.shape:
        sentence = f"the {side} is wrong on this device: its {name} has another shape than on the CPU"
        return Comparison(
            title, Agreement.DISAGREE, side, sentence,
            where=name, got=str(tuple(got.shape)), expected=str(tuple(truth.shape)),
        )  # fmt: skip
    if name not in home.natural.errors:
        return _whole(home, title, name, got, truth)
    natural = home.natural
    found = match(got, widen(truth), natural.errors[name], overflows=natural.overflows)
    figures = Figures(found.ulps, found.ratios)
    if found.agreement is not Agreement.DISAGREE or found.worst is None:
        return Comparison(title, found.agreement, figures=figures)
    if side is Culprit.BACKWARD and not home.is_surrogate and not home.thorough.smooth:
        sentence = "the point lies on a kink, where either gradient is right"
        return Comparison(title, Agreement.INCONCLUSIVE, sentence=sentence)
    return Comparison(
        title, Agreement.DISAGREE, side, f"the {side} is wrong on this device: on the CPU it gives another {name}",
        where=found.at(name, tuple(truth.shape)),
        got=repr(got.reshape(-1)[found.worst].item()), expected=repr(truth.reshape(-1)[found.worst].item()),
        figures=figures, wrong_input=name.removeprefix("gradient ") if side is Culprit.BACKWARD else None,
    )  # fmt: skip


def _whole(home: Evidence, title: str, name: str, got: torch.Tensor, truth: torch.Tensor) -> Comparison:
    """Whole numbers are equal, unless they choose among equal elements."""
    if torch.equal(got.to(truth.dtype), truth):
        return Comparison(title, Agreement.AGREE)
    if any(len(t.unique()) < t.numel() for t in home.point.tensors.values() if t is not None):
        sentence = f"{name} chooses otherwise, and among equal elements it may"
        return Comparison(title, Agreement.INCONCLUSIVE, sentence=sentence)
    sentence = f"the forward is wrong on this device: on the CPU it gives another {name}"
    return Comparison(title, Agreement.DISAGREE, Culprit.FORWARD, sentence, got=str(got), expected=str(truth))


CHECK = Check(compare)
