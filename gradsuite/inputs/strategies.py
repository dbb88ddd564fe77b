"""Hypothesis strategies: samples of a definition in a dtype and on a device.

Hypothesis draws structure (sizes, broadcasting, layouts, value profile, which inputs require grad, a seed) and the
elements of small tensors; larger ones are filled from the seed. Everything shrinks towards sizes of one, contiguous
memory and plain values.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from gradsuite.inputs.blueprint import Blueprint
from gradsuite.inputs.conditions import accepts
from gradsuite.inputs.effort import effort
from gradsuite.inputs.sampler import PROFILES, Sampler
from gradsuite.inputs.tape import Tape
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition

_REDRAWS = 8  # of values, where a requirement on values is missed


def samples(
    definition: Definition,
    *,
    dtype: torch.dtype,
    device: torch.device,
    profile: str = "default",
    profiles: Sequence[str] = PROFILES,
) -> SearchStrategy[Sample]:
    """Samples of ``definition``, rounded to ``dtype``, on ``device``.

    ``profile`` says how large (quick, default, thorough); ``profiles`` from which value profiles to draw, with
    repetition as weight and the plainest first. Inputs of an integer or boolean domain are int64 or bool.

    Raises UsageError, while drawing, where no sizes and arguments meet the definition's requirements.
    """
    return drawn_from(Sampler(Blueprint(definition, effort(profile)), dtype, device, tuple(profiles)))


@st.composite
def drawn_from(draw: DrawFn, sampler: Sampler) -> Sample:
    """The samples that ``sampler`` makes; rejects one whose values miss a requirement again and again."""
    tape = Tape(draw(sampler.tape))
    made = sampler.decide(tape)
    for redraw in range(_REDRAWS):
        sample = sampler.make(made, tape.rest(), redraw)
        if accepts(sampler.definition, sample):
            return sample
    reject()
