"""The mutants of torch's own ops: what is planted is what its name says, and none of them lives."""

from __future__ import annotations

import pytest
import torch

from gradsuite import opinfo
from power import opinfo_mutants
from power.opinfo_mutants import MUTANTS, Fate, fates, markdown, mutated, table
from tests.routes.points import evidence_of, normal


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_changes_the_gradient_and_nothing_else(mutant: str) -> None:
    evidence = evidence_of(torch.exp, normal(3, 3))
    changed = opinfo_mutants._twin(evidence, mutant)
    assert torch.equal(changed.point.outputs[0], evidence.point.outputs[0])
    assert not torch.equal(changed.gradients["x0"], evidence.gradients["x0"])


def test_the_mutants_are_what_their_names_say() -> None:
    evidence = evidence_of(torch.exp, normal(2, 2))
    (a, b), (c, d) = evidence.gradients["x0"].tolist()
    got = {m: opinfo_mutants._twin(evidence, m).gradients["x0"].tolist() for m in MUTANTS}
    assert got["negated"] == [[-a, -b], [-c, -d]]
    assert got["rolled"] == [[d, a], [b, c]]
    assert got["flipped"] == [[d, c], [b, a]]
    assert got["last entry zeroed"] == [[a, b], [c, 0.0]]
    assert got["transposed where square"] == [[a, c], [b, d]]
    assert got["|cotangent|"] == [[abs(a), abs(b)], [abs(c), abs(d)]]


@pytest.mark.parametrize("name", ["softmax", "cat", "fft.rfft"])
def test_no_mutant_of_an_op_survives(name: str) -> None:
    (case,) = opinfo.plan(name, checks=["reverse"], dtypes=["float64"])
    assert {fate.gradsuite for fate in fates(case)} <= {"killed", None}


def test_what_no_sample_decides_is_not_said_to_pass() -> None:
    (case,) = opinfo.plan("bfloat16", checks=["reverse"], dtypes=["float64"])  # a cast makes a stair
    assert {fate.mutant for fate in fates(case) if fate.gradsuite == "undecided"} == {"x1.01", "x1.001"}


def test_a_mutant_that_changes_nothing_is_not_counted() -> None:
    (case,) = opinfo.plan("floor", checks=["reverse"], dtypes=["float64"])  # its gradient is zero
    assert {(fate.gradsuite, fate.gradcheck) for fate in fates(case)} == {(None, None)}


def test_the_table_counts_and_names_survivors() -> None:
    rows = table(
        [
            Fate("exp", "zero", "killed", "survivors"),
            Fate("half", "zero", "undecided", "killed"),
            Fate("sin", "zero", "survivors", "survivors"),
            Fate("floor", "zero", None, None),
        ]
    )
    assert rows["zero"] == {
        "gradsuite": {"ops": 3, "survivors": ["sin"], "undecided": ["half"]},
        "gradcheck": {"ops": 3, "survivors": ["exp", "sin"], "undecided": []},
    }
    assert "| zero | 3 | 1 | 1 | 3 | 2 |" in markdown({"mutants": rows})
    assert "| \\|cotangent\\| | 0 | 0 | 0 | 0 | 0 |" in markdown({"mutants": rows})


def test_mutated_subjects_keep_their_name() -> None:
    subject = evidence_of(torch.exp, normal(3)).subject
    assert mutated(subject, "zero").name == subject.name
