from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from gradsuite import checks
from gradsuite.errors import UsageError
from gradsuite.plan import COMPLEX, REAL, plan
from gradsuite.spec import load_all
from gradsuite.spec.definition import Spec

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def specs() -> list[Spec]:
    found, faults = load_all([ROOT / "specs" / "pointwise"])
    assert not faults
    return found


def test_the_order_depends_on_nothing_but_the_cases(specs: list[Spec]) -> None:
    assert plan(specs) == plan(specs[::-1])
    assert plan(specs, checks=["value", "reverse"]) == plan(specs, checks=["reverse", "value"])


def test_ids_are_unique(specs: list[Spec]) -> None:
    ids = [case.id for case in plan(specs, devices=["cpu", "cuda"])]
    assert len(ids) == len(set(ids))


def test_cases_of_one_group_stand_together(specs: list[Spec]) -> None:
    groups = [case.group for case in plan(specs)]
    changes = sum(before != after for before, after in itertools.pairwise(groups))
    assert changes == len(set(groups)) - 1


def test_dtypes_are_those_that_the_op_takes(specs: list[Spec]) -> None:
    exp = [case.dtype for case in plan(specs, ops=["exp"], checks=["value"])]
    assert tuple(exp) == REAL + COMPLEX


def test_every_check_is_planned_by_default(specs: list[Spec]) -> None:
    assert {case.check for case in plan(specs)} == set(checks.names())


def test_globs_match_names_and_dotted_paths(specs: list[Spec]) -> None:
    assert {case.spec.name for case in plan(specs, ops=["torch.ex?"])} == {"exp"}
    assert {case.spec.name for case in plan(specs, ops=["ex*", "log"])} == {"exp", "log"}


@pytest.mark.parametrize(
    "selection", [{"ops": ["exq"]}, {"checks": ["valu"]}, {"dtypes": ["f64"]}, {"devices": ["gpu"]}]
)
def test_an_unknown_name_is_refused(specs: list[Spec], selection: dict[str, list[str]]) -> None:
    with pytest.raises(UsageError, match=next(iter(selection.values()))[0]):
        plan(specs, **selection)  # type: ignore[arg-type]


def test_no_torch_is_imported() -> None:
    code = "import sys, gradsuite.plan; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
