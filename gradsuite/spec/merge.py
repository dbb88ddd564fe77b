"""A variant laid over the spec that it belongs to."""

from __future__ import annotations

from typing import Any

from gradsuite.spec import model
from gradsuite.spec.faults import MERGED


def variants(spec: model.Spec) -> dict[str, model.Override]:
    """What is run, by variant name: the variants, or the spec itself (named '') where it has none."""
    return {name: _merged(spec, each) for name, each in spec.variants.items()} or {"": spec}


def _merged(spec: model.Spec, variant: model.Override) -> model.Override:
    """The variant's keys replace the spec's; those of ``MERGED`` do so name by name.

    An input given as null is taken away, and its derivative with it.
    """
    given: dict[str, Any] = {key: getattr(variant, key) for key in variant.model_fields_set}
    for key in MERGED & given.keys():
        given[key] = {**getattr(spec, key), **given[key]}
    merged = spec.model_copy(update=given)
    gone = {name for name, each in variant.inputs.items() if each is None}
    lost = gone - variant.derivative.keys()
    inputs = {name: each for name, each in merged.inputs.items() if name not in gone}
    derivative = {name: each for name, each in merged.derivative.items() if name not in lost}
    return merged.model_copy(update={"inputs": inputs, "derivative": derivative})
