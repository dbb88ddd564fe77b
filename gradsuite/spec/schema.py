"""The JSON Schema of spec files, made from the model: gives editors completion and checks as you type.

``python -m gradsuite.spec.schema`` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path

from gradsuite.spec.model import Spec

PATH = Path(__file__).with_name("grad-spec.schema.json")


def schema_text() -> str:
    """The schema as the text of its file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:gradsuite:grad-spec:1",
        **Spec.model_json_schema(by_alias=True),
        "title": "gradsuite spec (*.grad.yaml)",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
