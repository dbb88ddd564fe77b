"""What makes the site of ``docs/``: a reference from the code, mathematics, declared formulas, linked sources.

    python -m mkdocs build --strict

``hooks.py`` is what mkdocs calls (``mkdocs.yml``). Nothing here is part of the package that users install.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
