"""``python -m finds``: writes docs/finds.md. ``python -m finds --replay`` says what each program prints now."""

from __future__ import annotations

import sys

from finds import PAGE, finds, page, printed

if "--replay" in sys.argv:
    for name, find in finds().items():
        print(f"{name}\n  program: {printed(find.program)!r}\n  truth: {printed(find.truth)!r}")
else:
    PAGE.write_text(page(), encoding="utf-8")
