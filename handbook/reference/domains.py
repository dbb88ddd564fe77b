"""Every domain, and every set on which alone an op may be defined."""

from __future__ import annotations

from gradsuite.inputs.manifolds import MANIFOLDS
from gradsuite.spec import domains
from handbook.markdown import code, plain, section, table

PAGE = "domains.md"
HEAD = """
Where the values of an input live. A spec says it in `domain:` ([the keys of a spec](spec.md)), a call in `domain=`
([`gradsuite.check`](python.md)). Parameters are formulas over shape symbols and arguments: `index(C)`. Samples come
from the domain, its edge among them, and no step of a difference leaves it.
"""
SETS = """
In `domain=` of `gradsuite.check`, a word for a set on which alone a function is defined. The function is then checked
after the projection onto that set, so its gradient is held along the set, and what it has across it does not count.
"""


def page() -> str:
    """The page."""
    rows = [(code(_call(name)), plain(domains.get(name).summary), domains.get(name).kind) for name in domains.names()]
    sets = table(("set", "drawn around it from"), [(code(n), m.around or "real") for n, m in MANIFOLDS.items()])
    return "\n".join(
        [
            section("Domains", HEAD, table(("domain", "holds", "numbers"), rows), level=1),
            section("Sets that are thinner than the space", SETS, sets),
        ]
    )


def _call(name: str) -> str:
    parameters = domains.get(name).parameters
    return f"{name}({', '.join(parameters)})" if parameters else name
