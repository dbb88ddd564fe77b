"""The reading in torch tensors of any dtype, on any device. The only module of the language that imports torch.

Integers that enter a rounding operation become float64; between floating tensors torch's own promotion holds.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from gradsuite.spec.formula import bounds
from gradsuite.spec.formula.registry import Function

_CONSTANTS = {"pi": torch.pi, "inf": torch.inf, "nan": torch.nan}
_COMPARE = {
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip
_NOTHING = nullcontext()


class TorchReading:
    """Evaluates in tensors. ``perturb`` is applied to the result of every operation that rounds (natural error).

    New tensors (``arange``) are made on the device of the tensor that was read last.
    """

    def __init__(self, perturb: Callable[[Tensor], Tensor] | None = None) -> None:
        self._perturb = perturb
        self.torch = torch
        self.device: torch.device | None = None

    def working(self) -> AbstractContextManager[None]:
        """Held while a formula is evaluated."""
        return _NOTHING

    def number(self, value: float | complex) -> float | complex:
        """A literal."""
        return value

    def constant(self, name: str) -> float:
        """pi, inf or nan."""
        return _CONSTANTS[name]

    def lift(self, value: Any) -> Any:
        """A value from the scope."""
        if isinstance(value, Tensor):
            self.device = value.device
        return tuple(value) if isinstance(value, list) else value

    def tensor(self, value: Any) -> Tensor:
        """Python numbers become 0-d tensors, which never widen the dtype of tensors with dimensions."""
        if isinstance(value, Tensor):
            return value
        dtype = {float: torch.float64, complex: torch.complex128}.get(type(value))
        return torch.tensor(value, dtype=dtype, device=self.device)

    def floating(self, value: Any) -> Tensor:
        """As ``tensor``; integers and booleans become float64."""
        tensor = self.tensor(value)
        return tensor if tensor.is_floating_point() or tensor.is_complex() else tensor.double()

    def matched(self, *values: Any) -> list[Tensor]:
        """Tensors of one dtype, for operations that do not promote."""
        tensors = [self.countable(self.tensor(value)) for value in values]
        dtype = _common(tensors)
        return [tensor.to(dtype) for tensor in tensors]

    def countable(self, value: Any) -> Any:
        """Booleans count as 0 and 1."""
        if isinstance(value, bool):
            return int(value)
        return value.long() if isinstance(value, Tensor) and value.dtype == torch.bool else value

    def rounded(self, value: Any) -> Any:
        """The result of an operation that rounds."""
        if self._perturb and isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex()):
            return self._perturb(value)
        return value

    def call(self, function: Function, values: list[Any]) -> Any:
        """A function of the language."""
        result = function.torch(self, *values)
        return self.rounded(result) if function.rounds else result

    def add(self, a: Any, b: Any) -> Any:
        """a + b; tuples are joined."""
        if isinstance(a, tuple) and isinstance(b, tuple):
            return a + b
        return self._arithmetic(operator.add, a, b)

    def subtract(self, a: Any, b: Any) -> Any:
        """a - b."""
        return self._arithmetic(operator.sub, a, b)

    def multiply(self, a: Any, b: Any) -> Any:
        """a * b."""
        return self._arithmetic(operator.mul, a, b)

    def floor_divide(self, a: Any, b: Any) -> Any:
        """The floor of a / b."""
        return self._arithmetic(operator.floordiv, a, b)

    def remainder(self, a: Any, b: Any) -> Any:
        """a - b * (a // b): it has the sign of b."""
        return self._arithmetic(operator.mod, a, b)

    def _arithmetic(self, apply: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
        _refuse_text(a, b)
        a, b = self.countable(a), self.countable(b)
        result = apply(_beside(a, b), _beside(b, a))
        return bounds.integer(result) if type(result) is int else self.rounded(result)

    def divide(self, a: Any, b: Any) -> Any:
        """a / b, by the rules of IEEE 754 where b is zero."""
        _refuse_text(a, b)
        if isinstance(a, Tensor) or isinstance(b, Tensor):
            return self.rounded(_doubled(a) / _doubled(b))
        return a / b if b else (self.floating(a) / self.floating(b)).item()

    def power(self, a: Any, b: Any) -> Any:
        """a ** b. Integers stay integers only where the exponent is a non-negative integer."""
        _refuse_text(a, b)
        a, b = self.countable(a), self.countable(b)
        if type(b) is int and b >= 0:
            if type(a) is int:
                return bounds.integer_power(a, b)
            return self.rounded(a**b) if isinstance(a, Tensor) else self._scalar_power(a, b)
        if isinstance(a, Tensor) or isinstance(b, Tensor):
            return self.rounded(_doubled(a) ** _doubled(b))
        return self._scalar_power(a, b)

    def _scalar_power(self, a: Any, b: Any) -> Any:
        return (self.floating(a) ** self.floating(b)).item()

    def matmul(self, a: Any, b: Any) -> Any:
        """a @ b with torch's broadcasting of batches."""
        left, right = self.matched(a, b)
        return self.rounded(left @ right)

    def negative(self, a: Any) -> Any:
        """-a."""
        return -self.countable(a)

    def compare(self, name: str, a: Any, b: Any) -> Any:
        """An elementwise comparison."""
        return _COMPARE[name](_beside(a, b), _beside(b, a))

    def both(self, a: Any, b: Any) -> Any:
        """Elementwise and."""
        return self.tensor(a).logical_and(self.tensor(b)) if isinstance(a, Tensor) or isinstance(b, Tensor) else a and b

    def truth(self, value: Any) -> bool:
        """The truth of a value that has one: not of an array with dimensions."""
        if isinstance(value, Tensor) and value.ndim:
            raise TypeError("an array has no single truth value: use any(...), all(...) or where(...)")
        return bool(value)

    def item(self, value: Any, key: Any) -> Any:
        """A subscript."""
        if not isinstance(value, (Tensor, tuple)):
            raise TypeError("only arrays and tuples can be subscripted")
        return value[bounds.index(key)]

    def transpose(self, value: Any) -> Any:
        """The last two axes swapped."""
        return value.transpose(-1, -2)


def _refuse_text(*values: Any) -> None:
    for value in values:
        if value is None or isinstance(value, (str, tuple)):
            raise TypeError(f"arithmetic with {value!r}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, Tensor) and not (value.is_floating_point() or value.is_complex())


def _doubled(value: Any) -> Any:
    """Integer tensors as float64: torch would divide them in its default dtype, float32."""
    return value.double() if _is_whole(value) else value


def _beside(value: Any, other: Any) -> Any:
    """An integer tensor that meets a floating number: torch would compute in float32, whatever the number's dtype."""
    if not _is_whole(value):
        return value
    if isinstance(other, (float, complex)):
        return value.double()
    return value.to(other.dtype) if isinstance(other, Tensor) and not other.ndim and not _is_whole(other) else value


def _common(tensors: list[Tensor]) -> torch.dtype:
    """The dtype that arithmetic between all of them would have."""
    together = tensors[0]
    for tensor in tensors[1:]:
        together = _beside(together, tensor)
        dtype = torch.result_type(together, _beside(tensor, together))
        together = (together if together.ndim else tensor).to(dtype)
    return together.dtype
