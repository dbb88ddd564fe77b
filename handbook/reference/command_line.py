"""Every command of ``gradsuite`` with its arguments and options, from click."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click

from gradsuite.cli import gradsuite
from handbook.markdown import code, plain, section, table

PAGE = "command-line.md"


def page() -> str:
    """The page."""
    head = section("Command line", plain(cleandoc(gradsuite.help or "")), level=1)
    return "\n".join([head, *(_command(name, command) for name, command in commands(gradsuite, "gradsuite"))])


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below ``group`` with the words that call it, those of groups within it among them."""
    for name, command in sorted(group.commands.items()):
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def _command(words: str, command: click.Command) -> str:
    context = click.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    options = [record for each in command.get_params(context) if (record := each.get_help_record(context))]
    rows = [(code(names), plain(meaning)) for names, meaning in options if meaning]
    told = "\n\n".join(map(_paragraph, cleandoc(command.help or "").split("\n\n")))
    return section(words, f"```text\n{usage}\n```", told, table(("option", "meaning"), rows))


def _paragraph(text: str) -> str:
    """What click is told to leave as it is stays so."""
    return f"```text\n{text[2:].strip(chr(10))}\n```" if text.startswith("\b") else plain(text)
