"""``gradsuite new OP``: a spec to start from."""

from __future__ import annotations

from pathlib import Path

import click

from gradsuite.errors import UsageError
from gradsuite.spec.dotted import is_dotted, short
from gradsuite.spec.loader import SUFFIX
from gradsuite.spec.nearest import suggestion

STANDARD_OUTPUT = Path("-")


@click.command()
@click.argument("op")
@click.option("--forward", default="", metavar="FORMULA", help='What it computes, as "x * sigmoid(x)"; x is the input.')
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path(),
    help="Folder, or - for standard output; default: this folder.",
)  # fmt: skip
def new(op: str, forward: str, output: Path) -> int:
    """Write a spec to start from for OP, a dotted path or package.module:function: OP's short name + .grad.yaml.

    The op is called, in one way after another, to learn what it takes. Where its formula is known or given, its
    derivative is proposed. All of it is marked as unreviewed. A file that exists is left as it is.
    """
    if not is_dotted(op):
        raise UsageError(f"{op!r} is no dotted path; write torch.nn.functional.silu or package.module:function")
    if output == STANDARD_OUTPUT:
        click.echo(_drafted(op, forward), nl=False)
        return 0
    path = output / f"{short(op)}{SUFFIX}"
    if path.exists():
        raise UsageError(f"{path} exists, and is left as it is; choose another folder with -o")
    text = _drafted(op, forward)
    output.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    click.echo(f"{path}: review each line that is marked, then run: gradsuite run {path}")
    return 0


def _drafted(op: str, forward: str) -> str:
    from gradsuite.draft import draft
    from gradsuite.subject import resolve

    try:
        found = resolve(op)
    except UsageError:
        raise UsageError(f"no op is found at {op!r}; {_nearest(op)}") from None
    except Exception as error:  # a module may raise anything as it is imported
        raise UsageError(f"{op} cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise UsageError(f"{op} cannot be called: it is {type(found).__name__}")
    return draft(found, op, forward)


def _nearest(op: str) -> str:
    """The name in the same module that is most like it."""
    from gradsuite.subject import resolve

    parent, _, name = op.rpartition(":" if ":" in op else ".")
    try:
        known = [each for each, value in vars(resolve(parent)).items() if callable(value) and not each.startswith("_")]
    except UsageError:
        return f"no module {parent!r} can be imported"
    return suggestion(name, known)
