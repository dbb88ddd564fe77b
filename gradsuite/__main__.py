"""``python -m gradsuite`` is the ``gradsuite`` command."""

from __future__ import annotations

import sys

from gradsuite.cli import main

if __name__ == "__main__":
    sys.exit(main())
