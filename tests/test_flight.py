"""The last sample of a process is told as it was, whatever its tensors look like."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gradsuite import flight
from gradsuite.failure import last_sample
from gradsuite.flight import MOST, Flight, Seen
from gradsuite.results import LastSample, Origin
from gradsuite.sample import Sample
from tests.routes.points import normal, sample_of


def _kept(path: Path, *samples: Sample) -> Sample | None:
    path.touch()
    kept = Flight()
    kept.keep_in(path)
    for sample in samples:
        kept.at(sample)
    seen = flight.read(path)
    return None if seen is None else seen.sample


def _told(sample: Sample) -> LastSample:
    return last_sample(Seen(sample, Origin()), case="a case", replay="again", reason="it ended")


@pytest.mark.parametrize(
    "tensor",
    [
        normal(2, 3),
        normal(2, 3, dtype=torch.bfloat16),
        normal(3, dtype=torch.complex64).conj(),
        torch.tensor(2.5),
        torch.empty(0, 3),
        torch.ones(1).expand(2, 3),
        normal(3, 2).mT,
        normal(4, 3)[1:, 1:],
        normal(MOST + 2)[-2:],
        torch.tensor([True, False]),
        torch.tensor([3, -1]),
    ],
    ids=lambda t: f"{t.dtype} {tuple(t.shape)} {t.stride()}",
)
def test_a_tensor_comes_back_as_it_was(tmp_path: Path, tensor: torch.Tensor) -> None:
    found = _kept(tmp_path / "kept", sample_of(tensor))
    assert found is not None and found.tensors["x0"] is not None
    assert torch.equal(found.tensors["x0"], tensor) and found.tensors["x0"].stride() == tensor.stride()
    if tensor.storage_offset() < MOST:
        assert found.tensors["x0"].storage_offset() == tensor.storage_offset()


def test_the_last_sample_counts_though_a_larger_one_came_before(tmp_path: Path) -> None:
    found = _kept(tmp_path / "kept", sample_of(normal(50)), sample_of(normal(2)))
    assert found is not None and _told(found) == _told(sample_of(normal(2)))


def test_arguments_are_told_whatever_they_are(tmp_path: Path) -> None:
    found = _kept(tmp_path / "kept", sample_of(normal(2), key=len, how="a"))
    assert found is not None and _told(found).arguments == {"key": "<built-in function len>", "how": "'a'"}


def test_of_what_is_large_the_shape_is_told(tmp_path: Path) -> None:
    large = sample_of(torch.zeros(MOST + 1))
    for found in (large, _kept(tmp_path / "kept", large)):
        assert found is not None
        (array,) = _told(found).inputs
        assert _told(found).stored is None and "at most 16,384 are kept" in _told(found).not_stored
        assert (array.shape, array.hex, array.text) == ((MOST + 1,), (), f"{MOST + 1} elements")


def test_where_nothing_was_called_nothing_is_told(tmp_path: Path) -> None:
    assert _kept(tmp_path / "kept") is None
