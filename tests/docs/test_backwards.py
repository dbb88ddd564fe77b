"""What docs/explanation/backwards.md says and no spec holds: each statement there links to its test here."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from examples.relu_and_two_layer_net import ReLU


def nodes(result: Tensor) -> Iterator[Any]:
    """Every node from the result back, each as often as a path leads to it."""
    below = [result.grad_fn]
    while below:
        node = below.pop()
        yield node
        below += [child for child, _ in node.next_functions if child is not None]


def names(result: Tensor) -> list[str]:
    return [node.name().rpartition("::")[2] for node in nodes(result)]


def kept(function: Callable[[Tensor], Tensor], x: Tensor) -> int:
    """How many tensors the graph of ``function`` holds on to."""
    saved: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        function(x)
    return len(saved)


def jacobian(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """By reverse mode: an entry for each pair of an output's place and an input's."""
    return torch.autograd.functional.jacobian(function, x)


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


# Tensors and nodes


def test_the_graph_leads_from_a_result_back_to_leaves_without_a_cycle() -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sin() + x
    walked = list(nodes(y))  # with a cycle this would not end
    assert names(y)[0] == "AddBackward0"
    ends = [node for node in walked if not node.next_functions]
    assert len(ends) == 3
    assert all(node.name() == "torch::autograd::AccumulateGrad" and node.variable is x for node in ends)


def test_a_node_turns_the_gradient_of_the_result_into_gradients_of_what_it_was_made_from() -> None:
    a, b = torch.tensor([2.0], requires_grad=True), torch.tensor([5.0], requires_grad=True)
    assert [g.item() for g in (a * b).grad_fn(torch.tensor([10.0]))] == [50.0, 20.0]


def test_a_function_makes_a_node_and_a_built_in_op_has_one_without() -> None:
    x = torch.ones(2, requires_grad=True)
    assert isinstance(ReLU.apply(x).grad_fn, torch.autograd.function.BackwardCFunction)
    assert not isinstance(x.relu().grad_fn, torch.autograd.function.BackwardCFunction)


# Modules and functionals


def test_a_function_is_given_its_parameters_and_a_module_keeps_them() -> None:
    layer, x = nn.Linear(3, 2), torch.randn(4, 3)
    assert {name for name, _ in layer.named_parameters()} == {"weight", "bias"}
    assert torch.equal(layer(x), F.linear(x, layer.weight, layer.bias))


def test_there_is_no_soft_max_and_softmax_wants_its_dimension() -> None:
    assert not hasattr(F, "soft_max")
    with pytest.warns(UserWarning, match="dim"):
        F.softmax(torch.ones(2, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F.softmax(torch.ones(2, 2), dim=-1)


def test_conv1d_is_an_op_of_torch_under_another_name() -> None:
    assert F.conv1d is torch.conv1d


def test_what_the_two_layer_net_calls_is_not_in_functional() -> None:
    assert not any(hasattr(F, name) for name in ("mm", "pow", "sum", "MyReLU"))


def test_the_loss_is_a_module_of_nn_alone() -> None:
    assert not hasattr(torch, "NLLLoss")
    assert isinstance(nn.NLLLoss(), nn.Module)


# Atomic ops and grad_fn


def test_linear_transposes_its_weights_in_a_node_of_their_own() -> None:
    assert "TBackward0" in names(nn.Linear(2, 2)(torch.ones(2, 2)))


def test_the_number_in_a_name_counts_overloads() -> None:
    x = torch.ones(2, 2, requires_grad=True)
    assert [x.sum().grad_fn.name(), x.sum(0).grad_fn.name()] == ["SumBackward0", "SumBackward1"]


# When a backward is unnecessary


def test_what_takes_no_number_with_a_slope_carries_no_gradient() -> None:
    assert not torch.arange(3.0).requires_grad
    assert not torch.bitwise_and(torch.tensor([3]), torch.tensor([1])).requires_grad
    with pytest.raises(RuntimeError, match="floating point"):
        torch.tensor([3]).requires_grad_()


def test_a_backward_of_its_own_keeps_less_than_the_composite() -> None:
    x = torch.randn(3, requires_grad=True)
    assert kept(lambda x: F.log_softmax(x, 0), x) == 1
    assert kept(lambda x: torch.log(F.softmax(x, 0)), x) == 2


def test_descending_along_a_right_gradient_may_lead_nowhere() -> None:
    x = torch.tensor([1.0], requires_grad=True)
    for _ in range(10):
        (slope,) = torch.autograd.grad(x.square().sum(), x)
        assert slope == 2 * x  # right at each step
        x = (x - 1.5 * slope).detach().requires_grad_()
    assert x.abs() > 1000  # and the minimum is at 0


# In place


def test_in_place_saves_memory_and_no_node() -> None:
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    apart, within = x * 2, x * 2
    result, overwritten = apart.relu(), within.relu_()
    assert names(result) == names(overwritten)
    assert result.data_ptr() != apart.data_ptr()
    assert overwritten.data_ptr() == within.data_ptr()


def test_a_tensor_counts_what_is_written_to_it_and_a_node_compares() -> None:
    y = torch.ones(2, requires_grad=True).exp()
    assert y._version == 0
    y.mul_(2)
    assert y._version == 1
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.sum().backward()


def test_a_leaf_may_be_overwritten_only_while_no_graph_is_recorded() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.mul_(2)
    with torch.no_grad():
        x.mul_(2)  # as an optimizer does
    assert x.tolist() == [2.0, 2.0]


def test_a_write_to_shared_memory_is_not_counted() -> None:
    a, b = torch.tensor([3.0], requires_grad=True), torch.tensor([5.0])
    y = a * b
    b.numpy()[:] = 0
    y.backward()
    assert a.grad is not None
    assert a.grad.item() == 0.0  # the slope is 5, and nothing was said


# The softmax


def test_the_softmax_couples_its_own_dimension_and_no_other() -> None:
    slopes = jacobian(lambda x: F.softmax(x, 1), numbers(2, 3))
    assert bool((slopes[0, :, 1] == 0).all()) and bool((slopes[1, :, 0] == 0).all())
    assert bool((slopes[0, :, 0] != 0).all()) and bool((slopes[1, :, 1] != 0).all())


def test_a_softmax_of_one_number_is_one_whatever_the_number() -> None:
    slopes = jacobian(lambda x: F.softmax(x, 0), numbers(1))
    assert F.softmax(numbers(1), 0).item() == 1.0
    assert slopes.item() == 0.0


def test_the_draft_s_diagonal_has_the_wrong_sign() -> None:
    x = numbers(3)
    y = F.softmax(x, 0)
    diagonal = jacobian(lambda x: F.softmax(x, 0), x).diagonal()
    torch.testing.assert_close(diagonal, y - y**2)
    assert bool((diagonal > 0).all()) and bool((y**2 - y < 0).all())


def test_a_shift_changes_no_softmax() -> None:
    x = numbers(2, 3)
    torch.testing.assert_close(F.softmax(x - x.max(1, keepdim=True)[0], 1), F.softmax(x, 1))


def test_with_the_largest_taken_away_no_exponential_is_more_than_one() -> None:
    x = 1e20 * numbers(2, 3)
    assert bool((torch.exp(x - x.max(1, keepdim=True)[0]) <= 1).all())


def test_the_draft_s_numpy_scales_a_batch_as_one_row() -> None:
    def draft(x: Any) -> Any:
        e_x = np.exp(x - np.max(x))
        return e_x / e_x.sum()

    np.testing.assert_allclose(draft(np.ones(4)).sum(), 1)
    np.testing.assert_allclose(draft(np.ones((2, 4))).sum(-1), [0.5, 0.5])


# Losses


def test_cross_entropy_of_probabilities_has_the_slope_p_minus_q() -> None:
    x, q = numbers(4, 3).requires_grad_(), F.softmax(numbers(4, 3, seed=1), 1)
    loss = -(q * F.log_softmax(x, 1)).sum()
    (slope,) = torch.autograd.grad(loss, x)
    torch.testing.assert_close(F.cross_entropy(x, q, reduction="sum"), loss)
    torch.testing.assert_close(slope, F.softmax(x.detach(), 1) - q)


def test_the_draft_s_sum_over_classes_has_the_same_term_each_time() -> None:
    """With x_y in each term, what stands in the sum is one number, and of q only its sum counts."""
    x, q, target = numbers(3), torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64), 1
    drafted = -(q * F.log_softmax(x, 0)[target]).sum()
    torch.testing.assert_close(drafted, F.cross_entropy(x, torch.tensor(target)))
    assert not torch.isclose(drafted, F.cross_entropy(x, q))


def test_the_mean_divides_by_what_counts() -> None:
    x, targets, weight = numbers(3, 2), torch.tensor([0, 1, -100]), torch.tensor([3.0, 1.0], dtype=torch.float64)
    summed = F.cross_entropy(x, targets, weight, reduction="sum")
    torch.testing.assert_close(F.cross_entropy(x, targets, weight), summed / 4)  # the weights of what was picked
    q = F.softmax(numbers(3, 2, seed=1), 1)
    summed = F.cross_entropy(x, q, weight, reduction="sum")
    torch.testing.assert_close(F.cross_entropy(x, q, weight), summed / 3)  # of probabilities: the targets


# Convolution


def test_the_kernel_is_not_flipped() -> None:
    x, kernel = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, -1.0])
    found = F.conv1d(torch.tensor(x).view(1, 1, -1), torch.tensor(kernel).view(1, 1, -1)).flatten().numpy()
    np.testing.assert_array_equal(found, np.correlate(x, kernel))
    assert not np.array_equal(found, np.convolve(x, kernel, "valid"))


def test_a_fold_of_windows_of_one_place_is_a_view() -> None:
    columns = numbers(2, 3, 12)
    assert torch.equal(F.fold(columns, (3, 4), 1), columns.view(2, 3, 3, 4))


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"padding": 1}, {"dilation": 2}], ids=str)
def test_fold_after_unfold_multiplies_by_the_number_of_windows(options: dict[str, int]) -> None:
    x = numbers(1, 1, 5, 5)

    def both(x: Tensor) -> Tensor:
        return F.fold(F.unfold(x, 2, **options), (5, 5), 2, **options)

    torch.testing.assert_close(both(x), both(torch.ones_like(x)) * x)


# The cosine of an angle


def test_the_cosine_has_a_slope_wherever_neither_vector_is_zero() -> None:
    a, b = numbers(5).requires_grad_(), numbers(5, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: F.cosine_similarity(a, b, 0), (a, b))


def test_a_step_along_the_vector_does_not_turn_it() -> None:
    a, b = numbers(5).requires_grad_(), numbers(5, seed=1)
    (slope,) = torch.autograd.grad(F.cosine_similarity(a, b, 0), a)
    torch.testing.assert_close((slope * a).sum(), torch.zeros((), dtype=torch.float64))


def test_below_eps_the_value_is_linear_in_the_vector() -> None:
    a, b = torch.tensor([0.1, 0.2], dtype=torch.float64), torch.tensor([3.0, 4.0], dtype=torch.float64)
    one, two = (F.cosine_similarity(k * a, b, 0, eps=1.0) for k in (1, 2))
    torch.testing.assert_close(2 * one, two)
