"""``pytest --gradsuite-gradcheck``: an existing suite, unchanged, with gradsuite's verdicts."""

from __future__ import annotations

import sys

import pytest
import torch
import torch._dynamo  # pytester forgets what a run imports, and this cannot be imported twice

SUITE = """
    import torch, torch.autograd
    from torch.autograd import gradcheck, gradgradcheck
    from torch.autograd.gradcheck import gradcheck as again, GradcheckError
    import early

    class Sin(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, ct):
            return ct * ctx.saved_tensors[0].cos() * 1.0001  # too little for torch's bounds

    X = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)

    def test_right():
        assert gradcheck(torch.sin, (X,))
        assert gradgradcheck(torch.sin, X, eps=1e-6)

    def test_wrong():
        assert gradcheck(Sin.apply, (X,))

    def test_every_name():
        calls = (torch.autograd.gradcheck, again, early.gradcheck)
        assert [call(Sin.apply, X, raise_exception=False) for call in calls] == [EXPECTED] * 3

    def test_sparse():
        assert gradcheck(lambda x: x.to_dense(masked_grad=False).exp(), (X.detach().to_sparse().requires_grad_(),))
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite with one gradient that is wrong by less than torch's bounds; one module holds its name from before."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:randomly\n")
    pytester.makepyfile(early="from torch.autograd import gradcheck")
    pytester.makeconftest("import early")
    return pytester


def write(suite: pytest.Pytester, expected: bool) -> None:
    suite.makepyfile(test_suite=SUITE.replace("EXPECTED", str(expected)))


def test_replaced_calls_are_gradsuites(suite: pytest.Pytester) -> None:
    write(suite, expected=False)
    before = torch.autograd.gradcheck
    result = suite.runpytest("--gradsuite-gradcheck=replace")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*GradcheckFailure: reverse mode along a tangent: the backward is wrong*",
            "*gradsuite: gradcheck, mode replace*",
            "7 calls: 4 failed, 2 passed, 1 unsupported (gradsuite *s)",
            "test_suite.py::test_sparse (call): gradcheck: gradsuite unsupported",
            "*layout torch.sparse_coo*",
        ]
    )
    assert torch.autograd.gradcheck is before
    assert sys.modules["torch.autograd.gradcheck"].gradcheck is before


@pytest.mark.parametrize("workers", [(), ("-n2", "-p", "xdist")], ids=["one process", "xdist"])
def test_shadowed_calls_are_torchs_and_differences_are_told(suite: pytest.Pytester, workers: tuple[str, ...]) -> None:
    write(suite, expected=True)
    result = suite.runpytest("--gradsuite-gradcheck=shadow", *workers)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "*gradsuite: gradcheck, mode shadow*",
            "7 calls: 4 differ, 2 passed, 1 unsupported (gradsuite *s, torch *s)",
            "test_suite.py::test_every_name (call): gradcheck: torch passed, gradsuite failed",
            "    reverse mode along a tangent: the backward is wrong*",
            "test_suite.py::test_wrong (call): gradcheck: torch passed, gradsuite failed",
        ]
    )


def test_what_the_suite_expects_to_be_raised_is_raised_in_both_modes(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest, torch
        from torch.autograd import gradcheck, gradgradcheck
        from torch.autograd.gradcheck import GradcheckError

        X = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)

        def test_errors():
            with pytest.raises(GradcheckError):
                gradcheck(lambda x: x.detach() ** 2, (X,))
            with pytest.raises(ValueError):
                gradcheck(torch.sin, (X.detach(),))
            with pytest.raises(TypeError):
                gradcheck(torch.sin, (X,), unheard_of=True)
        """
    )
    for mode in ("replace", "shadow"):
        suite.runpytest(f"--gradsuite-gradcheck={mode}").assert_outcomes(passed=1)


def test_a_suite_without_a_call_is_told_so(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_nothing(): pass")
    result = suite.runpytest("--gradsuite-gradcheck=replace")
    result.stdout.fnmatch_lines(["0 calls: none was made*"])
