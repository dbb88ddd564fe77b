"""``docs/power.md`` from what the other commands of this folder measured.

python -m power.page
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "power.md"
HEAD = """# What gradsuite sees, and whom it accuses

Every figure below was measured by the command beside it and lies in `power/`; `python -m power.page` makes this page of
them, and a test holds that it is so. One setting serves for all: nothing is tuned for a fault, an op or a dtype.
"""
SECTIONS = {
    "faults": ("Wrong gradients beside right twins", "python -m power.faults FILE.py"),
    "opinfo": ("torch's own samples", "gradsuite run --opinfo && python -m power.opinfo reports/results.jsonl"),
    "opinfo_mutants": ("Mutants over torch's own samples", "python -m power.opinfo_mutants"),
    "calibration": ("Do the bars of the differences hold?", "python -m power.calibration --count 100"),
}
# What is to be said of how a section was measured, beside its command.
REMARKS = {
    "opinfo": "One run; three entries, of which two were waived and passed, were run again without these waivers.",
    "opinfo_mutants": "One run; `erfc`, whose last entry was let pass then, was run again alone.",
}


def render() -> str:
    """The page; a section whose figures were not measured says so."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for name, (title, command) in SECTIONS.items():
        figures = HERE / f"{name}.json"
        told = "Not measured yet.\n"
        if figures.exists():
            told = import_module(f"power.{name}").markdown(json.loads(figures.read_text(encoding="utf-8")))
        remark = f"{REMARKS[name]}\n\n" if name in REMARKS else ""
        yield f"## {title}\n\n`{command}`\n\n{remark}{told.strip()}\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(PAGE)
