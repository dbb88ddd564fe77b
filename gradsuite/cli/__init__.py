"""The command line. Exit codes: 0 all held, 1 a check failed, 2 a spec or the usage is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from gradsuite.cli.catalogue import catalogue
from gradsuite.cli.check import check
from gradsuite.cli.diff import diff
from gradsuite.cli.doctor import doctor
from gradsuite.cli.explain import explain
from gradsuite.cli.history import history
from gradsuite.cli.new import new
from gradsuite.cli.ops import list_ops
from gradsuite.cli.replay import replay
from gradsuite.cli.report import report
from gradsuite.cli.run import run
from gradsuite.errors import GradsuiteError
from gradsuite.reporters import words

__all__ = ["main"]

WRONG_USAGE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="gradsuite")
def gradsuite() -> None:
    """Says whether the gradient of a PyTorch op is right, and if not, which side is wrong.

    Exit codes: 0, all held; 1, a check failed; 2, a spec or the usage is wrong.
    """


for command in (run, check, list_ops, explain, report, diff, history, catalogue, replay, new, doctor):
    gradsuite.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on ``arguments`` (of the process unless given); gives the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # a project that is not installed has ops, too: package.module:name
    try:
        return int(gradsuite.main(given, prog_name="gradsuite", standalone_mode=False, obj=given) or 0)
    except click.ClickException as fault:
        fault.show()
    except GradsuiteError as fault:
        print(words.clean(f"gradsuite: {fault}"), file=sys.stderr)
    except OSError as fault:
        if fault.filename is None:
            raise
        told = f"gradsuite: {str(fault.filename)!r} cannot be used: {fault.strerror}; give another path"
        print(words.clean(told), file=sys.stderr)
    except click.Abort:
        print("gradsuite: interrupted", file=sys.stderr)
        return 130
    return WRONG_USAGE
