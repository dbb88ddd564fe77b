"""One of OpInfo's samples as a subject and a sample: the tensors in it are the inputs, the rest stays as it is.

What is called is the entry's own ``gradcheck_wrapper`` around the op, and then the sample's ``output_process_fn_grad``:
so torch declares on which manifold an op is differentiable (symmetric matrices), and what of its result is unique.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch.utils._pytree import KeyPath, tree_flatten_with_path, tree_unflatten

from gradsuite.inputs import example_definition, layouts
from gradsuite.opinfo.entries import Entry
from gradsuite.routes.point import Point
from gradsuite.routes.randomness import seed
from gradsuite.sample import Sample, Subject
from gradsuite.subject import Tensors, outputs

ROWS = (torch.sparse_csr, torch.sparse_bsr)
COLUMNS = (torch.sparse_csc, torch.sparse_bsc)


def subject_and_sample(entry: Entry, given: Any, number: int) -> tuple[Subject, Sample]:
    """``given``, a SampleInput, in gradsuite's terms."""
    paths, shape = tree_flatten_with_path((given.input, given.args, given.kwargs))
    leaves = {_name(path): leaf for path, leaf in paths}
    tensors = {name: _values(leaf).detach() for name, leaf in leaves.items() if isinstance(leaf, torch.Tensor)}
    rest = {name: leaf for name, leaf in leaves.items() if name not in tensors}
    first, args, _ = tree_unflatten(list(leaves), shape)
    definition = example_definition(
        list(tensors.values()), list(tensors), [None] * len(tensors),
        constant=[name for name in tensors if not leaves[name].requires_grad],
        arguments={name: (value,) for name, value in rest.items()}, call=_words((first, *args)),
    )  # fmt: skip
    sample = Sample(
        tensors, rest, tuple(name for name in tensors if name not in definition.constant_inputs), number,
        profile="example", layouts={name: layouts.layout_of(x) for name, x in tensors.items()},
    )  # fmt: skip
    operator = entry.get_op()

    def call(at: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        filled = {name: x if x is None else _with_values(leaves[name], x) for name, x in at.items()}
        named = {**sample.arguments, **filled}
        first, args, kwargs = tree_unflatten([named[name] for name in leaves], shape)
        found = _seeded_cheaply(lambda: entry.gradcheck_wrapper(operator, first, *args, **kwargs))
        result = outputs(given.output_process_fn_grad(found))
        return tuple(x if x.layout is torch.strided else x.to_dense() for x in result)

    subject = Subject(entry.full_name, call, definition)
    return replace(subject, random=_draws(subject, sample)), sample


def reads_beside(subject: Subject, sample: Sample) -> bool:
    """Whether the op reads memory that its inputs do not cover, and so is no function of their elements."""
    present = {name: x for name, x in sample.tensors.items() if x is not None}
    if all(x.untyped_storage().nbytes() <= x.numel() * x.itemsize for x in present.values()):
        return False
    try:
        subject.call(sample.tensors, sample)
    except RuntimeError:  # the checks record what the op raises
        return False
    try:
        subject.call({name: x.clone() for name, x in present.items()}, sample)
    except RuntimeError:
        return True
    return False


def _seeded_cheaply(call: Callable[[], Any]) -> Any:
    """What ``call`` returns; random entries call torch.manual_seed, which takes longer than most of the ops."""
    torchs = vars(torch)
    before, torchs["manual_seed"] = torch.manual_seed, seed
    try:
        return call()
    finally:
        torchs["manual_seed"] = before


def _draws(subject: Subject, sample: Sample) -> bool:
    """Whether the op draws random numbers."""
    try:
        with torch.no_grad():
            return bool(Point(replace(subject, random=True), sample).draws)
    except Exception:  # the checks record what the op raises
        return False


def _name(path: KeyPath) -> str:
    """``input``, ``arg0``, ``dim`` for a keyword; the place in a list or a dictionary follows: ``input_2``."""
    role, *inner = [str(getattr(key, "idx", getattr(key, "key", getattr(key, "name", key)))) for key in path]
    if role == "0":
        return "_".join(["input", *inner])
    return "_".join([f"arg{inner[0]}", *inner[1:]]) if role == "1" else "_".join(inner)


def _words(call: Any) -> Any:
    return tuple(map(_words, call)) if isinstance(call, list | tuple) else call


def _values(tensor: torch.Tensor) -> torch.Tensor:
    """The elements that a sparse tensor holds: it is differentiated on its own pattern."""
    return tensor if tensor.layout is torch.strided else tensor.detach().values()


def _with_values(pattern: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """A tensor like ``pattern`` with other values."""
    if pattern.layout in ROWS:
        indices = pattern.crow_indices(), pattern.col_indices()
    elif pattern.layout in COLUMNS:
        indices = pattern.ccol_indices(), pattern.row_indices()
    else:
        return values
    return torch.sparse_compressed_tensor(*indices, values, size=pattern.shape, layout=pattern.layout)
