"""Cases that share samples are run one after the other: each group's samples are then drawn once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pytest

from gradsuite.plugin.parameter import marked

GROUP = pytest.StashKey[Hashable]()  # of a spec's case


def together(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The items in their order, but for cases, which follow the first of their group."""
    first: dict[Hashable, int] = {}
    for place, item in enumerate(items):
        first.setdefault(_group(item), place)
    return sorted(items, key=lambda item: first[_group(item)])


def _group(item: pytest.Item) -> Hashable:
    """What the cases of one group have in common; an item that is no case is alone."""
    if isinstance(item, pytest.Function) and (case := marked(item)):
        return item.parent, item.originalname, item.callspec.id.removesuffix(case.id), case.device, case.dtype
    return item.stash.get(GROUP, item)
