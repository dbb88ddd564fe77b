"""Every command of ``gradsuite`` with its arguments and options, from click."""

from __future__ import annotations

from inspect import cleandoc

import click

from gradsuite.cli import gradsuite
from handbook.markdown import code, plain, section, table

PAGE = "command-line.md"


def page() -> str:
    """The page."""
    head = section("Command line", plain(cleandoc(gradsuite.help or "")), level=1)
    return "\n".join([head, *(_command(name, command) for name, command in sorted(gradsuite.commands.items()))])


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"gradsuite {name}")
    usage = " ".join(["gradsuite", name, *command.collect_usage_pieces(context)])
    options = [record for each in command.get_params(context) if (record := each.get_help_record(context))]
    rows = [(code(names), plain(meaning)) for names, meaning in options]
    told = "\n\n".join(plain(part) for part in cleandoc(command.help or "").split("\n\n"))
    return section(f"gradsuite {name}", f"```text\n{usage}\n```", told, table(("option", "meaning"), rows))
