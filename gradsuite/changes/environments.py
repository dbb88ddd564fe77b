"""Where the two runs were made, and in what that differs."""

from __future__ import annotations

from gradsuite.reporters.merge import Merged
from gradsuite.results import Environment

_FIELDS = ("gradsuite", "torch", "python", "platform", "devices", "threads", "profile", "seed", "date")
_SAMPLES = {"gradsuite", "profile", "seed"}  # with another of these, other samples are drawn


def rows(base: Merged, new: Merged) -> list[tuple[str, str, str, bool]]:
    """Name, value in ``base``, value in ``new``, and whether it differs, for each setting of the runs."""
    old, now = _values(base), _values(new)
    both = ((name, old.get(name, ""), now.get(name, "")) for name in {**old, **now})
    return [(name, before, after, before != after) for name, before, after in both]


def other_samples(base: Merged, new: Merged) -> list[str]:
    """The settings that differ and by which other samples were drawn: figures then move by chance, too."""
    return [name for name, _, _, differs in rows(base, new) if differs and name in _SAMPLES]


def _values(merged: Merged) -> dict[str, str]:
    """Each setting with its values in all runs of one side."""
    every = [_of_one(run.environment) for run in merged.runs]
    names = dict.fromkeys(name for values in every for name in values)
    return {name: "; ".join(dict.fromkeys(values[name] for values in every if name in values)) for name in names}


def _of_one(environment: Environment) -> dict[str, str]:
    values = {name: getattr(environment, name) for name in _FIELDS}
    values["devices"] = ", ".join(environment.devices)
    return {name: str(value) for name, value in {**values, **dict(sorted(environment.flags.items()))}.items()}
