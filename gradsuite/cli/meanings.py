"""What the words of a report mean, and what to do about each."""

from __future__ import annotations

from gradsuite.reporters.words import BLAME, MEANING
from gradsuite.results import Culprit, Outcome

OUTCOMES = {
    Outcome.PASSED: "Nothing is to be done. How much the checks would have noticed, the check vacuity says.",
    Outcome.FAILED: "Read the culprit and the smallest input; run it again with gradsuite replay and its id.",
    Outcome.INCONCLUSIVE: "No pass: read the reason. Other samples (--seed), more of them "
    "(--profile thorough) or a declared formula may decide.",
    Outcome.UNSUPPORTED: "No pass: the reason says what is not there. Declare it in the spec, if it should be.",
    Outcome.WAIVED: "The waiver's reason and link stand in the report. Once the case passes, the waiver must go.",
    Outcome.ERROR: "The reason and the last sample say at which input the op raised, ended the process, or hung.",
}
CULPRITS = {
    Culprit.BACKWARD: "Differences, and the formula if there is one, agree with each other. Mend the op's backward.",
    Culprit.DOUBLE_BACKWARD: "The gradient is right and its own derivative is not. Mend how the backward is "
    "differentiated: what it saved, what it detached.",
    Culprit.JVP: "Reverse mode is right and forward mode is not. Mend the op's jvp.",
    Culprit.FORWARD: "The op's values are not those of the declared forward. Mend the op, or the forward of the spec.",
    Culprit.SPEC: "Reverse mode and differences agree, the declared formula does not. Mend the spec.",
    Culprit.DOMAIN: "Samples lie where the op is not defined or not smooth. Narrow the domain, or declare the kink.",
    Culprit.UNDECIDED: "Something disagrees and too few routes say what. Declare a formula, which is one route more.",
}
MEANINGS: dict[str, str] = {
    **{outcome.value: f"{MEANING[outcome]}.\n{told}" for outcome, told in OUTCOMES.items()},
    **{culprit.value: f"{BLAME[culprit]}.\n{told}" for culprit, told in CULPRITS.items()},
}
