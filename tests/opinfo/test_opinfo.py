"""torch's own samples go through the checks with no spec: every entry has its cases, and nothing is left out unsaid."""

from __future__ import annotations

import os
import pickle
from functools import partial
from pathlib import Path

import pytest
import torch

from gradsuite import opinfo
from gradsuite.errors import UsageError
from gradsuite.opinfo.entries import entries
from gradsuite.replay import replay
from gradsuite.results import CaseResult, Op, Outcome
from gradsuite.runner import Session
from gradsuite.spec import load_waivers
from gradsuite.workers import run_all

SOURCE = partial(opinfo.source, profile="quick", seed=0)


def _outcomes(pattern: str, check: str = "reverse", dtype: str = "float64") -> dict[str, CaseResult]:
    session = Session("quick", source=SOURCE)
    return {c.spec.name: session.run(c) for c in opinfo.plan(pattern, checks=[check], dtypes=[dtype])}


def test_every_differentiable_entry_has_cases() -> None:
    from torch.testing._internal.common_methods_invocations import op_db

    names = {case.spec.name for case in opinfo.plan("*")}
    assert len(names) == sum(entry.supports_autograd for entry in op_db)


def test_a_case_is_named_by_its_entry_and_variant() -> None:
    ids = {case.id for case in opinfo.plan("std*", checks=["reverse"], dtypes=["float64"])}
    assert "opinfo::std.unbiased::reverse[cpu-float64]" in ids
    assert "opinfo::std::reverse[cpu-float64]" in ids


def test_only_dtypes_with_a_gradient_are_planned() -> None:
    assert {case.dtype for case in opinfo.plan("erf")} == {"float64", "float32", "bfloat16", "float16"}
    assert {case.dtype for case in opinfo.plan("imag")} == {"complex128", "complex64"}


def test_an_entry_without_a_gradient_says_so() -> None:
    result = _outcomes("nn.functional.one_hot")["nn.functional.one_hot"]
    assert result.outcome is Outcome.UNSUPPORTED
    assert "no gradient of this entry in float64" in result.reason


def test_an_op_that_reads_beside_its_input_is_no_function_of_it() -> None:
    (case,) = opinfo.plan("as_strided.partial_views", checks=["reverse"], dtypes=["float64"])
    result = Session(source=partial(opinfo.source, profile="default", seed=0)).run(case)
    assert result.outcome is Outcome.UNSUPPORTED
    assert "reads memory beside its input" in result.reason


def test_a_glob_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        opinfo.plan("nn.functional.softmx")


@pytest.mark.parametrize(
    "name",
    [
        "nn.functional.gelu",
        "cat",  # a list of tensors
        "linalg.eigh",  # differentiable on symmetric matrices, and unique up to phases
        "svd",
        "gather",  # an index beside the input
        "nn.functional.dropout",  # random, and seeded inside
        "nn.functional.fractional_max_pool2d",
        "native_dropout_backward",
        "sparse.sampled_addmm",  # compressed rows
        "sparse.mm.reduce",
    ],
)
def test_a_right_gradient_is_not_accused(name: str) -> None:
    assert {n: (r.outcome, r.reason) for n, r in _outcomes(name).items()} == {name: (Outcome.PASSED, "")}


def test_a_random_op_draws_alike_in_every_dtype() -> None:
    assert _outcomes("nn.functional.dropout", dtype="bfloat16")["nn.functional.dropout"].outcome is Outcome.PASSED


def test_samples_repeat_and_another_seed_draws_others() -> None:
    (case,) = opinfo.plan("sigmoid", checks=["reverse"], dtypes=["float64"])

    def first(seed: int) -> torch.Tensor:
        found = opinfo.source(case, profile="quick", seed=seed)
        (sample,) = found.draw(found.subjects[0], None)  # type: ignore[arg-type]
        return sample.tensors["input"]

    assert torch.equal(first(0), first(0))
    assert not torch.equal(first(0), first(1))


def test_cases_travel_to_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = opinfo.plan("sigmoid", checks=["reverse"], dtypes=["float64", "float32"])
    assert pickle.loads(pickle.dumps(cases)) == cases
    lines = list(run_all(cases, profile="quick", seed=0, waivers=None, jobs=2, source=SOURCE))
    assert [line.outcome for line in lines if isinstance(line, CaseResult)] == [Outcome.PASSED] * 2
    (card,) = [line for line in lines if isinstance(line, Op)]
    assert card.graph is not None and "SigmoidBackward0" in {node.name for node in card.graph.nodes}


def test_every_waiver_covers_a_case() -> None:
    waivers = load_waivers(Path("waivers/opinfo/2.13.0.yaml"))
    assert not waivers.unmatched([case.id for case in opinfo.plan("*")])


def test_a_find_is_waived() -> None:
    waivers = load_waivers(Path("waivers/opinfo/2.13.0.yaml"))
    (case,) = opinfo.plan("as_strided_scatter", checks=["reverse"], dtypes=["float64"])
    assert Session(waivers=waivers, source=partial(opinfo.source, profile="default", seed=0)).run(case).outcome is (
        Outcome.WAIVED
    )


def test_importing_torchs_list_leaves_no_trace() -> None:
    environment, state = dict(os.environ), torch.get_rng_state()
    entries.cache_clear()
    entries()
    assert dict(os.environ) == environment
    assert torch.equal(torch.get_rng_state(), state)


def test_a_failure_is_replayed_from_its_record() -> None:
    (result,) = _outcomes("as_strided_scatter").values()
    recorded = CaseResult.model_validate_json(result.model_dump_json())
    assert recorded.failures
    for failure in recorded.failures:
        assert "the backward is wrong" in replay(recorded, failure).fails
