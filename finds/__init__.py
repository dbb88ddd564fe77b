"""Finds: gradients that a release of PyTorch gets wrong, each with a program that shows it and one that knows better.

A find is a file in the folder of its release. ``program`` needs torch alone and prints what torch says; ``truth``
prints what is true, from ball arithmetic (python-flint) or another source that ``how`` names. Both are replayed by the
tests, and ``python -m finds`` makes ``docs/finds.md`` of them, so that the page says only what the programs print.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import flint
import yaml
from pydantic import BaseModel, ConfigDict

RELEASE = "2.13.0"
PRECISION = 256  # bits of ball arithmetic in which the truth is computed
FOLDER = Path(__file__).parent / RELEASE
PAGE = Path(__file__).parents[1] / "docs" / "finds.md"
HEAD = f"""\
# Finds

What gradsuite found wrong in PyTorch {RELEASE} on the CPU, over the catalogue and over torch's own sample inputs
(`gradsuite run --opinfo`). Each program needs torch alone; what it prints, and the true value below it, are replayed by
the tests. This page is made by `python -m finds` from the files in `finds/{RELEASE}`: change those, not this.
"""


class Find(BaseModel):
    """One find. ``prints`` and ``truth_prints`` are what the two programs print, without the last newline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    dtypes: str
    what: str
    program: str
    prints: str
    truth: str
    truth_prints: str
    how: str


def finds() -> dict[str, Find]:
    """Every find of the release, by the name of its file, sorted."""
    return {
        path.stem: Find.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def printed(program: str) -> str:
    """What ``program`` prints."""
    out = StringIO()
    with redirect_stdout(out), flint.ctx.workprec(PRECISION):
        exec(compile(program, "<find>", "exec"), {"__name__": "__main__"})
    return out.getvalue().rstrip("\n")


def page() -> str:
    """The page, in Markdown."""
    found = finds()
    index = [f"- [{find.title}](#{name})" for name, find in found.items()]
    return "\n".join([HEAD, *index, "", *(_section(name, find) for name, find in found.items())])


def _section(name: str, find: Find) -> str:
    return f"""\
<a id="{name}"></a>
## {find.title}

{find.dtypes}. {find.what.strip()}

```python
{find.program.rstrip()}
```

```
{find.prints.rstrip()}
```

True, {find.how.strip()}:

```
{find.truth_prints.rstrip()}
```
"""
