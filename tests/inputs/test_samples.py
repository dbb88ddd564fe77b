"""Samples: what a user may rely on, whatever is drawn."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from gradsuite.errors import UsageError

CPU = torch.device("cpu")
REAL = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
DOMAINS = ["real", "positive", "nonnegative", "negative", "nonzero", "unit", "interval(-1, 1)", "interval(0, 0.3)"]
DOMAINS += ["closed(-2, 5)", "greater(-1)", "less(3.7)", "simplex(-1)"]


@pytest.mark.parametrize("dtype", REAL, ids=str)
@pytest.mark.parametrize("domain", DOMAINS)
def test_values_stay_in_the_domain_after_rounding(define, drawn, domain, dtype) -> None:
    definition = define({"x": f"*B C: {domain}"})
    for sample in drawn(definition, dtype, count=80):
        x = sample.tensors["x"]
        assert x.dtype == dtype
        inside = _holds(definition, x)
        assert bool((inside | ~torch.isfinite(x)).all()), (sample.profile, x)
        assert sample.profile == "special" or bool(torch.isfinite(x).all()), (sample.profile, x)


def _holds(definition, x):
    from gradsuite.inputs.region import region

    return region(definition.inputs["x"].domain, {}).holds(x)


@pytest.mark.parametrize("dtype", [torch.complex128, torch.complex64], ids=str)
def test_complex_values_have_both_parts(define, drawn, dtype) -> None:
    found = drawn(define({"x": "*B C: positive"}), dtype)
    parts = torch.cat([torch.view_as_real(s.tensors["x"]).reshape(-1, 2) for s in found if s.profile == "normal"])
    assert bool((parts[:, 0] > 0).all())
    assert bool((parts[:, 1] > 0).any()) and bool((parts[:, 1] < 0).any())


def test_a_simplex_sums_to_one(define, drawn) -> None:
    for sample in drawn(define({"p": "N C: simplex(1)"})):
        sums = sample.tensors["p"].sum(1)
        assert torch.allclose(sums, torch.ones_like(sums)) or 0 in sample.tensors["p"].shape


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_positive_definite_matrices_are_symmetric_with_positive_eigenvalues(define, drawn, dtype) -> None:
    found = [sample.tensors["a"] for sample in drawn(define({"a": "*B N N: positive_definite"}), dtype)]
    assert len({tuple(a.shape) for a in found}) > 5
    for a in found:
        assert torch.equal(a, a.mT)
        assert bool((torch.linalg.eigvalsh(a.double()) > 0).all())


def test_indices_point_into_their_dimension(define, drawn) -> None:
    definition = define({"x": "N C", "target": "N: indices_or(C, ignore)"}, arguments={"ignore": (-100,)})
    seen = Counter()
    for sample in drawn(definition):
        target, (_, classes) = sample.tensors["target"], sample.tensors["x"].shape
        assert target.dtype == torch.int64
        assert bool(((target >= 0) & (target < classes) | (target == -100)).all())
        assert "target" not in sample.differentiable
        seen.update(target.tolist())
    assert seen[-100] > 10 and seen[2] > 10


def test_booleans_are_of_both_kinds(define, drawn) -> None:
    masks = [sample.tensors["mask"] for sample in drawn(define({"mask": "N: boolean"}))]
    assert all(mask.dtype == torch.bool for mask in masks)
    assert torch.cat(masks).unique().tolist() == [False, True]


def test_sizes_of_zero_and_one_and_ranks_occur(define, drawn) -> None:
    shapes = [tuple(sample.tensors["x"].shape) for sample in drawn(define({"x": "*B C"}))]
    assert any(0 in shape for shape in shapes)
    assert any(1 in shape and 0 not in shape and math.prod(shape) > 1 for shape in shapes)
    assert {len(shape) for shape in shapes} == {1, 2, 3, 4}
    assert sum(0 in shape for shape in shapes) < len(shapes) / 8


def test_symbols_tie_shapes_together(define, drawn) -> None:
    definition = define({"x": "N G*I L", "w": "O I K"}, arguments={"G": (1, 2)}, require=("K <= L",))
    for sample in drawn(definition):
        (_, channels, length), (_, inner, kernel) = (sample.tensors[name].shape for name in ("x", "w"))
        assert channels == sample.arguments["G"] * inner
        assert kernel <= length
        assert (sample.symbols["L"], sample.symbols["K"]) == (length, kernel)


def test_broadcast_pairs(define, drawn) -> None:
    pairs = Counter()
    for sample in drawn(define({"x": "*#B", "y": "*#B"}), count=300):
        x, y = (tuple(sample.tensors[name].shape) for name in ("x", "y"))
        full = sample.symbols["B"]
        assert tuple(torch.broadcast_shapes(x, y)) == full
        pairs.update([(x != full, y != full)])
        pairs["ranks"] += len(x) != len(y)
    assert all(pairs[kind] > 3 for kind in ((False, False), (True, False), (False, True), (True, True), "ranks")), pairs


def test_a_broadcast_symbol_follows_one_that_does_not(define, drawn) -> None:
    narrow = 0
    for sample in drawn(define({"x": "N C", "b": "#C"})):
        size, full = sample.tensors["b"].shape[0], sample.symbols["C"]
        assert size in (1, full)
        narrow += size != full
    assert narrow > 5


def test_layouts_keep_values_and_differ_in_memory(define, drawn) -> None:
    seen = Counter()
    for sample in drawn(define({"x": "N C H W"}), count=300):
        x, layout = sample.tensors["x"], sample.layouts["x"]
        seen[layout] += 1
        assert x.is_contiguous() or layout != "contiguous"
        assert layout != "sliced" or x.storage_offset() == 1
        assert layout != "expanded" or 0 in x.stride()
    assert set(seen) == {"contiguous", "transposed", "sliced", "expanded", "channels_last"}
    assert seen["contiguous"] > 100


def test_most_samples_are_ordinary_and_every_profile_occurs(define, drawn) -> None:
    seen = Counter(sample.profile for sample in drawn(define({"x": "*B C: greater(0)"}), count=400))
    assert set(seen) == {"normal", "integers", "ties", "edge", "huge", "tiny", "subnormal", "special"}
    strange = sum(seen[name] for name in ("huge", "tiny", "subnormal", "special"))
    assert strange < 0.3 * 400 and seen["normal"] > 0.4 * 400


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_extreme_magnitudes_are_those_of_the_dtype(define, drawn, dtype) -> None:
    facts = torch.finfo(dtype)
    for sample in drawn(define({"x": "N"}), dtype, profiles=("huge", "tiny", "subnormal"), count=90):
        size = abs(sample.tensors["x"].double())
        if sample.profile == "huge":
            assert bool((size >= facts.max**0.2).all()) and bool(torch.isfinite(size).all())
        if sample.profile == "tiny":
            assert bool((size <= facts.smallest_normal**0.2).all()) and bool((size > 0).all())
        if sample.profile == "subnormal":
            assert bool((size < facts.smallest_normal).all())


def test_arrays_are_not_all_equal(define, drawn) -> None:
    normal = [s for s in drawn(define({"x": "N C"})) if s.profile == "normal" and s.layouts["x"] != "expanded"]
    larger = [s.tensors["x"] for s in normal if s.tensors["x"].numel() > 4]
    distinct = [x.unique().numel() / x.numel() for x in larger]
    assert min(distinct) > 0.3 and sum(share == 1 for share in distinct) > 0.8 * len(distinct)


def test_ordinary_values_use_all_digits(define, drawn) -> None:
    normal = [s.tensors["x"] for s in drawn(define({"x": "N"})) if s.profile == "normal"]
    assert any(bool((x.float().double() != x).any()) for x in normal)


def test_which_inputs_require_grad_varies(define, drawn) -> None:
    seen = Counter(sample.differentiable for sample in drawn(define({"x": "N", "y": "N"})))
    assert set(seen) == {("x", "y"), ("x",), ("y",)}
    assert seen["x", "y"] > 75


def test_optional_inputs_are_sometimes_absent(define, drawn) -> None:
    found = drawn(define({"x": "N C", "weight": "?C: positive"}))
    absent = sum(sample.tensors["weight"] is None for sample in found)
    assert 10 < absent < 100
    assert all("weight" not in s.differentiable for s in found if s.tensors["weight"] is None)


def test_arguments_take_every_alternative(define, drawn) -> None:
    found = drawn(define({"x": "N C"}, arguments={"dim": (-1, 0, None)}))
    assert {sample.arguments["dim"] for sample in found} == {-1, 0, None}


def test_requirements_on_shapes_cost_no_samples(define, drawn) -> None:
    definition = define({"x": "N C"}, arguments={"k": (1, 2, 3, 7)}, require=("k == C + 2", "size(x) > 1"))
    found = drawn(definition, count=60)
    assert len(found) >= 30
    assert all(s.arguments["k"] == s.symbols["C"] + 2 and s.tensors["x"].numel() > 1 for s in found)


def test_requirements_on_values(define, drawn) -> None:
    found = drawn(define({"x": "N", "y": "N"}, require=("all(x + 0.5 > y)",)), count=40)
    assert len(found) == 40
    assert all(bool((s.tensors["x"] + 0.5 > s.tensors["y"]).all()) for s in found)


def test_requirements_that_nothing_meets_are_named(define, drawn) -> None:
    with pytest.raises(UsageError, match="N > 99"):
        drawn(define({"x": "N"}, require=("N > 99",)))


@pytest.mark.parametrize(("profile", "most"), [("quick", 32), ("default", 64), ("thorough", 320)])
def test_samples_stay_small(define, drawn, profile, most) -> None:
    found = drawn(define({"x": "N C H W", "w": "O C"}), profile=profile)
    assert max(s.tensors["x"].numel() for s in found) <= most
    assert max(s.tensors["x"].numel() for s in found) > most / 4


def test_unknown_effort_is_named(define, drawn) -> None:
    with pytest.raises(UsageError, match=r"'slow'.*quick, default, thorough"):
        drawn(define({"x": "N"}), profile="slow")
