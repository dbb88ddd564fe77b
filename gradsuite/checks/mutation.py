"""Forward and backward change nothing that is not theirs.

What they are given and what they gave is compared bit by bit with copies taken before, so that writing behind
autograd's version counter is seen, too: the inputs, the cotangents, the saved tensors and the outputs after a backward,
and the outputs and gradients of an earlier call after another one. A constant input may change where a second call
does not depend on it, as running statistics do. The other checks see such an op through copies of its inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence

THEIRS = {
    Culprit.FORWARD: ("inputs", "constants", "outputs given before"),
    Culprit.BACKWARD: ("inputs", "cotangents", "saved tensors", "outputs", "gradients given before"),
}


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each side and each kind of thing that is not its own."""
    found = {(each.by, each.kind): each for each in evidence.overwritten}
    if any(each.refused for each in found.values()):
        raise Unsupported("the op works in place, and autograd refuses to overwrite a leaf that requires grad")
    for side, kinds in THEIRS.items():
        for kind in kinds:
            title = f"{side} leaves {kind} alone"
            if (side, kind) not in found:
                yield Comparison(title, Agreement.AGREE)
                continue
            names = ", ".join(found[side, kind].names)
            if found[side, kind].harmless:
                sentence = f"the forward changes {names}, which no later call depends on: nobody says whether it may"
                yield Comparison(title, Agreement.INCONCLUSIVE, sentence=sentence)
            else:
                sentence = f"the {side} is wrong: it overwrites {kind} ({names})"
                yield Comparison(title, Agreement.DISAGREE, side, sentence, where=names)


CHECK = Check(compare, compares_calls=False)
