"""What an op says of itself, in one sentence without the marks of reStructuredText."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

LONGEST = 200  # characters
UNSAID = "Say in one sentence what it computes."
_ROLE = re.compile(r":[\w:.+-]+:`~?([^`<]*?)\s*(?:<[^`]*>)?`")  # :func:`torch.exp`, :ref:`Softmax <softmax>`
_LINK = re.compile(r"`([^`<]*?)\s*<[^`]*>`__?")
_MARKED = re.compile(r"``?([^`]*)``?|\*\*?([^*\s](?:[^*]*[^*\s])?)\*\*?")
_COMMAND = re.compile(r"\\(?:text|mathrm|mathbf|operatorname)\{([^}]*)\}")


def summary(op: Callable[..., Any]) -> str:
    """The first sentence of its docstring that is prose: no signature, directive or example."""
    paragraphs = re.split(r"\n\s*\n", inspect.getdoc(op) or "")
    told = next((each for each in paragraphs if _is_prose(each)), "")
    sentence = re.split(r"(?<=[^.])\.(?:\s|$)", plain(" ".join(told.split())))[0].rstrip(" .:")
    printable = "".join(filter(str.isprintable, sentence))
    if len(printable) > LONGEST:
        printable = f"{printable[:LONGEST].rpartition(' ')[0]} ..."
        return printable
    return f"{printable}." if printable else UNSAID


def plain(text: str) -> str:
    """``text`` without roles, literals, links and emphasis."""
    text = _LINK.sub(r"\1", _ROLE.sub(r"\1", text))
    text = _MARKED.sub(lambda found: found[1] if found[1] is not None else found[2], text)
    return _COMMAND.sub(r"\1", text).replace("\\", "").replace("`", "")


def _is_prose(paragraph: str) -> bool:
    text = paragraph.strip()
    return bool(text) and "->" not in text and not text.startswith(("..", ">>>", "Args:", "Arguments:", ":"))
