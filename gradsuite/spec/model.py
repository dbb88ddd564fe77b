"""A spec file as written: the keys, their types and their meaning. The JSON Schema is made from here.

``definition.py`` holds the same content after variants are merged and formulas are parsed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1)]
Scalar = None | bool | int | float | str
Argument = Scalar | list[Any]


class Model(BaseModel):
    """Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Input(Model):
    """One input of the op."""

    shape: str = Field(description="Sizes by symbol: 'N C', '*B C', '*#B' (broadcasts with *B), 'G*I', '3'; '' is 0-d.")
    domain: Text = Field("real", description="Where the input lives: real, positive, interval(0, 1), index(C), ...")
    optional: bool = Field(False, description="May be None.")


class Derivative(Model):
    """The derivative for one input, in exactly one of five forms."""

    elementwise: Text | None = Field(None, description="Diagonal Jacobian; sums over broadcast axes are implied.")
    jacobian: Text | None = Field(None, description="dy[i]/dx[j] in index notation along one dimension.")
    along: int | str | None = Field(None, description="With jacobian: the dimension that i and j run over.")
    gradient: Text | None = Field(None, description="For a scalar output: its gradient.")
    reshuffle: Text | None = Field(None, description="Moves the cotangent's values, computes nothing: held bitwise.")
    vjp: Text | None = Field(None, description="The product of the cotangent ct with the Jacobian, outright.")


class Kink(Model):
    """Where the derivative jumps, and what is held there."""

    at: Text = Field(description="A formula that is zero on the kink, elementwise.")
    convention: dict[str, Text] = Field({}, description="Derivative for each input on the kink, elementwise.")


class Equivalence(Model):
    """Another composition that must agree with the op in value and in gradient."""

    functions: dict[str, Text] = Field({}, alias="with", description="Short names for functions: name to dotted path.")
    expression: Text
    when: Text | None = Field(None, description="Holds only for samples where this is true.")


class Inplace(Model):
    """What autograd must do when values are overwritten."""

    op: Text | None = Field(None, description="Dotted path of the in-place variant, as torch.relu_.")
    refused: bool = Field(False, description="True where autograd must refuse the in-place variant.")
    saves: list[str] | None = Field(
        None, description="All that the backward needs, of inputs and y: overwriting it must be refused, and only it."
    )


class NotDifferentiable(Model):
    """Inputs and outputs that carry no gradient."""

    inputs: list[str] = []
    outputs: list[str] = []


class Random(Model):
    """How randomness enters: the names of the op's draws, in the order in which it makes them."""

    draws: list[str]


class Module(Model):
    """For a torch.nn module: how it is built, and which inputs are its parameters."""

    constructor: dict[str, str | int | float | bool | None] = Field(
        {}, alias="construct", description="Constructor arguments; text is a formula over shape symbols and arguments."
    )
    parameters: list[str] = []


class Override(Model):
    """The keys that a variant may replace. ``inputs``, ``arguments``, ``let`` and ``derivative`` merge by name."""

    inputs: dict[str, Input | str | None] = Field({}, description="By name, in call order; a string is a shape.")
    arguments: dict[str, Argument] = Field(
        {}, description="By name: alternatives to draw from in a list, or one value."
    )
    call: list[Any] | None = Field(None, description="Positional arguments by name; a nested list is passed as a list.")
    require: list[Text] = Field([], description="Conditions that a sample must meet.")
    let: dict[str, Text] = Field({}, description="Named sub-formulas, in order.")
    forward: Text | dict[str, Text] | None = Field(None, description="The op's value; a mapping for several outputs.")
    surrogate: Text | None = Field(None, description="What the declared derivative is of, in place of forward.")
    derivative: dict[str, Derivative] = {}
    kinks: list[Kink] = []
    edge: list[dict[str, Any]] = Field([], description="Samples by input; 'expect' holds y and gradients by input.")
    equals: dict[str, Equivalence] = {}
    identities: dict[str, Text] = Field({}, description="'left == right', in inputs, y, ct and d_<input> (the VJP).")
    node: Text | None = Field(None, description="Name of the result's grad_fn.")
    atomic: bool | None = Field(None, description="False for a composite of other differentiable functions.")
    inplace: Inplace | None = None
    not_differentiable: NotDifferentiable | None = None
    random: Random | None = None
    module: Module | None = None


class Spec(Override):
    """One op: ``specs/<family>/<op>.grad.yaml``."""

    gradsuite: Literal[1]
    op: Text = Field(description="Dotted path of the op, or package.module:function.")
    name: Text | None = Field(None, description="Short name; the last part of op unless given.")
    summary: Text
    reference: Text = Field(description="Where the mathematics comes from: never PyTorch's own source.")
    dtypes: list[Literal["real", "complex"]] = ["real"]
    variants: dict[str, Override] = Field({}, description="Where given, only the variants are run.")
