"""Spec files: found, read, and compiled; the faults of every file at once, and one broken file never stops another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradsuite.errors import Fault, SpecError, UsageError
from gradsuite.spec import model
from gradsuite.spec.compile import definitions
from gradsuite.spec.definition import Spec
from gradsuite.spec.dotted import is_dotted, short
from gradsuite.spec.faults import Document, Faults
from gradsuite.spec.validation import validated
from gradsuite.spec.yaml import MAX_CHARACTERS, compose

SUFFIX = ".grad.yaml"


def find(paths: Sequence[Path]) -> list[Path]:
    """The spec files among and below ``paths``, each once, sorted.

    Raises:
        UsageError: a path does not exist, or is a file of another kind.
    """
    return sorted({file for path in paths for file in _below(path)}, key=Path.as_posix)


def _below(path: Path) -> list[Path]:
    if path.is_dir():
        return [file for file in path.rglob(f"*{SUFFIX}") if file.is_file()]
    if not path.is_file():
        raise UsageError(f"the path {str(path)!r} does not exist")
    if not path.name.endswith(SUFFIX):
        raise UsageError(f"the file {str(path)!r} is no spec: the name of a spec ends in {SUFFIX}")
    return [path]


def load(path: Path) -> Spec:
    """The spec in the file ``path``.

    Raises:
        SpecError: with every fault of the file.
    """
    document, faults = read(path)
    spec = _compiled(document, faults) if document else None
    if spec is None:
        raise SpecError(faults)
    return spec


def load_all(paths: Sequence[Path]) -> tuple[list[Spec], list[Fault]]:
    """The specs among and below ``paths`` that are sound, and every fault of the others, both in order of place."""
    specs: list[Spec] = []
    faults: list[Fault] = []
    for path in find(paths):
        try:
            specs.append(load(path))
        except SpecError as error:
            faults.extend(error.faults)
    return specs, faults


def read(path: Path) -> tuple[Document | None, list[Fault]]:
    """The tree of the YAML file ``path``, or None where there is none, and the faults found."""
    name = path.as_posix()
    try:
        data = path.read_bytes()[: 4 * MAX_CHARACTERS + 4]
        text = data.decode("utf-8-sig")
    except OSError as error:
        return None, [Fault(name, 1, 1, f"the file cannot be read: {error.strerror}")]
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return None, [Fault(name, *place, "the file is not UTF-8", "save it in that encoding")]
    root, faults = compose(name, text)
    return (Document(name, text, root) if root else None), faults


def _compiled(document: Document, others: list[Fault]) -> Spec | None:
    """The spec in ``document``; None where there is a fault, and then ``others`` grows by them all."""
    faults = Faults(document)
    spec = _guarded(document, faults)
    if spec is None or faults.found or others:
        others[:] = faults.ordered(others)
        return None
    return spec


def _guarded(document: Document, faults: Faults) -> Spec | None:
    given = validated(model.Spec, faults)
    if given is None:
        return None
    _check_names(given, faults)
    return _assembled(given, document, faults)


def _assembled(given: model.Spec, document: Document, faults: Faults) -> Spec:
    path = Path(document.path)
    return Spec(
        path=document.path,
        op=given.op,
        name=given.name or short(given.op),
        family=path.absolute().parent.name,
        summary=given.summary,
        reference=given.reference,
        complex="complex" in given.dtypes,
        real="real" in given.dtypes,
        definitions=definitions(given, faults),
        text=document.text,
    )


def _check_names(given: model.Spec, faults: Faults) -> None:
    """The op is a dotted path, and the file is called after it."""
    if not is_dotted(given.op):
        faults.add(("op",), f"{given.op!r} is no dotted path", "write it as torch.exp or package.module:function")
        return
    name = given.name or short(given.op)
    file = Path(faults.document.path).name
    if file != f"{name}{SUFFIX}":
        mend = f"rename the file to {name}{SUFFIX}, or give 'name: {file.removesuffix(SUFFIX)}'"
        faults.add(("name",) if given.name else ("op",), f"the file is called {file}, but the op {name!r}", mend)
    if not given.dtypes:
        faults.add(("dtypes",), "no kind of dtype is listed", "write [real], [complex] or [real, complex]")
