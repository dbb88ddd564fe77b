"""What a report says of how a callable's samples are drawn, beside the domain of each input."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from gradsuite.spec.definition import Domain

RANDOM = "it draws random numbers: those of its first run at a sample are recorded, and every other run gets the same"
CAUTIOUS = "the examples alone: where it was tried beside them, it ended or hung its process"


def notes(
    learned: Iterable[str], sets: Mapping[str, str], learned_sets: Collection[str], meant: Mapping[str, Domain],
    shares: Iterable[str], *, cautious: bool, random: bool,
) -> tuple[str, ...]:  # fmt: skip
    """One sentence each.

    ``learned``: said of sizes and domains. ``sets``: the manifold of an input, which was found by asking for those in
    ``learned_sets``. ``meant``: the domain outside of which an input's gradient does not fit. ``shares``: inputs that
    look like shares. ``cautious``: only the examples are tried.
    """
    return (
        *([CAUTIOUS] if cautious else []),
        *([RANDOM] if random else []),
        *learned,
        *(
            f"{name} is projected onto its set ({word}), and moves along it"
            + (", as its example does: elsewhere the gradient does not fit" if name in learned_sets else "")
            for name, word in sets.items()
        ),
        *(
            f"{name} is taken for {domain.text}, as its example is: beyond, the gradient does not fit"
            for name, domain in meant.items()
        ),
        *(
            f"{name} lies between 0 and 1, taken for a share: samples beyond [0, 1) where the gradient is not finite"
            " are left out"
            for name in shares
        ),
    )
