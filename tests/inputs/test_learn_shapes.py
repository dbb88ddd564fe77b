"""What is learnt of the sizes that may vary: by asking a callable, with nothing declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from gradsuite.inputs.learn_shapes import Answers, Learned, learn


def _learnt(function: Callable[..., Any], examples: Mapping[str, Tensor], *, right: bool = True) -> Learned:
    def refusal(tensors: Mapping[str, Tensor]) -> str:
        try:
            function(*tensors.values())
        except (RuntimeError, IndexError, ValueError, ZeroDivisionError) as error:
            return str(error)
        return ""

    return learn(examples, Answers(refusal, lambda tensors: right))


def _words(learned: Learned) -> dict[str, str]:
    return {
        name: " ".join("*" * axis.variadic + "#" * axis.broadcast + axis.size.text for axis in shape)
        for name, shape in learned.shapes.items()
    }


def _grouped(x: Tensor) -> Tensor:
    return x.view(*x.shape[:-1], -1, 4).sum(-1)


@pytest.mark.parametrize(
    ("function", "examples", "words"),
    [
        pytest.param(
            torch.matmul, {"x": torch.ones(3, 2), "w": torch.ones(2, 2)}, {"x": "*D A B", "w": "*D B C"}, id="matmul",
        ),
        pytest.param(lambda x: _grouped(x), {"x": torch.ones(3, 4)}, {"x": "*C A 4*B"}, id="multiples"),
        pytest.param(
            lambda table, index: table[index], {"table": torch.ones(5, 2), "index": torch.tensor([0, 3])},
            {"table": "A+3 B", "index": "C"}, id="as many rows as the index needs",
        ),
        pytest.param(
            lambda q, k, v: (q @ k.mT) @ v,
            {"q": torch.ones(2, 3, 4), "k": torch.ones(2, 5, 4), "v": torch.ones(2, 5, 7)},
            {"q": "*F #A B C", "k": "*F #A D C", "v": "*F #A D E"}, id="attention",
        ),
    ],
)  # fmt: skip
def test_sizes_that_vary_together_are_one_symbol(function, examples, words) -> None:
    assert _words(_learnt(function, examples)) == words


def _grouped_heads(q: Tensor, k: Tensor) -> Tensor:
    if q.dim() != 3 or k.dim() != 3 or q.shape[0] % k.shape[0]:
        raise ValueError("each head of k serves as many of q")
    return q @ k.repeat_interleave(q.shape[0] // k.shape[0], 0).mT


@pytest.mark.parametrize(
    ("function", "examples", "words"),
    [
        pytest.param(
            torch.mul, {"x": torch.ones(3, 4), "y": torch.ones(3, 4)}, {"x": "*#A", "y": "*#A"}, id="alike",
        ),
        pytest.param(torch.mul, {"x": torch.ones(3, 4), "y": torch.ones(4)}, {"x": "*C A #B", "y": "#B"}, id="a bias"),
        pytest.param(
            _grouped_heads, {"q": torch.ones(2, 3, 4), "k": torch.ones(2, 5, 4)},
            {"q": "E*A B C", "k": "#A D C"}, id="heads in groups",
        ),
    ],
)  # fmt: skip
def test_sizes_may_differ_where_they_are_stretched(function, examples, words) -> None:
    assert _words(_learnt(function, examples)) == words


def _causal(q: Tensor, k: Tensor) -> Tensor:
    if q.shape[-2] > k.shape[-2]:
        raise ValueError("more queries than keys")
    return (q @ k.mT).tril(k.shape[-2] - q.shape[-2])


def test_an_axis_may_be_less_than_those_of_its_size() -> None:
    learned = _learnt(_causal, {"q": torch.ones(3, 2), "k": torch.ones(3, 2)}, right=False)
    assert _words(learned) == {"q": "A B", "k": "A+C B"}
    assert learned.sizes == {"A": 3, "B": 2, "C": 0}


def test_rows_are_not_fewer_than_their_labels_where_nobody_promised_that() -> None:
    def first(x: Tensor, labels: Tensor) -> Tensor:
        if len(x) > len(labels):
            raise ValueError("a label for each row")
        return x.gather(1, labels[: len(x), None])

    examples = {"x": torch.ones(3, 2), "labels": torch.zeros(3, dtype=torch.int64)}
    assert _words(_learnt(first, examples, right=False)) == {"x": "A B", "labels": "A"}


def test_a_size_that_nobody_promised_is_not_stretched() -> None:
    examples = {"x": torch.ones(3, 4), "y": torch.ones(3, 4)}
    alike = Answers(lambda tensors: "", lambda tensors: tensors["x"].shape == tensors["y"].shape)
    assert _words(learn(examples, alike)) == {"x": "*A", "y": "*A"}


def test_rows_and_their_labels_vary_together_where_the_gradient_says_so() -> None:
    examples = {"x": torch.ones(3, 4), "labels": torch.tensor([0, 3, 1])}

    def asked(right: Callable[[Mapping[str, Tensor]], bool]) -> dict[str, str]:
        return _words(learn(examples, Answers(lambda tensors: "", right)))

    def is_plain(tensors: Mapping[str, Tensor]) -> bool:
        return tensors["x"].dim() == 2 and tensors["labels"].dim() == 1

    assert asked(is_plain) == {"x": "A B", "labels": "C"}
    assert asked(lambda tensors: is_plain(tensors) and len(tensors["x"]) == len(tensors["labels"])) == {
        "x": "A B",
        "labels": "A",
    }


def test_an_op_that_takes_any_shape_is_given_any() -> None:
    learned = _learnt(torch.add, {"x": torch.ones(2, 3), "y": torch.ones(2, 3)})
    assert _words(learned) == {"x": "*#A", "y": "*#A"}
    assert learned.sizes == {"A": (2, 3)}


def test_more_axes_are_only_given_where_the_gradient_proves_right_there() -> None:
    learned = _learnt(_grouped, {"x": torch.ones(3, 4)}, right=False)
    assert _words(learned) == {"x": "A 4*B"}
    assert learned.notes == ("no input is given more than 2 axes",)


def test_an_axis_that_may_not_vary_stays_and_the_reason_is_told() -> None:
    def of_three(x: Tensor) -> Tensor:
        if x.shape[-1] != 3:
            raise ValueError("three coordinates, please")
        return x.sum(-1)

    learned = _learnt(of_three, {"x": torch.ones(2, 3)})
    assert _words(learned)["x"].endswith("A 3")
    assert "axis 1 of x stays 3: three coordinates, please" in learned.notes


def test_a_size_of_zero_is_only_drawn_where_it_is_taken() -> None:
    taken, refused = (_learnt(f, {"x": torch.ones(3)}, right=False) for f in (torch.sum, lambda x: x.max()))
    assert [formula.text for formula in taken.require] == []
    assert [formula.text for formula in refused.require] == ["A >= 1"]


def test_a_slow_callable_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradsuite.inputs.learn_shapes.LONGEST", 0.0)
    learned = _learnt(torch.matmul, {"x": torch.ones(3, 2), "w": torch.ones(2, 2)})
    assert _words(learned) == {"x": "3 2", "w": "2 2"}
    assert "slow" in learned.notes[0]
