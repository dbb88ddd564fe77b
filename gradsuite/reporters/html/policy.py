"""The Content-Security-Policy of a page that carries its style sheet and script in itself."""

from __future__ import annotations

import base64
import hashlib


def policy(style: str, script: str = "") -> str:
    """Allows this style sheet and this script, if there is one, by their hashes, and nothing else at all."""
    scripts = f"script-src {_digest(script)}; " if script else ""
    return f"default-src 'none'; style-src {_digest(style)}; {scripts}base-uri 'none'; form-action 'none'"


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
